// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/plan_cache.hpp>

#include "support/allocation_counters.hpp"
#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <stdexcept>
#include <thread>
#include <vector>

namespace nop::test::plan_cache_test {
namespace {
std::atomic<int> made{0};

struct Square {
  explicit Square(int key) : value(key * key) { ++made; }
  int value;
};

struct Stubborn {
  explicit Stubborn(int key) : value(key) {
    if (++attempts == 1) throw std::runtime_error("not yet");
  }
  static inline int attempts = 0;
  int value;
};
}  // namespace

TEST_CASE("a value is made once per key, whichever threads ask for it") {
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        const auto square = PlanCache<int, Square>::get(i % 50);
        if (square->value != (i % 50) * (i % 50)) ++wrong;
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(made == 50);
  CHECK(PlanCache<int, Square>::get(7) == PlanCache<int, Square>::get(7));
}

namespace {
/// Keeps memory as large as its key.
struct Holder {
  explicit Holder(std::size_t key) : values(key) {}
  nop::HostVector<char> values;
};
}  // namespace

TEST_CASE("what a value keeps is not taken out of what a thread needs again") {
  constexpr std::size_t bytes = 555'000;
  const auto use              = [] { nop::HostVector<char> values(bytes); };
  use();
  CHECK(PlanCache<std::size_t, Holder>::get(bytes)->values.size() == bytes);
  CHECK(nop::test::allocations_during(use) == 0);
}

TEST_CASE("a value that could not be made is tried again") {
  CHECK_THROWS_AS((void)(PlanCache<int, Stubborn>::get(3)), std::runtime_error);
  CHECK(PlanCache<int, Stubborn>::get(3)->value == 3);
}

}  // namespace nop::test::plan_cache_test
