// SPDX-License-Identifier: BSD-3-Clause
#include <nop/autodiff/parameter.hpp>
#include <nop/backend/cpu.hpp>
#include <nop/ops/activation.hpp>
#include <nop/ops/channels.hpp>
#include <nop/ops/elementwise.hpp>
#include <nop/ops/mix_chain.hpp>

#include "support/layer_battery.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <cstddef>

namespace nop::test::mix_chain_test {
namespace {

/// A chain with everything, and the same out of separate ops.
constexpr auto fused = [](const auto& x, const auto& r, const auto& w1, const auto& g1,
                          const auto& w2, const auto& b2, const auto& w3, const auto& g3) {
  return mix_chain(x, through(w1).plus_gated(g1).plus(r).then(Activation::gelu),
                   through(w2, b2).then(Activation::silu),
                   through(w3).then(Activation::tanh).plus_gated(g3));
};
constexpr auto separate = [](const auto& x, const auto& r, const auto& w1, const auto& g1,
                             const auto& w2, const auto& b2, const auto& w3, const auto& g3) {
  const auto first =
      nop::gelu(nop::add(nop::add(nop::mix_channels(x, w1), nop::scale_channels(x, g1)), r));
  const auto second = nop::silu(nop::mix_channels(first, w2, b2));
  return nop::tanh(nop::add(nop::mix_channels(second, w3), nop::scale_channels(x, g3)));
};

/// Calls `use(x, r, w1, g1, w2, b2, w3, g3)` with operands that fit these two.
template <std::size_t Rank, class Use>
void with_operands(const Shape<Rank>& shape, std::size_t hidden, const Use& use) {
  const std::size_t channels = shape[1];
  use(random_field(shape, 1), random_field(shape, 2), random_field(Shape{channels, channels}, 3),
      random_field(Shape{channels}, 4), random_field(Shape{hidden, channels}, 5),
      random_field(Shape{hidden}, 6), random_field(Shape{channels, hidden}, 7),
      random_field(Shape{channels}, 8));
}

}  // namespace

TEST_CASE("a chain is what its links are one after the other") {
  const auto check = [](const auto&... operands) {
    CHECK(nop::test::worst_error(fused(operands...).to_host(), separate(operands...).to_host()) <
          1e-13);
    nop::test::check_ways_to_call(fused, operands...);
  };
  with_operands(Shape{2, 3}, 4, check);
  with_operands(Shape{3, 5, 7}, 2, check);
  with_operands(Shape{1, 4, 6, 9}, 5, check);
  with_operands(Shape{2, 2, 3, 4, 5}, 1, check);
}

TEST_CASE("a chain has right gradients by all its operands") {
  const auto check = [](const auto&... operands) {
    nop::test::check_gradients(fused, operands...);
  };
  with_operands(Shape{2, 3, 5}, 4, check);
  with_operands(Shape{1, 2, 3, 4}, 3, check);
}

TEST_CASE("a field may enter a chain in two places") {
  const auto w     = random_field(Shape{3, 3}, 1);
  const auto twice = [&w](const auto& x) { return mix_chain(x, through(w).plus(x)); };
  nop::test::check_linear_function(twice, random_field(Shape{2, 3, 4}, 2));
}

TEST_CASE("parameters of a chain get their gradients, and a constant input none") {
  const nop::Parameter<double, 2, nop::Cpu> w(random_field(Shape{2, 3}, 1));
  const nop::Parameter<double, 1, nop::Cpu> b(random_field(Shape{2}, 2)), unused(b);
  nop::Tape tape;
  const auto x         = tape.input(random_field(Shape{2, 3, 4}, 3));
  const auto y         = mix_chain(x, through(w, b).then(Activation::gelu));
  const auto gradients = tape.gradient(nop::test::projection(y, random_field(y.shape(), 4)));
  CHECK(gradients[w].shape() == w.shape());
  CHECK(gradients[b].shape() == b.shape());
  CHECK(!gradients.contains(unused));
}

TEST_CASE("a chain over an empty batch has gradients that are zero") {
  const nop::Parameter<double, 2, nop::Cpu> w(random_field(Shape{2, 3}, 1));
  nop::Tape tape;
  const auto y = mix_chain(tape.input(random_field(Shape{0, 3, 4}, 3)), through(w));
  CHECK(y.shape() == Shape<3>{0, 2, 4});
  const auto gradients = tape.gradient(nop::test::projection(y, random_field(y.shape(), 4)));
  CHECK(gradients[w].to_host() == std::vector<double>(6));
}

TEST_CASE("a chain refuses operands that do not fit") {
  const nop::Tensor<float, 3, nop::Cpu> x({2, 3, 4}), r({2, 3, 5});
  const nop::Tensor<float, 2, nop::Cpu> w({3, 3}), other({2, 2}), narrow({2, 3});
  const nop::Tensor<float, 1, nop::Cpu> four({4}), two({2});
  CHECK_THROWS_WITH_AS(mix_chain(x, through(other)),
                       "mix_chain: expected 2 channels, got a field of shape [2, 3, 4]",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS(mix_chain(x, through(narrow), through(w)),
                       "mix_chain: expected 3 channels, got a field of shape [2, 2, 4]",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS(mix_chain(x, through(w, four)),
                       "mix_chain: expected a bias of 3 channels, got [4]", nop::PreconditionError);
  CHECK_THROWS_WITH_AS(mix_chain(x, through(w).plus(r)),
                       "mix_chain: expected a residual of shape [2, 3, 4], got [2, 3, 5]",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS(mix_chain(x, through(w).plus_gated(two)),
                       "mix_chain: expected a gate of 3 channels, got [2]", nop::PreconditionError);
  CHECK_THROWS_WITH_AS(mix_chain(x, through(narrow).plus_gated(two)),
                       "mix_chain: expected as many channels as the 3 that are gated, got 2",
                       nop::PreconditionError);
}

}  // namespace nop::test::mix_chain_test
