// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/memory.cuh>
#include <nop/backend/cuda/normalize.cuh>

#include "support/cuda.hpp"
#include "support/naive_normalization.hpp"
#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

namespace nop::test::cuda::normalize_test {
namespace {

/// Random operands of a normalization, on the host.
template <class Real>
struct Operands {
  Shape<3> box;
  std::vector<Real> x, weight, bias, modulation, dy;
  std::size_t groups, times;
  Activation activation;

  Operands(const Shape<3>& box_, std::size_t groups_, std::size_t times_, Activation activation_)
      : box(box_),
        x(random_values<Real>(element_count(box), 1)),
        weight(random_values<Real>(box[1], 2)),
        bias(random_values<Real>(box[1], 3)),
        modulation(random_values<Real>(box[0] * times_ * 2 * box[1], 4)),
        dy(random_values<Real>(element_count(box) * std::max<std::size_t>(times_, 1), 5)),
        groups(groups_),
        times(times_),
        activation(activation_) {}

  /// By operands that are there; no times are no modulation.
  [[nodiscard]] Normalization<Real> norm(const Real* w, const Real* b, const Real* told) const {
    Normalization<Real> all{groups, Real(0.125), w, b};
    all.activation = activation;
    if (times == 0) return all;
    all.modulation = told;
    all.times      = times;
    return all;
  }
};

template <class Real>
struct OnDevice {
  nop::cuda::Scratch<Real> values;
  std::size_t size;

  explicit OnDevice(const std::vector<Real>& from) : values(from.size()), size(from.size()) {
    nop::cuda::copy_from_host(from.data(), values.data(), size);
  }
  explicit OnDevice(std::size_t count)
      : OnDevice(std::vector<Real>(count, std::numeric_limits<Real>::quiet_NaN())) {}
  [[nodiscard]] Real* data() const { return values.data(); }
  [[nodiscard]] std::vector<Real> back() const {
    std::vector<Real> to(size);
    nop::cuda::copy_to_host(values.data(), to.data(), size);
    return to;
  }
};

template <class Real>
std::vector<Real> ours(const Operands<Real>& all) {
  const OnDevice<Real> x(all.x), weight(all.weight), bias(all.bias), told(all.modulation),
      y(all.dy.size());
  nop::cuda::normalize(all.box, x.data(), all.norm(weight.data(), bias.data(), told.data()),
                       y.data());
  return y.back();
}

template <class Real>
void check(const Shape<3>& box, std::size_t groups, std::size_t times, Activation activation) {
  CAPTURE(box);
  CAPTURE(groups);
  CAPTURE(times);
  const Operands<double> all(box, groups, times, activation);
  auto expected = all.dy;
  naive_normalize(box, all.x.data(),
                  all.norm(all.weight.data(), all.bias.data(), all.modulation.data()),
                  expected.data());
  CHECK(worst_error(ours(Operands<Real>(box, groups, times, activation)), expected) <
        rounding<Real>);
}

}  // namespace

TEST_CASE_TEMPLATE("normalizations are those of the definition", Real, float, double) {
  for (const auto activation :
       {Activation::identity, Activation::gelu, Activation::relu, Activation::leaky_relu,
        Activation::silu, Activation::tanh, Activation::selu})
    check<Real>({2, 6, 8}, 3, 1, activation);
  for (const std::size_t times : {0U, 1U, 3U}) {
    check<Real>({2, 6, 7}, 3, times, Activation::silu);
    check<Real>({3, 4, 49}, 1, times, Activation::silu);
    check<Real>({1, 4, 1}, 2, times, Activation::silu);
    check<Real>({2, 8, 196}, 8, times, Activation::gelu);
    check<Real>({2, 3, 1100}, 1, times, Activation::identity);
  }
}

TEST_CASE_TEMPLATE("groups too large for a block's memory are normalized in parts", Real, float,
                   double) {
  check<Real>({1, 2, 27001}, 2, 0, Activation::silu);
  check<Real>({2, 4, 7000}, 1, 2, Activation::silu);
  check<Real>({1, 600, 49}, 1, 1, Activation::silu);
  if (emulated) return;
  check<Real>({4, 32, 65536}, 32, 1, Activation::gelu);
  check<Real>({128, 64, 784}, 8, 1, Activation::silu);
}

TEST_CASE("a large mean costs a normalization no more digits than it costs its argument") {
  constexpr std::size_t points = 4096;
  Operands<float> all({1, 1, points}, 1, 0, Activation::identity);
  for (float& value : all.x) value += 1000;
  const Operands<double> exact({1, 1, points}, 1, 0, Activation::identity);
  const std::vector<double> x(all.x.begin(), all.x.end());
  std::vector<double> expected(points);
  naive_normalize(exact.box, x.data(), exact.norm(exact.weight.data(), exact.bias.data(), nullptr),
                  expected.data());
  CHECK(worst_error(ours(all), expected) < 1e-4);
}

TEST_CASE("a normalization of no samples has no result, and others have the same bits every time") {
  CHECK(ours(Operands<float>({0, 4, 9}, 2, 0, Activation::silu)).empty());
  for (const std::size_t points : {196U, 9000U}) {
    const Operands<float> all({3, 4, points}, 1, 2, Activation::silu);
    CHECK(ours(all) == ours(all));
  }
}

}  // namespace nop::test::cuda::normalize_test
