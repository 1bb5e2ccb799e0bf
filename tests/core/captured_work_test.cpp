// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/core/captured_work.hpp>

#include <doctest/doctest.h>

#include <type_traits>

namespace nop::test::captured_work_test {
namespace {

struct WithGraphs {
  struct Graph {};
};

}  // namespace

TEST_CASE("work is asked for each time of a backend that cannot write it down") {
  int asked = 0;
  const nop::CapturedWork<nop::Cpu> work([&] { ++asked; });
  CHECK(asked == 0);
  work.launch();
  work.launch();
  CHECK(asked == 2);
}

TEST_CASE("a backend brings its own way to write down work") {
  static_assert(std::is_same_v<nop::CapturedWork<WithGraphs>, WithGraphs::Graph>);
}

}  // namespace nop::test::captured_work_test
