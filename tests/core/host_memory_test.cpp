// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/host_memory.hpp>
#include <nop/core/scratch.hpp>

#include "support/count_allocations.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <future>
#include <limits>
#include <new>
#include <semaphore>
#include <thread>
#include <vector>

namespace nop::test::host_memory_test {
namespace {
bool is_aligned(const void* block) {
  return reinterpret_cast<std::uintptr_t>(block) % HostMemory::alignment == 0;
}
}  // namespace

TEST_CASE("blocks of any size are aligned and separate and writable to the last byte") {
  std::vector<void*> blocks;
  for (std::size_t bytes = 0; bytes < 1200; ++bytes) {
    blocks.push_back(HostMemory::allocate(bytes));
    CHECK(is_aligned(blocks.back()));
    std::memset(blocks.back(), static_cast<int>(bytes % 256), bytes);
  }
  for (std::size_t bytes = 0; bytes < 1200; ++bytes) {
    const auto* const block = static_cast<const unsigned char*>(blocks[bytes]);
    bool kept               = true;
    for (std::size_t i = 0; i < bytes; ++i) kept = kept && block[i] == bytes % 256;
    CHECK(kept);
    HostMemory::release(blocks[bytes], bytes);
  }
}

TEST_CASE("blocks of 4 MB and more are aligned to large pages, and taken again") {
  constexpr std::size_t page = std::size_t{1} << 21U;
  for (const std::size_t bytes : {2 * page, 2 * page + 1, 7 * page + 12345}) {
    void* const block = nop::HostMemory::allocate(bytes);
    CHECK(reinterpret_cast<std::uintptr_t>(block) % page == 0);
    static_cast<std::byte*>(block)[bytes - 1] = std::byte{1};
    nop::HostMemory::release(block, bytes);
    void* const again = nop::HostMemory::allocate(bytes);
    CHECK(again == block);
    nop::HostMemory::release(again, bytes);
  }
  nop::HostMemory::trim();
}

TEST_CASE("what was given back is taken again without asking the system") {
  for (const std::size_t bytes : {1U, 64U, 512U, 513U, 4096U, 1000000U}) {
    CAPTURE(bytes);
    void* const first = HostMemory::allocate(bytes);
    HostMemory::release(first, bytes);
    CHECK(allocations_during([&] {
            for (int i = 0; i < 100; ++i) {
              void* const block = HostMemory::allocate(bytes);
              CHECK(block == first);
              HostMemory::release(block, bytes);
            }
          }) == 0);
  }
}

TEST_CASE("what is made to be kept is not taken out of what a thread needs again") {
  constexpr std::size_t bytes = 777'000;
  const auto use              = [] { HostMemory::release(HostMemory::allocate(bytes), bytes); };
  use();
  void *kept = nullptr, *inner = nullptr;
  {
    const HostMemory::Kept outer;
    {
      const HostMemory::Kept again;
    }
    CHECK(allocations_during([&] { kept = HostMemory::allocate(bytes); }) == 1);
    CHECK(allocations_during([&] { inner = HostMemory::allocate(bytes); }) == 1);
    HostMemory::release(inner, bytes);
  }
  CHECK(allocations_during(use) == 0);
  HostMemory::release(kept, bytes);
  CHECK(allocations_during(use) == 0);
}

TEST_CASE("a block serves a size a little smaller than its own") {
  void* const block = HostMemory::allocate(1 << 20);
  HostMemory::release(block, 1 << 20);
  void* const again = HostMemory::allocate((1 << 20) - 1000);
  CHECK(again == block);
  HostMemory::release(again, (1 << 20) - 1000);
}

TEST_CASE("a scratch array asked for again asks nobody for memory") {
  const auto use = [] {
    for (const std::size_t count : {1U, 1000U, 100000U, 1000000U}) {
      const nop::Scratch<float> scratch(count);
      scratch[count - 1] = 1;
    }
  };
  use();
  CHECK(allocations_during(use) == 0);
}

TEST_CASE("trimming gives blocks back to the system, which are then asked for anew") {
  HostMemory::release(HostMemory::allocate(1000), 1000);
  HostMemory::trim();
  CHECK(allocations_during([] { HostMemory::release(HostMemory::allocate(1000), 1000); }) >= 1);
}

namespace {

/// A thread that does one piece of work after the other, each while the caller waits.
class Worker {
 public:
  template <class Work>
  void does(const Work& work) {
    turn_     = std::packaged_task<void()>(work);
    auto done = turn_.get_future();
    given_.release();
    done.get();
  }
  ~Worker() {
    turn_ = {};
    given_.release();
    thread_.join();
  }

 private:
  void run() {
    for (given_.acquire(); turn_.valid(); given_.acquire()) turn_();
  }
  std::packaged_task<void()> turn_;
  std::binary_semaphore given_{0};
  std::thread thread_{[this] { run(); }};
};

/// Blocks of a size that nothing else in this program asks for.
constexpr std::size_t rare = 123457;

}  // namespace

TEST_CASE("what a thread has given back is still there when other threads have taken theirs") {
  HostMemory::trim();
  void *first = nullptr, *second = nullptr;
  Worker worker;
  worker.does([&] {
    first  = HostMemory::allocate(rare);
    second = HostMemory::allocate(rare);
    HostMemory::release(second, rare);
    HostMemory::release(first, rare);
  });
  void* const mine = HostMemory::allocate(rare);
  CHECK(mine != first);
  CHECK(mine != second);
  worker.does([&] {
    void *const again = HostMemory::allocate(rare), *const other = HostMemory::allocate(rare);
    CHECK(again == first);
    CHECK(other == second);
    HostMemory::release(again, rare);
    HostMemory::release(other, rare);
  });
  HostMemory::release(mine, rare);
}

TEST_CASE("what a thread gives back beyond its own needs serves the others") {
  HostMemory::trim();
  std::vector<void*> blocks(5);
  for (void*& block : blocks) block = HostMemory::allocate(rare);
  Worker worker;
  worker.does([&] {
    HostMemory::release(HostMemory::allocate(rare), rare);
    for (void* const block : blocks) HostMemory::release(block, rare);
  });
  CHECK(allocations_during([&] {
          for (void*& block : blocks) block = HostMemory::allocate(rare);
        }) == 0);
  for (void* const block : blocks) HostMemory::release(block, rare);
}

TEST_CASE("what a thread kept serves the others when it has ended") {
  HostMemory::trim();
  void* block = nullptr;
  std::thread([&] {
    block = HostMemory::allocate(rare);
    HostMemory::release(block, rare);
  }).join();
  void* const mine = HostMemory::allocate(rare);
  CHECK(mine == block);
  HostMemory::release(mine, rare);
}

TEST_CASE("trimming gives back what other threads keep, too") {
  Worker worker;
  worker.does([] { HostMemory::release(HostMemory::allocate(rare), rare); });
  const auto again = [&] {
    return allocations_during(
        [&] { worker.does([] { HostMemory::release(HostMemory::allocate(rare), rare); }); });
  };
  const std::size_t of_the_worker = again();
  HostMemory::trim();
  CHECK(again() == of_the_worker + 1);
}

TEST_CASE("memory may be given back at the very end of a thread") {
  struct AtTheEnd {
    void* block = nullptr;
    ~AtTheEnd() { HostMemory::release(block, rare); }
  };
  std::thread([] {
    thread_local AtTheEnd last;  // made before the thread's own blocks are: it goes after them
    last.block = HostMemory::allocate(rare);
  }).join();
  CHECK(allocations_during([] { HostMemory::release(HostMemory::allocate(rare), rare); }) == 0);
}

TEST_CASE("a vector that is made again and again asks nobody for memory") {
  const auto use = [] {
    nop::HostVector<int> values(1000, 7);
    values.resize(2000, 8);
    CHECK(values[999] == 7);
    CHECK(values[1999] == 8);
  };
  use();
  CHECK(allocations_during(use) == 0);
  nop::HostAllocator<double> allocator;
  CHECK_THROWS_AS((void)allocator.allocate(std::numeric_limits<std::size_t>::max() / 8),
                  std::bad_alloc);
}

TEST_CASE("more memory than there is makes a bad_alloc") {
  constexpr std::size_t half = std::numeric_limits<std::size_t>::max() / 2;
  CHECK_THROWS_AS((void)HostMemory::allocate(half), std::bad_alloc);
  CHECK_THROWS_AS((void)HostMemory::allocate(2 * half), std::bad_alloc);
}

TEST_CASE("many threads may allocate and release at once") {
  std::vector<std::thread> threads;
  std::atomic<int> torn{0};
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&torn, t] {
      for (std::size_t round = 0; round < 500; ++round) {
        const std::size_t bytes = 1 + round % 40;
        auto* const block       = static_cast<unsigned char*>(HostMemory::allocate(bytes));
        std::memset(block, t, bytes);
        for (std::size_t i = 0; i < bytes; ++i)
          if (block[i] != t) ++torn;
        HostMemory::release(block, bytes);
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(torn == 0);
}

}  // namespace nop::test::host_memory_test
