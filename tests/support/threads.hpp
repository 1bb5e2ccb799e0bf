// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/parallel.hpp>

#include <cstddef>

namespace nop::test {

/// Runs `action` with a number of threads and sets the former number again.
template <class Action>
void with_threads(std::size_t count, const Action& action) {
  const std::size_t before = cpu::thread_count();
  cpu::set_thread_count(count);
  action();
  cpu::set_thread_count(before);
}

/// True if `compute()`, a vector, has the same bits on 1, 2, 3 and 7 threads.
template <class Compute>
bool same_on_any_threads(const Compute& compute) {
  decltype(compute()) first, next;
  with_threads(1, [&] { first = compute(); });
  bool same = true;
  for (const std::size_t threads : {2U, 3U, 7U}) {
    with_threads(threads, [&] { next = compute(); });
    same = same && next == first;
  }
  return same;
}

}  // namespace nop::test
