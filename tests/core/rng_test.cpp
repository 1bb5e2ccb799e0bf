// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/rng.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <set>
#include <vector>

namespace nop::test::rng_test {
namespace {
using Words = std::array<std::uint32_t, 4>;

struct Moments {
  double mean, variance, skewness, kurtosis;
};

template <class Sample>
Moments moments_of(std::size_t count, const Sample& sample) {
  double mean = 0, second = 0, third = 0, fourth = 0;
  const auto n = static_cast<double>(count);
  for (std::size_t i = 0; i < count; ++i) mean += sample(i) / n;
  for (std::size_t i = 0; i < count; ++i) {
    const double d = sample(i) - mean;
    second += d * d / n;
    third += d * d * d / n;
    fourth += d * d * d * d / n;
  }
  return {mean, second, third / std::pow(second, 1.5), fourth / (second * second)};
}
}  // namespace

TEST_CASE("the generator gives the published numbers of Philox 4x32-10") {
  // kat_vectors of Random123. Its counter is our index and stream, its key our seed; low word
  // first.
  CHECK(RandomStream(0, 0).words(0) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  constexpr std::uint64_t ones = ~std::uint64_t{0};
  CHECK(RandomStream(ones, ones).words(ones) ==
        Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(RandomStream(0x299f31d0a4093822, 0x0370734413198a2e).words(0x85a308d3243f6a88) ==
        Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
  static_assert(RandomStream(0, 0).words(0)[0] == 0x6627e8d5);
}

TEST_CASE("a uniform number is at least zero and less than one") {
  const RandomStream random(1, 0);
  double least = 1, most = 0;
  for (std::uint64_t i = 0; i < 100000; ++i) {
    const double u = random.uniform(i);
    least          = std::min(least, u);
    most           = std::max(most, u);
  }
  CHECK(least >= 0);
  CHECK(least < 1e-4);
  CHECK(most < 1);
  CHECK(most > 1 - 1e-4);
}

TEST_CASE("uniform numbers have the moments of the uniform distribution") {
  const RandomStream random(2, 3);
  const auto m = moments_of(200000, [&](std::size_t i) { return random.uniform(i); });
  CHECK(m.mean == doctest::Approx(0.5).epsilon(0.005));
  CHECK(m.variance == doctest::Approx(1.0 / 12).epsilon(0.01));
  CHECK(std::abs(m.skewness) < 0.02);
  CHECK(m.kurtosis == doctest::Approx(1.8).epsilon(0.01));
}

TEST_CASE("normal numbers have the moments of the normal distribution") {
  const RandomStream random(2, 4);
  const auto m = moments_of(200000, [&](std::size_t i) { return random.normal(i); });
  CHECK(std::abs(m.mean) < 0.01);
  CHECK(m.variance == doctest::Approx(1).epsilon(0.015));
  CHECK(std::abs(m.skewness) < 0.02);
  CHECK(m.kurtosis == doctest::Approx(3).epsilon(0.02));
}

TEST_CASE("neighbours and streams and seeds are not correlated") {
  constexpr std::size_t count = 100000;
  const RandomStream a(7, 0), b(7, 1), c(8, 0);
  double next = 0, stream = 0, seed = 0;
  for (std::size_t i = 0; i < count; ++i) {
    next += a.normal(i) * a.normal(i + 1) / count;
    stream += a.normal(i) * b.normal(i) / count;
    seed += a.normal(i) * c.normal(i) / count;
  }
  CHECK(std::abs(next) < 0.015);
  CHECK(std::abs(stream) < 0.015);
  CHECK(std::abs(seed) < 0.015);
}

TEST_CASE("whole numbers below a bound are equally likely") {
  const auto drawn = RandomStream(3, 1).indices(60000, 6);
  std::array<int, 6> counts{};
  for (const std::size_t index : drawn) {
    REQUIRE(index < 6);
    ++counts[index];
  }
  double chi_squared = 0;
  for (const int count : counts) chi_squared += (count - 10000.0) * (count - 10000.0) / 10000;
  CHECK(chi_squared < 20.5);  // 0.1 % of all streams are above
  CHECK(RandomStream(3, 1).indices(5, 6) ==
        std::vector<std::size_t>(drawn.begin(), drawn.begin() + 5));
}

TEST_CASE("a permutation holds every number once") {
  for (const std::size_t count : {0U, 1U, 2U, 3U, 10U, 1000U}) {
    auto order = RandomStream(11, count).permutation(count);
    CHECK(order.size() == count);
    std::sort(order.begin(), order.end());
    for (std::size_t i = 0; i < count; ++i) CHECK(order[i] == i);
  }
}

TEST_CASE("every order of three comes up equally often") {
  std::array<int, 27> times{};
  for (std::uint64_t stream = 0; stream < 6000; ++stream) {
    const auto order = RandomStream(5, stream).permutation(3);
    ++times[9 * order[0] + 3 * order[1] + order[2]];
  }
  for (const std::size_t order : {5U, 7U, 11U, 15U, 19U, 21U}) {
    CHECK(times[order] > 880);
    CHECK(times[order] < 1120);
  }
}

TEST_CASE("a generator hands out a new stream at each call and the same ones for the same seed") {
  Rng rng(42), again(42);
  std::set<double> firsts;
  for (int i = 0; i < 100; ++i) {
    const double first = rng.stream().uniform(0);
    CHECK(first == again.stream().uniform(0));
    firsts.insert(first);
  }
  CHECK(firsts.size() == 100);
}

TEST_CASE("a generator continues where its saved state stood") {
  Rng rng(42);
  (void)rng.stream();
  const Rng::State state = rng.state();
  CHECK(state == Rng::State{42, 1});
  Rng continued(state);
  CHECK(rng.stream().words(9) == continued.stream().words(9));
  CHECK(rng.state() == continued.state());
}

}  // namespace nop::test::rng_test
