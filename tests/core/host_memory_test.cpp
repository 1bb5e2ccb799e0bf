// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/host_memory.hpp>
#include <nop/core/scratch.hpp>

#include "support/count_allocations.hpp"
#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <thread>
#include <vector>

using nop::HostMemory;
using nop::test::allocations_during;

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
