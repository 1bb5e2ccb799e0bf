// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "context.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// \file
/// One block of a kernel on the host: its threads are contexts that take turns, from one barrier to
/// the next, in an order that is another one each time: where a barrier is missing, some will read
/// what is not there yet.

struct uint3 {
  unsigned x = 0, y = 0, z = 0;
};
struct dim3 {
  unsigned x = 1, y = 1, z = 1;
  constexpr dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};

inline uint3 threadIdx, blockIdx;
inline dim3 blockDim, gridDim;
inline constexpr int warpSize = 32;

namespace nop::test::cuda_emulator {

/// A place where so many threads wait for each other.
struct Barrier {
  std::size_t members    = 0;
  std::size_t arrived    = 0;
  std::size_t generation = 0;

  void open_if_complete() {
    if (arrived == 0 || arrived < members) return;
    arrived = 0;
    ++generation;
  }
  void leave() {
    --members;
    open_if_complete();
  }
};

class Block {
 public:
  static constexpr std::size_t stack_bytes = std::size_t{1} << 18U;

  /// The one of this thread of the host.
  static Block& running() {
    thread_local Block only;
    return only;
  }

  /// Runs `body` for every thread of the block.
  void run(const dim3& threads, const std::function<void()>& body) {
    const std::size_t count = std::size_t{threads.x} * threads.y * threads.z;
    if (count == 0 || count > 1024) throw std::invalid_argument("a block has 1 to 1024 threads");
    body_                   = &body;
    all_                    = Barrier{count};
    failure_                = nullptr;
    const std::size_t warps = (count + 31) / 32;
    warps_.assign(warps, {});
    for (std::size_t w = 0; w < warps; ++w)
      warps_[w].barrier.members = std::min<std::size_t>(32, count - 32 * w);
    threads_.assign(count, {});
    for (std::size_t i = 0; i < count; ++i) {
      const auto n      = static_cast<unsigned>(i);
      threads_[i].index = {n % threads.x, n / threads.x % threads.y, n / threads.x / threads.y};
    }
    order_.resize(count);
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::size_t done = 0;
    while (done < count) {
      bool moved = false;
      done       = 0;
      std::shuffle(order_.begin(), order_.end(), chance_);
      for (const std::size_t next : order_) {
        current_       = next;
        Thread& thread = threads_[next];
        if (!thread.done &&
            (thread.waits_at == nullptr || thread.waits_at->generation != thread.generation)) {
          moved = true;
          resume(thread);
          if (failure_) std::rethrow_exception(failure_);
        }
        done += thread.done ? 1 : 0;
      }
      if (!moved && done < count)
        throw std::logic_error("threads wait at barriers that others of their block do not reach");
    }
  }

  void wait_for_block() { wait(all_); }
  void wait_for_warp() { wait(warps_[current_ / 32].barrier); }

  /// What lane `from` of this warp has for `value`; all lanes of it ask.
  template <class T>
  T from_lane(T value, std::size_t from) {
    Warp& warp = warps_[current_ / 32];
    std::memcpy(warp.values[current_ % 32].data(), &value, sizeof value);
    wait_for_warp();
    std::memcpy(&value, warp.values[from % 32].data(), sizeof value);
    wait_for_warp();
    return value;
  }
  [[nodiscard]] std::size_t lane() const { return current_ % 32; }
  [[nodiscard]] std::size_t lanes() const {
    return std::min<std::size_t>(32, threads_.size() - current_ / 32 * 32);
  }

 private:
  struct Thread {
    uint3 index;
    bool done              = false;
    Barrier* waits_at      = nullptr;
    std::size_t generation = 0;
    std::size_t stack      = 0;  ///< its number among the stacks, once it has one
    bool started           = false;
    Context context;
  };
  struct Warp {
    Barrier barrier;
    std::array<std::array<std::byte, 16>, 32> values{};
  };

  void wait(Barrier& barrier) {
    Thread& thread    = threads_[current_];
    thread.waits_at   = &barrier;
    thread.generation = barrier.generation;
    ++barrier.arrived;
    barrier.open_if_complete();
    Context::switch_to(thread.context, scheduler_);
  }

  void resume(Thread& thread) {
    ::threadIdx = thread.index;
    if (!thread.started) {
      thread.started = true;
      if (free_stacks_.empty()) {
        free_stacks_.push_back(stacks_.size());
        stacks_.push_back(std::make_unique<std::byte[]>(stack_bytes));
      }
      thread.stack = free_stacks_.back();
      free_stacks_.pop_back();
      thread.context.prepare(stacks_[thread.stack].get(), stack_bytes, &Block::enter);
    }
    Context::switch_to(scheduler_, thread.context);
    if (thread.done) free_stacks_.push_back(thread.stack);
  }

  static void enter() { running().run_thread(); }
  [[noreturn]] void run_thread() {
    try {
      (*body_)();
    } catch (...) {
      failure_ = std::current_exception();
    }
    threads_[current_].done = true;
    all_.leave();
    warps_[current_ / 32].barrier.leave();
    Context::switch_to(threads_[current_].context, scheduler_);
    std::abort();  // nobody comes back
  }

  const std::function<void()>* body_ = nullptr;
  std::deque<Thread> threads_;
  std::deque<Warp> warps_;
  Barrier all_;
  std::size_t current_ = 0;
  std::vector<std::size_t> order_;
  std::minstd_rand chance_;
  Context scheduler_;
  std::vector<std::unique_ptr<std::byte[]>> stacks_;
  std::vector<std::size_t> free_stacks_;
  std::exception_ptr failure_;
};

/// The block that this thread of the host runs.
inline Block& block() { return Block::running(); }

}  // namespace nop::test::cuda_emulator
