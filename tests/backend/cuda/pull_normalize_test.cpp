// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/memory.cuh>
#include <nop/backend/cuda/pull_normalize.cuh>

#include "support/cuda.hpp"
#include "support/naive_normalization.hpp"
#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

namespace nop::test::cuda::pull_normalize_test {
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

/// Which gradients are asked for.
struct Wanted {
  bool x = true, weight = true, bias = true, modulation = true;
};

/// The gradients by x, weight, bias and modulation, or what was there where they are not wanted.
template <class Real>
std::vector<std::vector<Real>> ours(const Operands<Real>& all, const Wanted& want = {}) {
  const OnDevice<Real> x(all.x), weight(all.weight), bias(all.bias), told(all.modulation),
      dy(all.dy), dx(all.x.size()), dweight(all.weight.size()), dbias(all.bias.size()),
      dtold(all.modulation.size());
  nop::cuda::pull_normalize(
      all.box, x.data(), all.norm(weight.data(), bias.data(), told.data()), dy.data(),
      want.x ? dx.data() : nullptr,
      NormalizationGradient<Real>{want.weight ? dweight.data() : nullptr,
                                  want.bias ? dbias.data() : nullptr,
                                  want.modulation && all.times > 0 ? dtold.data() : nullptr});
  return {dx.back(), dweight.back(), dbias.back(), dtold.back()};
}

template <class Real>
std::vector<std::vector<Real>> by_definition(const Operands<Real>& all) {
  auto dx = all.x, dweight = all.weight, dbias = all.bias, dtold = all.modulation;
  naive_pull_normalize(all.box, all.x.data(),
                       all.norm(all.weight.data(), all.bias.data(), all.modulation.data()),
                       all.dy.data(), dx.data(),
                       NormalizationGradient<Real>{dweight.data(), dbias.data(),
                                                   all.times > 0 ? dtold.data() : nullptr});
  return {dx, dweight, dbias, dtold};
}

template <class Real>
void check(const Shape<3>& box, std::size_t groups, std::size_t times, Activation activation) {
  CAPTURE(box);
  CAPTURE(groups);
  CAPTURE(times);
  const auto got      = ours(Operands<Real>(box, groups, times, activation));
  const auto expected = by_definition(Operands<double>(box, groups, times, activation));
  for (std::size_t which = 0; which < got.size(); ++which) {
    CAPTURE(which);
    CHECK(worst_error(got[which], expected[which]) < rounding<Real>);
  }
}

bool are_untouched(const auto& values) {
  return std::all_of(values.begin(), values.end(), [](auto value) { return value != value; });
}

}  // namespace

TEST_CASE_TEMPLATE("gradients of normalizations are those of the definition", Real, float, double) {
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
  check<Real>({40, 70, 2}, 2, 1, Activation::silu);
}

TEST_CASE_TEMPLATE("gradients of groups too large for a block's memory are found in parts", Real,
                   float, double) {
  check<Real>({1, 1, 12601}, 1, 0, Activation::silu);
  check<Real>({2, 4, 3200}, 1, 2, Activation::silu);
  check<Real>({1, 260, 49}, 1, 1, Activation::silu);
  check<Real>({1, 4, 8}, 1, 3100, Activation::silu);
  if (emulated) return;
  check<Real>({2, 4, 16384}, 4, 1, Activation::gelu);
  check<Real>({8, 32, 784}, 4, 1, Activation::silu);
}

TEST_CASE("gradients that have no place are not written, and those that have are the same") {
  for (const std::size_t points : {9U, 3201U}) {
    const Operands<double> all({2, 4, points}, 2, 2, Activation::silu);
    const auto expected = by_definition(all);
    for (std::size_t only = 0; only < 4; ++only) {
      const auto got = ours(all, {only == 0, only == 1, only == 2, only == 3});
      for (std::size_t which = 0; which < got.size(); ++which) {
        CAPTURE(which);
        if (which == only)
          CHECK(worst_error(got[which], expected[which]) < rounding<double>);
        else
          CHECK(are_untouched(got[which]));
      }
    }
  }
}

TEST_CASE("gradients of no samples are zero, and others have the same bits every time") {
  const auto of_none = ours(Operands<float>({0, 4, 9}, 2, 0, Activation::silu));
  for (const std::size_t which : {1U, 2U})
    for (const float value : of_none[which]) CHECK(value == 0);
  for (const std::size_t points : {196U, 3300U}) {
    const Operands<float> all({3, 4, points}, 1, 2, Activation::silu);
    CHECK(ours(all) == ours(all));
  }
}

}  // namespace nop::test::cuda::pull_normalize_test
