// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "support/allocation_counters.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

/// \file
/// Replaces the global operator new by one that counts, but under the thread sanitizer, which has
/// replaced it already: there nothing is counted. A program may include this in one source file
/// only.

#ifdef __has_feature
#if __has_feature(thread_sanitizer)
#define NOP_TEST_THREAD_SANITIZER
#endif
#endif

#ifndef NOP_TEST_THREAD_SANITIZER
// NOLINTBEGIN(misc-definitions-in-headers)
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  return nop::test::taken(std::malloc(bytes == 0 ? 1 : bytes));
}
[[gnu::noinline]] void* operator new(std::size_t bytes, std::align_val_t alignment) {
  const auto align = static_cast<std::size_t>(alignment);
  if (bytes > PTRDIFF_MAX - align) throw std::bad_alloc();
  return nop::test::taken(std::aligned_alloc(align, (bytes + align - 1) / align * align));
}
[[gnu::noinline]] void operator delete(void* block) noexcept { nop::test::give_back(block); }
[[gnu::noinline]] void operator delete(void* block, std::size_t) noexcept {
  nop::test::give_back(block);
}
[[gnu::noinline]] void operator delete(void* block, std::align_val_t) noexcept {
  nop::test::give_back(block);
}
[[gnu::noinline]] void operator delete(void* block, std::size_t, std::align_val_t) noexcept {
  nop::test::give_back(block);
}
// NOLINTEND(misc-definitions-in-headers)
#endif
