// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/memory.cuh>
#include <nop/backend/cuda/time_mix.cuh>
#include <nop/backend/cuda/time_mix_pullback.cuh>

#include "support/cuda.hpp"
#include "support/naive_time_mixing.hpp"
#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <complex>
#include <cstddef>
#include <limits>
#include <tuple>
#include <utility>
#include <vector>

namespace nop::test::cuda::time_mix_test {
namespace {

/// A copy of an array.
template <class Element>
struct OnDevice : nop::cuda::Scratch<Element> {
  explicit OnDevice(const std::vector<Element>& values)
      : nop::cuda::Scratch<Element>(values.size()) {
    nop::cuda::copy_from_host(values.data(), this->data(), values.size());
  }
};
template <class Element>
std::vector<Element> to_host(const Element* data, std::size_t count) {
  std::vector<Element> values(count);
  nop::cuda::copy_to_host(data, values.data(), count);
  return values;
}

/// Steps that are answered with: those from `from` on.
Shape<4> answered(const Shape<4>& box, std::size_t from) {
  return {box[0], box[1] - from, box[2], box[3]};
}

/// A random block, and all that comes of it: y, dx and dR.
template <class Real>
struct Block {
  Shape<4> box;
  std::size_t modes;
  Activation activation;
  std::size_t from;
  std::vector<Real> x, dy;
  std::vector<std::complex<Real>> weight;

  Block(const Shape<4>& box_, std::size_t modes_, Activation activation_, std::size_t from_ = 0)
      : box(box_),
        modes(modes_),
        activation(activation_),
        from(from_),
        x(nop::test::random_values<Real>(element_count(box), 1)),
        dy(nop::test::random_values<Real>(element_count(answered(box, from)), 2)),
        weight(nop::test::random_values<std::complex<Real>>(modes * box[2] * box[2], 3)) {
    for (auto& w : weight) w /= static_cast<Real>(box[2]);
  }

  /// With all arrays `shift` numbers behind where they are allocated.
  [[nodiscard]] auto ours(bool wants_dx = true, bool wants_dr = true, std::size_t shift = 0) const {
    using Complex    = std::complex<Real>;
    const auto nan   = std::numeric_limits<Real>::quiet_NaN();
    const auto moved = [shift](auto values) {
      values.insert(values.begin(), shift, {});
      return values;
    };
    const OnDevice<Real> x_there(moved(x)), dy_there(moved(dy));
    const OnDevice<Complex> r_there(weight),
        dr_there(std::vector(weight.size(), Complex(nan, nan)));
    const OnDevice<Real> y_there(std::vector(dy.size() + shift, nan)),
        dx_there(std::vector(x.size() + shift, nan));
    const TimeMixing<Real> mixing{modes, r_there.data(), activation, from};
    nop::cuda::mix_time(box, x_there.data() + shift, mixing, y_there.data() + shift);
    nop::cuda::pull_mix_time(box, x_there.data() + shift, mixing, dy_there.data() + shift,
                             wants_dx ? dx_there.data() + shift : nullptr,
                             wants_dr ? dr_there.data() : nullptr);
    return std::tuple(to_host(y_there.data() + shift, dy.size()),
                      to_host(dx_there.data() + shift, x.size()),
                      to_host(dr_there.data(), weight.size()));
  }
  [[nodiscard]] auto naive() const {
    std::vector<Real> y(dy.size(), Real(77)), dx(x.size(), Real(77));
    std::vector<std::complex<Real>> dr(weight.size(), Real(77));
    const NaiveTimeMixing<Real> block(box, x.data(), {modes, weight.data(), activation, from});
    block.mix(y.data());
    block.pull(dy.data(), dx.data(), dr.data());
    return std::tuple(y, dx, dr);
  }
};

template <class Real>
void check(const Shape<4>& box, std::size_t modes, Activation activation, std::size_t from = 0,
           std::size_t shift = 0) {
  CAPTURE(box);
  CAPTURE(modes);
  CAPTURE(from);
  CAPTURE(shift);
  const Block<Real> block(box, modes, activation, from);
  const auto [y, dx, dr]                   = block.ours(true, true, shift);
  const auto [y_naive, dx_naive, dr_naive] = block.naive();
  CHECK(worst_error(y, y_naive) < nop::test::rounding<Real>);
  CHECK(worst_error(dx, dx_naive) < nop::test::rounding<Real>);
  CHECK(worst_error(dr, dr_naive) < nop::test::rounding<Real>);
}

}  // namespace

TEST_CASE_TEMPLATE("a temporal convolution block is that of its definition", Real, float, double) {
  for (const std::size_t steps : {1U, 2U, 3U, 4U, 5U, 8U, 9U, 16U})
    for (std::size_t modes = 1; modes <= steps / 2 + 1; ++modes)
      check<Real>({2, steps, 3, 21}, modes, Activation::gelu);
}

TEST_CASE_TEMPLATE("a temporal convolution block has any activation", Real, float, double) {
  for (const auto activation :
       {Activation::identity, Activation::gelu, Activation::relu, Activation::leaky_relu,
        Activation::silu, Activation::tanh, Activation::selu})
    for (const std::size_t from : {0U, 2U}) check<Real>({3, 4, 5, 12}, 2, activation, from);
}

TEST_CASE_TEMPLATE("of a temporal convolution block only the last steps may be wanted", Real, float,
                   double) {
  for (const std::size_t steps : {2U, 4U, 5U, 8U})
    for (std::size_t from = 1; from < steps; ++from)
      check<Real>({2, steps, 7, 36}, steps / 2 + 1, Activation::silu, from);
}

TEST_CASE_TEMPLATE("temporal convolution of channels and points of any number", Real, float,
                   double) {
  for (const std::size_t channels : {1U, 2U, 16U, 17U, 33U, 48U, 49U, 65U})
    for (const std::size_t points : {1U, 3U, 16U, 49U, 72U})
      check<Real>({channels < 20 ? 5U : 1U, 4, channels, points}, 2, Activation::silu);
  if (nop::test::emulated) return;
  for (const std::size_t channels : {64U, 100U, 128U, 256U})
    for (const std::size_t points : {1U, 49U, 64U, 196U, 784U})
      check<Real>({3, 4, channels, points}, 2, Activation::gelu);
  check<Real>({64, 4, 16, 784}, 3, Activation::gelu);
  check<Real>({2, 16, 128, 49}, 9, Activation::gelu, 15);
}

TEST_CASE_TEMPLATE("fields of a temporal convolution need not lie where 16 bytes can be read", Real,
                   float, double) {
  for (const std::size_t points : {1U, 2U, 16U, 20U})
    check<Real>({3, 4, 5, points}, 3, Activation::gelu, 0, 1);
}

TEST_CASE("the gradient by the weight of a temporal convolution has parts of many points") {
  check<float>({3, 2, 3, 331}, 2, Activation::gelu);
  check<double>({5, 4, 2, 200}, 3, Activation::identity);
}

TEST_CASE("temporal convolution of nothing is nothing") {
  check<double>({0, 4, 3, 5}, 2, Activation::gelu);
  check<double>({2, 4, 3, 0}, 2, Activation::gelu);
}

TEST_CASE("only those gradients of a temporal convolution that are wanted are written") {
  const Block<float> block({2, 4, 6, 40}, 2, Activation::gelu);
  const auto is_nan                 = [](const auto& z) { return z != z; };
  const auto [y, dx, dr]            = block.ours();
  const auto [y_x, dx_alone, no_dr] = block.ours(true, false);
  const auto [y_r, no_dx, dr_alone] = block.ours(false, true);
  CHECK(dx_alone == dx);
  CHECK(dr_alone == dr);
  CHECK(std::all_of(no_dr.begin(), no_dr.end(), is_nan));
  CHECK(std::all_of(no_dx.begin(), no_dx.end(), is_nan));
}

TEST_CASE("a temporal convolution has the same bits every time") {
  const std::size_t points = nop::test::emulated ? 90 : 784;
  for (const std::size_t from : {0U, 3U}) {
    const Block<float> block({3, 4, 12, points}, 3, Activation::gelu, from);
    CHECK(block.ours() == block.ours());
  }
}

}  // namespace nop::test::cuda::time_mix_test
