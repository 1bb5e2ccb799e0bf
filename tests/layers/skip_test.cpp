// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/layers/skip.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <vector>

namespace nop::test::skip_test {
namespace {

nop::Skip<Cpu, double> skip(SkipKind kind, std::size_t in = 3, std::size_t out = 3) {
  Rng rng(1);
  return {{.kind = kind, .in_channels = in, .out_channels = out}, rng};
}

using Paths = std::vector<std::string>;

/// A skip as a function of two fields, for the battery.
struct Added {
  nop::Skip<Cpu, double> skip;
  template <class Y, class X>
  auto operator()(const Y& y, const X& x) const {
    return skip.add_to(y, x);
  }
  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("skip", self.skip);
  }
};

}  // namespace

TEST_CASE("a skip adds nothing, the field, a linear map of it or its gated channels") {
  const auto y = random_field(Shape{2, 3, 4}, 1), x = random_field(Shape{2, 3, 4}, 2);
  const auto sum = nop::add(y, x).to_host();
  CHECK(skip(SkipKind::none).add_to(y, x).to_host() == y.to_host());
  CHECK(skip(SkipKind::identity).add_to(y, x).to_host() == sum);
  CHECK(skip(SkipKind::soft_gating).add_to(y, x).to_host() == sum);

  const auto linear = skip(SkipKind::linear);
  const auto weight =
      nop::test::parameter_of<nop::Parameter<double, 2, Cpu>>(linear, "weight").value();
  CHECK(nop::test::worst_error(linear.add_to(y, x).to_host(),
                               nop::add(y, nop::mix_channels(x, weight)).to_host()) < 1e-14);

  auto gating = skip(SkipKind::soft_gating);
  auto& gate  = nop::test::parameter_of<nop::Parameter<double, 1, Cpu>>(gating, "gate");
  gate.assign(random_field(Shape{3}, 3));
  CHECK(nop::test::worst_error(gating.add_to(y, x).to_host(),
                               nop::add(y, nop::scale_channels(x, gate.value())).to_host()) <
        1e-14);
}

TEST_CASE("only a linear skip and a gate have parameters, and the gate begins with ones") {
  CHECK(nop::test::parameter_paths(skip(SkipKind::none)) == Paths{});
  CHECK(nop::test::parameter_paths(skip(SkipKind::identity)) == Paths{});
  CHECK(nop::test::parameter_paths(skip(SkipKind::linear)) == Paths{"weight"});
  CHECK(nop::test::parameter_paths(skip(SkipKind::soft_gating)) == Paths{"gate"});
  const auto gating = skip(SkipKind::soft_gating);
  CHECK(nop::test::parameter_of<nop::Parameter<double, 1, Cpu>>(gating, "gate").value().to_host() ==
        std::vector<double>(3, 1));
}

TEST_CASE("skips have right gradients") {
  const auto y = random_field(Shape{2, 3, 4, 2}, 1), x = random_field(Shape{2, 3, 4, 2}, 2);
  for (const SkipKind kind : {SkipKind::identity, SkipKind::linear, SkipKind::soft_gating}) {
    CAPTURE(static_cast<int>(kind));
    nop::test::check_gradients(Added{skip(kind)}, y, x);
  }
  nop::test::check_gradients([](const auto& u) { return skip(SkipKind::none).add_to(u, u); }, y);
  nop::test::check_gradients(Added{skip(SkipKind::linear, 2, 3)}, y,
                             random_field(Shape{2, 2, 4, 2}));
}

TEST_CASE("an identity or a gate refuses to change the number of channels") {
  CHECK_THROWS_WITH_AS(
      skip(SkipKind::identity, 2, 3),
      "Skip: expected equal channels for an identity or a gate, got 2 in and 3 out",
      nop::PreconditionError);
  CHECK_THROWS_AS(skip(SkipKind::soft_gating, 2, 3), nop::PreconditionError);
  CHECK_NOTHROW(skip(SkipKind::none, 2, 3));
}

TEST_CASE("a skip alone is what it adds, and nothing is refused") {
  const auto x = random_field(Shape{2, 3, 4}, 2);
  const nop::Tensor<double, 3, Cpu> zero(x.shape());
  for (const auto kind : {SkipKind::identity, SkipKind::linear, SkipKind::soft_gating}) {
    CHECK(skip(kind)(x).to_host() == skip(kind).add_to(zero, x).to_host());
    nop::test::check_linear_function(skip(kind), x);
  }
  CHECK_THROWS_WITH_AS(skip(SkipKind::none)(x),
                       "Skip: expected a skip that passes something, got none",
                       nop::PreconditionError);
}

}  // namespace nop::test::skip_test
