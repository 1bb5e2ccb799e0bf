// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/parallel.hpp>

#include "support/threads.hpp"
#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <utility>
#include <vector>

namespace nop::test::parallel_test {

namespace cpu = nop::cpu;

TEST_CASE("a parallel loop calls its body once for every index") {
  for (const std::size_t threads : {1U, 2U, 3U, 7U})
    with_threads(threads, [] {
      for (const std::size_t count : {0U, 1U, 2U, 5U, 1000U}) {
        std::vector<int> calls(count);
        cpu::parallel_for(count, [&](std::size_t i) { ++calls[i]; });
        CHECK(calls == std::vector<int>(count, 1));
      }
    });
}

TEST_CASE("parallel blocks cover the range and depend on nothing but the grain") {
  using Blocks = std::vector<std::pair<std::size_t, std::size_t>>;
  for (const std::size_t threads : {1U, 3U})
    with_threads(threads, [] {
      Blocks blocks(4);
      cpu::parallel_blocks(
          10, 3, [&](std::size_t begin, std::size_t end) { blocks[begin / 3] = {begin, end}; });
      CHECK(blocks == Blocks{{0, 3}, {3, 6}, {6, 9}, {9, 10}});
      cpu::parallel_blocks(0, 3, [](std::size_t, std::size_t) { FAIL("there is nothing to do"); });
    });
}

TEST_CASE("an exception thrown inside a parallel loop arrives at its caller") {
  for (const std::size_t threads : {1U, 2U, 7U})
    with_threads(threads, [] {
      for (const std::size_t count : {1U, 2U, 100U})
        CHECK_THROWS_WITH_AS(cpu::parallel_for(count,
                                               [&](std::size_t i) {
                                                 if (i == count / 2)
                                                   throw std::runtime_error("number failed");
                                               }),
                             "number failed", std::runtime_error);
      std::atomic<int> calls{0};
      CHECK_NOTHROW(cpu::parallel_for(10, [&](std::size_t) { ++calls; }));
      CHECK(calls == 10);
    });
}

TEST_CASE("a parallel loop inside another runs on one thread and an exception gets out of both") {
  with_threads(2, [] {
    std::vector<int> calls(30);
    cpu::parallel_for(3, [&](std::size_t i) {
      cpu::parallel_for(10, [&](std::size_t j) { ++calls[10 * i + j]; });
    });
    CHECK(calls == std::vector<int>(30, 1));
    CHECK_THROWS_AS(cpu::parallel_for(3,
                                      [&](std::size_t) {
                                        cpu::parallel_for(3, [&](std::size_t) {
                                          throw std::logic_error("deep");
                                        });
                                      }),
                    std::logic_error);
  });
}

TEST_CASE("the number of threads can be set for the calling thread and is from 1 to 1024") {
  with_threads(3, [] { CHECK(cpu::thread_count() == 3); });
  CHECK_THROWS_WITH_AS(cpu::set_thread_count(0),
                       "set_thread_count: expected 1 to 1024 threads, got 0",
                       nop::PreconditionError);
  CHECK_THROWS_AS(cpu::set_thread_count(1025), nop::PreconditionError);
}

}  // namespace nop::test::parallel_test
