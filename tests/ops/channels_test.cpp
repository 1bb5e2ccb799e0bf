// SPDX-License-Identifier: BSD-3-Clause
#include <nop/autodiff/parameter.hpp>
#include <nop/backend/cpu.hpp>
#include <nop/ops/channels.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <vector>

namespace nop::test::channels_test {

using Complex = std::complex<double>;

namespace {

/// y_o = sum_i weight_oi x_i + bias_o by plain loops over [batch, channel, points].
template <class Element, std::size_t Rank>
std::vector<Element> naive_mix(const Shape<Rank>& shape, const std::vector<Element>& x,
                               const std::vector<Element>& weight,
                               const std::vector<Element>& bias) {
  const std::size_t in = shape[1], out = bias.size(), points = nop::element_count(shape, 2);
  std::vector<Element> y(shape[0] * out * points);
  for (std::size_t b = 0; b < shape[0]; ++b)
    for (std::size_t o = 0; o < out; ++o)
      for (std::size_t p = 0; p < points; ++p) {
        Element total = bias[o];
        for (std::size_t i = 0; i < in; ++i)
          total += weight[o * in + i] * x[(b * in + i) * points + p];
        y[(b * out + o) * points + p] = total;
      }
  return y;
}

template <class Element, std::size_t Rank>
void check_mix(const Shape<Rank>& shape, std::size_t out) {
  CAPTURE(shape);
  CAPTURE(out);
  const auto x                  = random_field<Element>(shape, 1);
  const auto weight             = random_field<Element>(Shape{out, shape[1]}, 2);
  const auto bias               = random_field<Element>(Shape{out}, 3);
  constexpr double rounding     = nop::test::rounding<Element>;
  const std::vector<Element> no = std::vector<Element>(out);
  const auto plain              = nop::mix_channels(x, weight);
  CHECK(plain.extent(1) == out);
  CHECK(nop::grid_of(plain.shape()) == nop::grid_of(shape));
  CHECK(worst_error(plain.to_host(), naive_mix(shape, x.to_host(), weight.to_host(), no)) <
        rounding);
  CHECK(worst_error(nop::mix_channels(x, weight, bias).to_host(),
                    naive_mix(shape, x.to_host(), weight.to_host(), bias.to_host())) < rounding);
}

}  // namespace

TEST_CASE_TEMPLATE("channels are mixed at every point", Element, float, double, std::complex<float>,
                   Complex) {
  for (const std::size_t out : {1U, 2U, 5U, 33U}) {
    check_mix<Element>(Shape{3, 4, 17}, out);
    check_mix<Element>(Shape{1, 40, 42}, out);
    check_mix<Element>(Shape{2, 1, 1}, out);
  }
}

TEST_CASE("channels are mixed on grids of any number of axes, and of none") {
  check_mix<double>(Shape{3, 4}, 5);
  check_mix<double>(Shape{1, 4, 6, 7}, 5);
  check_mix<double>(Shape{2, 3, 2, 3, 4}, 5);
  check_mix<double>(Shape{2, 3, 2, 3, 1, 2}, 5);
}

TEST_CASE("channel ops have right gradients") {
  const auto check = []<class Element>(Element, const auto& shape) {
    const auto x      = random_field<Element>(shape, 1);
    const auto weight = random_field<Element>(Shape{2, 3}, 2);
    const auto out = random_field<Element>(Shape{2}, 3), in = random_field<Element>(Shape{3}, 4);
    check_gradients(nop::mix_channels, x, weight);
    check_gradients(nop::mix_channels, x, weight, out);
    check_ways_to_call(nop::mix_channels, x, weight);
    check_ways_to_call(nop::mix_channels, x, weight, out);
    check_gradients(nop::add_channels, x, in);
    check_ways_to_call(nop::add_channels, x, in);
  };
  check(double(), Shape{2, 3, 5});
  check(double(), Shape{2, 3, 4, 3});
  check(Complex(), Shape{2, 3, 4, 3});
}

TEST_CASE("channel ops are linear in the field") {
  const auto x      = random_field(Shape{2, 3, 5, 4}, 1);
  const auto weight = random_field(Shape{4, 3}, 2);
  const auto gate   = random_field(Shape{3}, 3);
  nop::test::check_linear_function([&](const auto& u) { return nop::mix_channels(u, weight); }, x);
  nop::test::check_linear_function([&](const auto& u) { return nop::scale_channels(u, gate); }, x);
}

TEST_CASE("channels are shifted and scaled each by its own number") {
  const auto x    = random_field(Shape{2, 3, 5}, 1);
  const auto v    = random_field(Shape{3}, 2);
  const auto sums = nop::add_channels(x, v), products = nop::scale_channels(x, v);
  for (std::size_t b = 0; b < 2; ++b)
    for (std::size_t c = 0; c < 3; ++c)
      for (std::size_t p = 0; p < 5; ++p) {
        CHECK(sums.view()(b, c, p) == x.view()(b, c, p) + v.view()(c));
        CHECK(products.view()(b, c, p) == x.view()(b, c, p) * v.view()(c));
      }
  check_gradients(nop::scale_channels, x, v);
  check_ways_to_call(nop::scale_channels, x, v);
}

TEST_CASE("channel ops take parameters, and give them gradients") {
  const nop::Parameter<double, 2, nop::Cpu> weight(random_field(Shape{2, 3}, 1));
  const nop::Parameter<double, 1, nop::Cpu> bias(random_field(Shape{2}, 2));
  const auto x = random_field(Shape{2, 3, 4}, 3);
  CHECK(nop::mix_channels(x, weight, bias).to_host() ==
        nop::mix_channels(x, weight.value(), bias.value()).to_host());
  nop::Tape tape;
  const auto y =
      nop::scale_channels(nop::add_channels(nop::mix_channels(tape.input(x), weight), bias), bias);
  const auto gradients = tape.gradient(nop::test::projection(y, random_field(y.shape(), 4)));
  CHECK(gradients.contains(weight));
  CHECK(gradients[bias].shape() == Shape<1>{2});
}

TEST_CASE("channel ops refuse operands that do not fit") {
  const nop::Tensor<float, 3, nop::Cpu> x({2, 3, 4});
  const nop::Tensor<float, 2, nop::Cpu> weight({5, 2}), fitting({5, 3});
  const nop::Tensor<float, 1, nop::Cpu> four({4});
  CHECK_THROWS_WITH_AS(nop::mix_channels(x, weight),
                       "mix_channels: expected 2 channels, got a field of shape [2, 3, 4]",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS(nop::mix_channels(x, weight, four),
                       "mix_channels: expected 2 channels, got a field of shape [2, 3, 4]",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS(nop::mix_channels(x, fitting, four),
                       "mix_channels: expected a bias of 5 channels, got [4]",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS(nop::add_channels(x, four),
                       "add_channels: expected a bias of 3 channels, got [4]",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS(nop::scale_channels(x, four),
                       "scale_channels: expected a gate of 3 channels, got [4]",
                       nop::PreconditionError);
}

TEST_CASE("complex channels are scaled with the gradient of a product") {
  check_gradients([](const auto& x, const auto& gate) { return nop::scale_channels(x, gate); },
                  random_field<Complex>(Shape{2, 3, 4}, 1), random_field<Complex>(Shape{3}, 3));
}

}  // namespace nop::test::channels_test
