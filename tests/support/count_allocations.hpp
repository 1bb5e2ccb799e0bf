// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

/// \file
/// Replaces the global operator new by one that counts, but under the thread sanitizer, which has
/// replaced it already: there nothing is counted. A program may include this in one source file
/// only.

namespace nop::test {

inline std::atomic<std::size_t> allocations{0};

/// How many times `action` calls operator new.
template <class Action>
std::size_t allocations_during(const Action& action) {
  const std::size_t before = allocations;
  action();
  return allocations - before;
}

}  // namespace nop::test

#ifdef __has_feature
#if __has_feature(thread_sanitizer)
#define NOP_TEST_THREAD_SANITIZER
#endif
#endif

#ifndef NOP_TEST_THREAD_SANITIZER
// NOLINTBEGIN(misc-definitions-in-headers)
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  ++nop::test::allocations;
  if (void* const block = std::malloc(bytes == 0 ? 1 : bytes)) return block;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t bytes, std::align_val_t alignment) {
  ++nop::test::allocations;
  const auto align = static_cast<std::size_t>(alignment);
  if (bytes > PTRDIFF_MAX - align) throw std::bad_alloc();
  if (void* const block = std::aligned_alloc(align, (bytes + align - 1) / align * align))
    return block;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* block) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::size_t) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::align_val_t) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::size_t, std::align_val_t) noexcept {
  std::free(block);
}
// NOLINTEND(misc-definitions-in-headers)
#endif
