// SPDX-License-Identifier: BSD-3-Clause
#include <nop/autodiff/parameter.hpp>
#include <nop/backend/cpu.hpp>
#include <nop/ops/mode_channels.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <vector>

using nop::Shape;
using nop::test::random_field;
using Complex = std::complex<double>;

namespace {

template <class Element, std::size_t Dim>
void check(std::size_t batch, std::size_t in, std::size_t out, const Shape<Dim>& modes) {
  CAPTURE(modes);
  CAPTURE(batch);
  CAPTURE(in);
  CAPTURE(out);
  const auto x = random_field<Element>(joined(Shape<2>{batch, in}, modes), 1);
  const auto w = random_field<Element>(joined(modes, Shape<2>{in, out}), 2);
  const auto y = nop::mix_channels_per_mode(x, w);
  CHECK(y.shape() == joined(Shape<2>{batch, out}, modes));
  const std::size_t count = element_count(modes);
  const auto from = x.to_host(), weight = w.to_host();
  std::vector<Element> expected;
  for (std::size_t b = 0; b < batch; ++b)
    for (std::size_t o = 0; o < out; ++o)
      for (std::size_t k = 0; k < count; ++k) {
        Element total{};
        for (std::size_t i = 0; i < in; ++i)
          total += from[(b * in + i) * count + k] * weight[(k * in + i) * out + o];
        expected.push_back(total);
      }
  CHECK(nop::test::worst_error(y.to_host(), expected) < nop::test::rounding<Element>);
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
    const auto x = random_field<Complex>(joined(Shape<2>{2, 3}, modes), 1);
    const auto w = random_field<Complex>(joined(modes, Shape<2>{3, 2}), 2);
    nop::test::check_gradients(nop::mix_channels_per_mode, x, w);
    nop::test::check_ways_to_call(nop::mix_channels_per_mode, x, w);
    nop::test::check_linear_function(
        [&](const auto& u) { return nop::mix_channels_per_mode(u, w); }, x);
  };
  gradients(Shape{5});
  gradients(Shape{4, 3});
  gradients(Shape{2, 3, 2});
  gradients(Shape{2, 1, 2, 3});
}

TEST_CASE("mixing channels per mode refuses weights of other modes or channels") {
  const auto x = random_field<Complex>(Shape{2, 3, 4, 5});
  const nop::Parameter<Complex, 4, nop::Cpu> modes(random_field<Complex>(Shape{4, 6, 3, 2}));
  const nop::Parameter<Complex, 4, nop::Cpu> channels(random_field<Complex>(Shape{4, 5, 2, 3}));
  CHECK_THROWS_WITH_AS(
      nop::mix_channels_per_mode(x, modes),
      "mix_channels_per_mode: expected weights of shape [4, 5, 3, 2], got [4, 6, 3, 2]",
      nop::PreconditionError);
  CHECK_THROWS_WITH_AS(
      nop::mix_channels_per_mode(x, channels),
      "mix_channels_per_mode: expected weights of shape [4, 5, 3, 3], got [4, 5, 2, 3]",
      nop::PreconditionError);
}
