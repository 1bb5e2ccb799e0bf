// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/metrics/precision_recall.hpp>

#include "support/random_field.hpp"
#include "support/threads.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

namespace nop::test::precision_recall_test {
namespace {

using Set = std::vector<std::vector<double>>;

Set rows_of(const auto& x) {
  const auto values        = x.to_host();
  const std::size_t length = x.size() / x.extent(0);
  Set rows;
  for (std::size_t i = 0; i < values.size(); i += length)
    rows.emplace_back(values.data() + i, values.data() + i + length);
  return rows;
}

double square(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += (a[k] - b[k]) * (a[k] - b[k]);
  return sum;
}

/// The part of the points that lie in the manifold of a set: the definition.
double naive_share(const Set& points, const Set& set, std::size_t k) {
  std::vector<double> radii;
  for (const auto& sample : set) {
    std::vector<double> squares;
    for (const auto& other : set) squares.push_back(square(sample, other));
    std::sort(squares.begin(), squares.end());  // itself comes first
    radii.push_back(squares[k]);
  }
  double inside = 0;
  for (const auto& point : points) {
    bool is_inside = false;
    for (std::size_t j = 0; j < set.size(); ++j)
      is_inside = is_inside || square(point, set[j]) <= radii[j];
    inside += is_inside ? 1 : 0;
  }
  return inside / static_cast<double>(points.size());
}

TEST_CASE("precision and recall are their definition, for any k, size and number of features") {
  struct Sizes {
    std::size_t data, generated, features;
  };
  std::uint64_t seed = 0;
  for (const auto& sizes : {Sizes{20, 30, 1}, {40, 25, 2}, {70, 130, 5}, {600, 20, 3}})
    for (const std::size_t k : {1U, 3U, 7U}) {
      const auto data =
          nop::test::random_tensor<double, Cpu>(Shape<2>{sizes.data, sizes.features}, ++seed);
      auto generated =
          nop::test::random_tensor<double, Cpu>(Shape<2>{sizes.generated, sizes.features}, ++seed);
      for (std::size_t i = 0; i < generated.size(); ++i)
        generated.mutable_data()[i] = 0.5 * generated.data()[i] + 1;
      const auto got = nop::precision_recall(data, generated, k);
      CAPTURE(sizes.data);
      CAPTURE(k);
      CHECK(got.precision == naive_share(rows_of(generated), rows_of(data), k));
      CHECK(got.recall == naive_share(rows_of(data), rows_of(generated), k));
    }
}

TEST_CASE("a set covers itself, and what is far away not at all") {
  const auto x    = nop::test::random_tensor<float, ToyBackend>(Shape<3>{50, 2, 3}, 1);
  const auto same = nop::precision_recall(x, x);
  CHECK(same.precision == 1);
  CHECK(same.recall == 1);
  auto values = x.to_host();
  for (float& value : values) value += 100;
  const auto apart = nop::precision_recall(x, nop::Tensor<float, 3, ToyBackend>(x.shape(), values));
  CHECK(apart.precision == 0);
  CHECK(apart.recall == 0);
}

TEST_CASE("samples of one kind are precise and do not recall the other kind") {
  std::vector<double> both, one;
  const RandomStream random(1, 0);
  for (std::size_t i = 0; i < 200; ++i) {
    both.push_back(random.normal(i) + (i % 2 == 0 ? 0 : 100));
    one.push_back(random.normal(1000 + i));
  }
  const nop::Tensor<double, 2, Cpu> data({200, 1}, both), generated({200, 1}, one);
  const auto got = nop::precision_recall(data, generated);
  CHECK(got.precision > 0.95);
  CHECK(got.recall <= 0.5);
  CHECK(got.recall > 0.45);
}

TEST_CASE("samples that come many times have balls of no size") {
  const nop::Tensor<double, 2, Cpu> ones({4, 1}, std::vector<double>{1, 1, 1, 1}),
      more({5, 1}, std::vector<double>{1, 1, 1, 1, 1 + 1e-12});
  const auto got = nop::precision_recall(ones, more);
  CHECK(got.precision == 0.8);
  CHECK(got.recall == 1);
}

TEST_CASE("precision and recall are the same bits on any number of threads") {
  const auto x = nop::test::random_tensor<double, Cpu>(Shape<2>{300, 4}, 1);
  const auto y = nop::test::random_tensor<double, Cpu>(Shape<2>{200, 4}, 2);
  CHECK(nop::test::same_on_any_threads([&] {
    const auto got = nop::precision_recall(x, y);
    return std::vector<double>{got.precision, got.recall};
  }));
}

TEST_CASE("too few samples for k neighbours are refused") {
  const auto x = nop::test::random_tensor<double, Cpu>(Shape<2>{4, 2}, 1);
  CHECK_NOTHROW((void)nop::precision_recall(x, x, 3));
  CHECK_THROWS_WITH_AS((void)nop::precision_recall(x, x, 4),
                       "precision_recall: expected at least 5 samples in each set, got 4 and 4",
                       nop::PreconditionError);
  CHECK_THROWS_AS((void)nop::precision_recall(x, x, 0), nop::PreconditionError);
  CHECK_THROWS_AS((void)nop::precision_recall(x, x, std::numeric_limits<std::size_t>::max()),
                  nop::PreconditionError);
}

}  // namespace
}  // namespace nop::test::precision_recall_test
