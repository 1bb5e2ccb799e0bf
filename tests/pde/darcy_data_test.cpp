// SPDX-License-Identifier: BSD-3-Clause
#include <nop/pde/darcy_data.hpp>

#include <doctest/doctest.h>
#include <support/tolerance.hpp>

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <vector>

namespace nop::test::darcy_data_test {
namespace {

const DarcyDataConfig small{.intervals = 24, .resolutions = {24, 12, 8}};

TEST_CASE("all resolutions show the same functions at i/n") {
  const auto data = darcy_data<float>(small, RandomStream(1, 0), 4);
  REQUIRE(data.size() == 3);
  for (std::size_t r = 0; r < 3; ++r) {
    const std::size_t n = small.resolutions[r], stride = 24 / n;
    REQUIRE(data[r].input.shape() == Shape<4>{4, 1, n, n});
    REQUIRE(data[r].output.shape() == Shape<4>{4, 1, n, n});
    for (std::size_t sample = 0; sample < 4; ++sample)
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) {
          CHECK(data[r].input.view()(sample, 0, i, j) ==
                data[0].input.view()(sample, 0, stride * i, stride * j));
          CHECK(data[r].output.view()(sample, 0, i, j) ==
                data[0].output.view()(sample, 0, stride * i, stride * j));
        }
  }
}

TEST_CASE("inputs are thresholded fields and outputs their pressures") {
  const auto data = darcy_data<double>(small, RandomStream(1, 0), 2);
  const nop::NeumannRandomField<2, double> field(small.field, RandomStream(1, 0));
  auto a = field(1, field.grid(nop::nodes<2>({24, 24})));
  nop::Tensor<double, 2, Cpu> f({25, 25});
  f.fill(1);
  for (std::size_t i = 0; i < a.size(); ++i) a.mutable_data()[i] = a.data()[i] >= 0 ? 12 : 3;
  const auto u = nop::DarcySolver<double>({.intervals = 24})(a, f).pressure;
  std::vector<double> got, expected;
  for (std::size_t i = 0; i < 24; ++i)
    for (std::size_t j = 0; j < 24; ++j) {
      CHECK(data[0].input.view()(1, 0, i, j) == a.view()(i, j));
      got.push_back(data[0].output.view()(1, 0, i, j));
      expected.push_back(u.view()(i, j));
    }
  CHECK(nop::test::worst_error(got, expected) < 1e-7);
}

TEST_CASE("a sample depends neither on how many there are nor on the threads") {
  const std::size_t threads = Cpu::thread_count();
  Cpu::set_thread_count(1);
  const auto all      = darcy_data<float>(small, RandomStream(7, 3), 5);
  const auto expected = all[0].output.to_host();
  CHECK(!std::equal(expected.begin(), expected.begin() + 576, expected.begin() + 576));
  for (const std::size_t count : {1U, 2U, 3U}) {
    Cpu::set_thread_count(count);
    for (const std::size_t samples : {1U, 3U, 5U}) {
      const auto some = darcy_data<float>(small, RandomStream(7, 3), samples)[0].output.to_host();
      CHECK(std::equal(some.begin(), some.end(), expected.begin()));
    }
  }
  Cpu::set_thread_count(threads);
}

TEST_CASE("half of the coefficients are large and pressures are about 1e-2") {
  const auto data =
      darcy_data<float>({.intervals = 32, .resolutions = {32}}, RandomStream(1, 0), 100);
  const auto a = data[0].input.to_host(), u = data[0].output.to_host();
  const auto large = std::count(a.begin(), a.end(), 12.0F);
  CHECK(large + std::count(a.begin(), a.end(), 3.0F) == 100 * 32 * 32);
  CHECK(static_cast<double>(large) / 102400 == doctest::Approx(0.5).epsilon(0.1));
  double mean = 0;
  for (const float value : u) mean += value / 102400;
  CHECK(mean > 0.004);  // that of a = 12 is 0.0029, that of a = 3 0.0117
  CHECK(mean < 0.008);
}

TEST_CASE("progress is reported after each sample") {
  std::vector<std::size_t> reported;
  (void)darcy_data<float>(small, RandomStream(1, 0), 4,
                          [&](std::size_t done) { reported.push_back(done); });
  CHECK(reported == std::vector<std::size_t>{1, 2, 3, 4});
  const auto stop = [](std::size_t) { throw std::runtime_error("stop"); };
  CHECK_THROWS_WITH(darcy_data<float>(small, RandomStream(1, 0), 2, stop), "stop");
}

TEST_CASE("no samples are an empty data set") {
  const auto data = darcy_data<float>(small, RandomStream(1, 0), 0);
  CHECK(data[1].input.shape() == Shape<4>{0, 1, 12, 12});
}

TEST_CASE("a data set refuses coefficients below zero and grids that are not nested") {
  const auto make = [](const DarcyDataConfig& config) {
    (void)darcy_data<float>(config, RandomStream(1, 0), 1);
  };
  CHECK_THROWS_AS(make({.above = 0}), nop::PreconditionError);
  CHECK_THROWS_AS(make({.below = -1}), nop::PreconditionError);
  CHECK_THROWS_AS(make({.intervals = 0}), nop::PreconditionError);
  CHECK_THROWS_AS(make({.resolutions = {}}), nop::PreconditionError);
  CHECK_THROWS_WITH_AS(make({.intervals = 64, .resolutions = {32, 24}}),
                       "darcy_data: expected a resolution that divides 64 intervals, got 24",
                       nop::PreconditionError);
}

}  // namespace

}  // namespace nop::test::darcy_data_test
