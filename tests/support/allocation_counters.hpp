// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <malloc.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

/// \file
/// What the operator new of count_allocations.hpp counts, in programs that include that.

namespace nop::test {

inline std::atomic<std::size_t> allocations{0};
inline std::atomic<std::size_t> bytes_held{0};
inline std::atomic<std::size_t> most_bytes_held{0};

/// How many times `action` calls operator new.
template <class Action>
std::size_t allocations_during(const Action& action) {
  const std::size_t before = allocations;
  action();
  return allocations - before;
}

/// How many bytes `action` has from operator new at once, at most, beyond those held before.
template <class Action>
std::size_t most_bytes_during(const Action& action) {
  const std::size_t before = bytes_held;
  most_bytes_held          = before;
  action();
  return most_bytes_held - before;
}

inline void* taken(void* block) {
  if (block == nullptr) throw std::bad_alloc();
  ++allocations;
  const std::size_t held = bytes_held += ::malloc_usable_size(block);
  for (std::size_t most = most_bytes_held; held > most;)
    if (most_bytes_held.compare_exchange_weak(most, held)) break;
  return block;
}

inline void give_back(void* block) {
  bytes_held -= ::malloc_usable_size(block);
  std::free(block);
}

}  // namespace nop::test
