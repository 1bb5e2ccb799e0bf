// SPDX-License-Identifier: BSD-3-Clause
#include <nop/training/dataset.hpp>

#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <type_traits>
#include <vector>

namespace nop::test::dataset_test {
namespace {

using Toy     = nop::test::ToyBackend;
using Data    = nop::Dataset<1, Toy, double>;
using Values  = std::vector<double>;
using Indices = std::vector<std::size_t>;

/// Sample i has the input {10 i, 10 i + 1} and the target {-i}.
Data counted(std::size_t samples) {
  Values x, y;
  for (std::size_t i = 0; i < samples; ++i) {
    x.push_back(10 * static_cast<double>(i));
    x.push_back(10 * static_cast<double>(i) + 1);
    y.push_back(-static_cast<double>(i));
  }
  return {Data::Fields({samples, 1, 2}, x), Data::Fields({samples, 1, 1}, y)};
}

/// The numbers of the samples in a batch, whose inputs and targets must go together.
Indices samples_of(const Data::Fields& input, const Data::Fields& target) {
  Indices samples;
  for (const double y : target.to_host()) samples.push_back(static_cast<std::size_t>(-y));
  const auto x = input.to_host();
  REQUIRE(x.size() == 2 * samples.size());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    CHECK(x[2 * i] == 10 * static_cast<double>(samples[i]));
    CHECK(x[2 * i + 1] == 10 * static_cast<double>(samples[i]) + 1);
  }
  return samples;
}

TEST_CASE("a dataset keeps inputs and targets, without copying them") {
  const Data data = counted(3);
  CHECK(data.size() == 3);
  CHECK(data.inputs().shape() == nop::Shape<3>{3, 1, 2});
  CHECK(data.inputs().data() == data.inputs().data());
  CHECK(samples_of(data.inputs(), data.targets()) == Indices{0, 1, 2});
}

TEST_CASE("a split gives the first samples and the others") {
  const auto [train, test] = counted(5).split(3);
  CHECK(samples_of(train.inputs(), train.targets()) == Indices{0, 1, 2});
  CHECK(samples_of(test.inputs(), test.targets()) == Indices{3, 4});
  const auto [all, none] = counted(2).split(2);
  CHECK(all.size() == 2);
  CHECK(none.size() == 0);
  CHECK(none.inputs().shape() == nop::Shape<3>{0, 1, 2});
  CHECK_THROWS_WITH_AS((void)counted(2).split(3),
                       "Dataset::split: expected at most 2 samples, got 3", nop::PreconditionError);
}

TEST_CASE("a subset has the samples asked for, also of a part") {
  const auto part = counted(6).split(2).second.subset(Indices{3, 0, 1, 1});
  CHECK(samples_of(part.inputs(), part.targets()) == Indices{5, 2, 3, 3});
  CHECK_THROWS_AS((void)part.subset(Indices{4}), nop::PreconditionError);
}

TEST_CASE("batches in order cover all samples, the last one may be smaller") {
  std::vector<Indices> batches;
  const Data data = counted(7);
  for (const auto& [input, target] : data.batches_in_order(3))
    batches.push_back(samples_of(input, target));
  CHECK(batches == std::vector<Indices>{{0, 1, 2}, {3, 4, 5}, {6}});
  CHECK(data.batches_in_order(3).size() == 3);
  CHECK(data.batches_in_order(7).size() == 1);
}

TEST_CASE("shuffled batches have every sample once, in an order that the generator decides") {
  nop::Rng rng{1}, same{1};
  const auto order = [](nop::Rng& random) {
    Indices all;
    std::size_t largest = 0;
    for (const auto& [input, target] : counted(20).batches(6, random)) {
      const auto samples = samples_of(input, target);
      largest            = std::max(largest, samples.size());
      all.insert(all.end(), samples.begin(), samples.end());
    }
    CHECK(largest == 6);
    return all;
  };
  const Indices first = order(rng), second = order(rng);
  CHECK(first == order(same));
  CHECK(first != second);
  for (Indices seen : {first, second}) {
    std::ranges::sort(seen);
    Indices expected(20);
    std::iota(expected.begin(), expected.end(), std::size_t{0});
    CHECK(seen == expected);
  }
}

TEST_CASE("a dataset and a batch go to another backend") {
  const auto part  = counted(6).subset(Indices{4, 1, 2});
  const auto there = nop::to<nop::Cpu>(part);
  static_assert(std::is_same_v<decltype(there), const nop::Dataset<1, nop::Cpu, double>>);
  CHECK(there.inputs().to_host() == part.inputs().to_host());
  CHECK(there.targets().to_host() == part.targets().to_host());
  for (const auto& batch : part.batches_in_order(2)) {
    const auto moved = nop::to<nop::Cpu>(batch);
    CHECK(moved.input.to_host() == batch.input.to_host());
    CHECK(moved.target.to_host() == batch.target.to_host());
  }
}

TEST_CASE("batches outlive the dataset, and a dataset without samples has none") {
  nop::Rng rng{1};
  const auto batches = counted(4).batches(4, rng);
  CHECK((*batches.begin()).input.extent(0) == 4);
  for ([[maybe_unused]] const auto& batch : counted(0).batches(4, rng)) FAIL("no batch expected");
}

TEST_CASE("a dataset refuses unequal numbers of samples, and batches of none") {
  CHECK_THROWS_WITH_AS(
      Data(Data::Fields({3, 1, 2}), Data::Fields({4, 1, 2})),
      "Dataset: expected as many targets as inputs, got shapes [3, 1, 2] and [4, 1, 2]",
      nop::PreconditionError);
  CHECK_THROWS_AS((void)counted(2).batches_in_order(0), nop::PreconditionError);
}

TEST_CASE("a batch may be larger than the dataset by any number") {
  const auto batches = counted(3).batches_in_order(std::numeric_limits<std::size_t>::max());
  CHECK(batches.size() == 1);
  CHECK((*batches.begin()).input.extent(0) == 3);
}

}  // namespace

}  // namespace nop::test::dataset_test
