// SPDX-License-Identifier: BSD-3-Clause
#include <nop/training/trajectories.hpp>

#include "io/hostile.hpp"
#include "support/random_field.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <fstream>
#include <limits>
#include <sstream>
#include <vector>

namespace nop::test::trajectories_test {
namespace {

using Set = Trajectories<1, Cpu, float>;

TrajectoriesConfig config() {
  return {.sample = {2, 3}, .times = {0.5, 0.25, 0}, .seed = 4, .made_by = "halving"};
}

/// The noise times 1/2, 1/4, 1/8.
Set::States halved(const Set::Noise& noise) {
  std::vector<float> values;
  const auto from = noise.to_host();
  for (std::size_t sample = 0; sample < noise.extent(0); ++sample)
    for (const float factor : {0.5F, 0.25F, 0.125F})
      for (std::size_t i = 0; i < 6; ++i) values.push_back(factor * from[sample * 6 + i]);
  return Set::States({noise.extent(0), 3, 2, 3}, values);
}

TEST_CASE("trajectories come back in half precision, with the noise they began from") {
  const TemporaryFolder folder;
  Set set(folder / "set", config());
  set.make(1200, halved);
  set.read(1100);
  CHECK(set.size() == 1100);
  const std::vector<std::size_t> samples{1099, 3, 700}, steps{2, 0};
  const auto noise  = set.noise(samples);
  const auto states = set.states(samples, steps);
  REQUIRE(states.shape() == Shape<4>{3, 2, 2, 3});
  const RandomStream stream(4, 0);
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t n = 0; n < 6; ++n) {
      const auto begin = static_cast<float>(stream.normal(samples[i] * 6 + n));
      CHECK(noise.view()(i, n / 3, n % 3) == begin);
      CHECK(states.view()(i, 0, n / 3, n % 3) == doctest::Approx(begin / 8).epsilon(0x1p-11));
      CHECK(states.view()(i, 1, n / 3, n % 3) == doctest::Approx(begin / 2).epsilon(0x1p-11));
    }
  CHECK(set.steps_at(std::vector{0.0, 0.5}) == std::vector<std::size_t>{2, 0});
}

TEST_CASE("of many trajectories, some from the middle of a file on are the same as among all") {
  const TemporaryFolder folder;
  Set all(folder / "set", config());
  all.make(1500, halved);
  all.read(1500);
  Set some(folder / "set", config());
  some.read(900, 300);
  CHECK(some.size() == 900);
  const std::vector<std::size_t> samples{300, 499, 500, 1199}, steps{0, 1, 2};
  CHECK(some.states(samples, steps).to_host() == all.states(samples, steps).to_host());
  for (const std::size_t outside : {0U, 299U, 1200U})
    CHECK_THROWS_AS((void)some.states(std::vector{outside}, steps), PreconditionError);
  CHECK_THROWS_AS(some.read(500, 1200), PreconditionError);
  CHECK(some.size() == 900);
}

TEST_CASE("only what is missing is made, and it is the same") {
  const TemporaryFolder folder;
  std::size_t made = 0;
  const auto solve = [&](const Set::Noise& noise) {
    made += noise.extent(0);
    return halved(noise);
  };
  Set set(folder / "set", config());
  set.make(1000, solve);
  CHECK(made == 1000);
  CHECK(set.made() == 1000);
  const auto first = read_file(folder / "set" / "part-00000.npy");
  std::filesystem::remove(folder / "set" / "part-00000.npy");
  CHECK(set.made() == 0);
  std::ostringstream stream;
  Set again(folder / "set", config());
  again.make(1500, solve, Progress::Config{.stream = stream});
  CHECK(made == 2000);
  CHECK(read_file(folder / "set" / "part-00000.npy") == first);
  CHECK(stream.str().find("trajectories  2/3") != std::string::npos);
}

TEST_CASE("a folder of other trajectories, a damaged file and a missing one are errors") {
  const TemporaryFolder folder;
  Set set(folder / "set", config());
  set.make(500, halved);
  auto other  = config();
  other.times = {0.5, 0};
  CHECK_THROWS_AS(Set(folder / "set", other), FormatError);
  for (const std::size_t count : {std::size_t{501}, std::size_t{10'000'000'000},
                                  std::size_t{1} << 63U, std::numeric_limits<std::size_t>::max()}) {
    CHECK_THROWS_AS(set.read(count), PreconditionError);
    CHECK_THROWS_AS(set.read(10, count), PreconditionError);
  }
  CHECK(set.size() == 0);
  set.read(500);
  CHECK_THROWS_WITH_AS(
      (void)set.states(std::vector<std::size_t>{500}, std::vector<std::size_t>{0}),
      "Trajectories::states: expected samples from 0 to below 500 and steps below 3, got 500 and 0",
      PreconditionError);
  CHECK_THROWS_AS((void)set.steps_at(std::vector{0.3}), PreconditionError);
  std::ofstream(folder / "set" / "part-00000.npy") << "not an array";
  CHECK_THROWS_AS(set.read(500), FormatError);
  CHECK_THROWS_AS(set.make(600, [](const Set::Noise&) { return Set::States({1, 3, 2, 3}); }),
                  PreconditionError);
  CHECK_THROWS_WITH_AS(
      Set(folder / "none", {.sample = {2}, .times = {0}, .seed = 0, .made_by = ""}),
      "Trajectories: expected samples of 2 axes at one time or more, got 1 axes of 2 numbers at 1 "
      "times",
      PreconditionError);
}

}  // namespace
}  // namespace nop::test::trajectories_test
