// SPDX-License-Identifier: BSD-3-Clause
#include <nop/autodiff/parameter.hpp>
#include <nop/backend/cpu.hpp>
#include <nop/ops/mode_channels.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <vector>

namespace nop::test::mode_channels_test {

using Complex = std::complex<double>;

namespace {

/// The spectrum [modes..., batch, channel].
template <std::size_t Dim>
Shape<Dim + 2> spectrum(const Shape<Dim>& modes, std::size_t batch, std::size_t channels) {
  return joined(modes, Shape<2>{batch, channels});
}

/// With and without a bias in the last of the modes.
template <class Element, std::size_t Dim>
void check(std::size_t batch, std::size_t in, std::size_t out, const Shape<Dim>& modes) {
  CAPTURE(modes);
  CAPTURE(batch);
  CAPTURE(in);
  CAPTURE(out);
  using Real      = nop::real_of<Element>;
  const auto x    = random_field<Element>(spectrum(modes, batch, in), 1);
  const auto w    = random_field<Element>(spectrum(modes, in, out), 2);
  const auto bias = random_field<Real>(Shape<1>{out}, 3);
  auto last       = modes;
  for (std::size_t axis = 0; axis < Dim; ++axis) --last[axis];
  const auto y      = nop::mix_channels_per_mode(x, w);
  const auto biased = nop::mix_channels_per_mode(x, w, bias, last);
  CHECK(y.shape() == spectrum(modes, batch, out));
  const auto from = x.to_host(), weight = w.to_host();
  const auto constant = bias.to_host();
  std::vector<Element> expected, expected_biased;
  const std::size_t count = element_count(modes);
  for (std::size_t k = 0; k < count; ++k)
    for (std::size_t b = 0; b < batch; ++b)
      for (std::size_t o = 0; o < out; ++o) {
        Element total{};
        for (std::size_t i = 0; i < in; ++i)
          total += from[(k * batch + b) * in + i] * weight[(k * in + i) * out + o];
        expected.push_back(total);
        expected_biased.push_back(k + 1 == count ? total + constant[o] : total);
      }
  CHECK(nop::test::worst_error(y.to_host(), expected) < nop::test::rounding<Element>);
  CHECK(nop::test::worst_error(biased.to_host(), expected_biased) < nop::test::rounding<Element>);
}

}  // namespace

TEST_CASE_TEMPLATE("every mode has its own matrix of channels", Element, std::complex<float>,
                   Complex, double) {
  check<Element>(1, 1, 1, Shape{1});
  check<Element>(1, 3, 2, Shape{7});
  check<Element>(3, 2, 5, Shape{4, 3});
  check<Element>(16, 20, 18, Shape{5, 3});
  check<Element>(2, 3, 4, Shape{3, 2, 5});
  check<Element>(2, 4, 3, Shape{2, 3, 1, 2});
}

TEST_CASE("mixing channels per mode has right gradients") {
  const auto gradients = [](const auto& modes) {
    const auto x      = random_field<Complex>(spectrum(modes, 2, 3), 1);
    const auto w      = random_field<Complex>(spectrum(modes, 3, 2), 2);
    const auto biased = [](const auto& u, const auto& weight, const auto& bias) {
      return nop::mix_channels_per_mode(u, weight, bias, {});
    };
    nop::test::check_gradients(biased, x, w, random_field<double>(Shape<1>{2}, 3));
    nop::test::check_gradients(biased, x, w, random_field<Complex>(Shape<1>{2}, 4));
    nop::test::check_gradients(nop::mix_channels_per_mode, x, w);
    nop::test::check_ways_to_call(nop::mix_channels_per_mode, x, w);
    nop::test::check_adjoint([&](const auto& u) { return nop::mix_channels_per_mode(u, w); }, x);
  };
  gradients(Shape{5});
  gradients(Shape{4, 3});
  gradients(Shape{2, 3, 2});
  gradients(Shape{2, 1, 2, 3});
}

TEST_CASE("mixing channels per mode refuses what does not fit") {
  const auto x = random_field<Complex>(Shape{4, 5, 2, 3});
  const nop::Parameter<Complex, 4, nop::Cpu> modes(random_field<Complex>(Shape{4, 6, 3, 2}));
  const nop::Parameter<Complex, 4, nop::Cpu> channels(random_field<Complex>(Shape{4, 5, 2, 3}));
  const nop::Parameter<Complex, 4, nop::Cpu> fits(random_field<Complex>(Shape{4, 5, 3, 2}));
  const nop::Parameter<double, 1, nop::Cpu> bias(random_field<double>(Shape<1>{3}));
  const nop::Parameter<double, 1, nop::Cpu> right(random_field<double>(Shape<1>{2}));
  CHECK_THROWS_WITH_AS(
      nop::mix_channels_per_mode(x, modes),
      "mix_channels_per_mode: expected weights of shape [4, 5, 3, 2], got [4, 6, 3, 2]",
      nop::PreconditionError);
  CHECK_THROWS_WITH_AS(
      nop::mix_channels_per_mode(x, channels),
      "mix_channels_per_mode: expected weights of shape [4, 5, 3, 3], got [4, 5, 2, 3]",
      nop::PreconditionError);
  CHECK_THROWS_WITH_AS(nop::mix_channels_per_mode(x, fits, bias, {0, 0}),
                       "mix_channels_per_mode: expected a bias of 2 channels, got [3]",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS(nop::mix_channels_per_mode(x, fits, right, {0, 5}),
                       "mix_channels_per_mode: expected a mode inside [4, 5, 2, 3], got [0, 5]",
                       nop::PreconditionError);
}

}  // namespace nop::test::mode_channels_test
