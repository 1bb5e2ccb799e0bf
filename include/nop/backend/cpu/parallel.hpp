// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/expects.hpp>

#include <omp.h>

#include <algorithm>
#include <cstddef>
#include <exception>

namespace nop::cpu {

/// How many threads the loops of this backend may use when called from this thread.
inline std::size_t thread_count() { return static_cast<std::size_t>(omp_get_max_threads()); }

/// Sets it, for the calling thread. Throws PreconditionError unless it is from 1 to 1024.
inline void set_thread_count(std::size_t count) {
  expects(count >= 1 && count <= 1024, "set_thread_count: expected 1 to 1024 threads, got ", count);
  omp_set_num_threads(static_cast<int>(count));
}

namespace detail {

/// Calls `call(body, i)` for i = 0 ... count-1, split among the threads.
inline void call_all(std::size_t count, void (*call)(const void*, std::size_t), const void* body) {
  if (count <= 1 || omp_in_parallel() != 0 || omp_get_max_threads() == 1) {
    for (std::size_t i = 0; i < count; ++i) call(body, i);
    return;
  }
  std::exception_ptr failure;
#pragma omp parallel for schedule(static)
  for (std::size_t i = 0; i < count; ++i) {
    try {
      call(body, i);
    } catch (...) {
#pragma omp critical(nop_parallel_failure)
      failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace detail

/// Calls `body(i)` for i = 0 ... count-1, split among the threads. The calls must be independent.
/// An exception thrown by any of them is thrown again here. Nested loops run on one thread.
///
/// A call is made through a pointer, so that a body is compiled once: it should do some work.
template <class Body>
void parallel_for(std::size_t count, const Body& body) {
  detail::call_all(
      count, [](const void* b, std::size_t i) { (*static_cast<const Body*>(b))(i); }, &body);
}

namespace detail {

/// Calls `call(body, begin, end)` for blocks of `grain` indices.
inline void call_blocks(std::size_t count, std::size_t grain, std::size_t worthwhile,
                        void (*call)(const void*, std::size_t, std::size_t), const void* body) {
  const std::size_t blocks = (count + grain - 1) / grain;
  const auto run           = [&](std::size_t block) {
    const std::size_t begin = block * grain;
    call(body, begin, std::min(count, begin + grain));
  };
  if (blocks >= worthwhile) return parallel_for(blocks, run);
  for (std::size_t block = 0; block < blocks; ++block) run(block);
}

}  // namespace detail

/// Calls `body(begin, end)` for consecutive blocks of `grain` indices that cover 0 ... count-1.
/// The blocks depend on `grain` alone, so whatever is computed per block does too. Fewer than
/// `worthwhile` blocks are not worth waking another thread for.
template <class Body>
void parallel_blocks(std::size_t count, std::size_t grain, std::size_t worthwhile,
                     const Body& body) {
  detail::call_blocks(
      count, grain, worthwhile,
      [](const void* b, std::size_t begin, std::size_t end) {
        (*static_cast<const Body*>(b))(begin, end);
      },
      &body);
}

/// The same for blocks of which two are worth two threads.
template <class Body>
void parallel_blocks(std::size_t count, std::size_t grain, const Body& body) {
  parallel_blocks(count, grain, 2, body);
}

}  // namespace nop::cpu
