// SPDX-License-Identifier: BSD-3-Clause
#include <nop/autodiff/parameter.hpp>
#include <nop/autodiff/tape.hpp>
#include <nop/training/adam.hpp>
#include <nop/training/parameter_states.hpp>
#include <nop/training/sgd.hpp>

#include "support/toy_backend.hpp"
#include "two_parameters.hpp"
#include <doctest/doctest.h>

namespace nop::test::parameter_states_test {
namespace {

using Toy       = nop::test::ToyBackend;
using Model     = nop::test::TwoParameters<Toy>;
using Reals     = Model::Reals;
using Complexes = Model::Complexes;

static_assert(nop::optimizer_of<nop::Adam, Model>);
static_assert(nop::optimizer_of<nop::Sgd, Model>);
static_assert(!nop::optimizer_of<int, Model>);

template <class Parameter>
struct Count {
  nop::Shape<1> extents;
  int value = 0;
  explicit Count(const Parameter& parameter) : extents(parameter.shape()) {}
  [[nodiscard]] const nop::Shape<1>& shape() const { return extents; }
};

TEST_CASE("a state is made once for each path and belongs to one kind of parameter") {
  const Model model({1, 2, 3}, {{1, 0}});
  nop::detail::ParameterStates<Count> states;
  ++states.of("a", model.real).value;
  ++states.of("a", model.real).value;
  ++states.of("b", model.complex).value;
  CHECK(states.of("a", model.real).value == 2);
  CHECK(states.of("b", model.complex).value == 1);
  CHECK_THROWS_AS((void)states.of("a", model.complex), nop::PreconditionError);
}

TEST_CASE("an update writes in place and leaves copies as they are") {
  auto x       = Model::tensor(Reals{1, 2});
  const auto y = x;
  nop::detail::update([](auto a, auto b) { return a + b * b; }, x, y);
  CHECK(x.to_host() == Reals{2, 6});
  CHECK(y.to_host() == Reals{1, 2});
  auto z = Model::tensor(Complexes{{1, 2}});
  nop::detail::update_parts([](auto a, auto b) { return a - b * 3.0; }, z,
                            Model::tensor(Complexes{{1, 1}}));
  CHECK(z.to_host() == Complexes{{-2, -1}});
}

TEST_CASE("decay adds a part of the value to the gradient") {
  const auto g = Model::tensor(Complexes{{1, 2}}), p = Model::tensor(Complexes{{2, -4}});
  CHECK(nop::detail::with_decay(g, p, 0.5).to_host() == Complexes{{2, 0}});
  CHECK(nop::detail::with_decay(g, p, 0).data() == g.data());
}

}  // namespace

}  // namespace nop::test::parameter_states_test
