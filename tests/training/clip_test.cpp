// SPDX-License-Identifier: BSD-3-Clause
#include <nop/training/clip.hpp>

#include "support/tolerance.hpp"
#include "support/toy_backend.hpp"
#include "two_parameters.hpp"
#include <doctest/doctest.h>

#include <limits>

namespace nop::test::clip_test {
namespace {

using Model     = nop::test::TwoParameters<nop::test::ToyBackend>;
using Reals     = Model::Reals;
using Complexes = Model::Complexes;

const Model model({1, 2}, {{1, 1}, {0, 0}});
const Reals real        = {1, -2};
const Complexes complex = {{2, 4}, {0, 0}};  // together of norm 5

TEST_CASE("the global norm counts both parts of complex gradients") {
  CHECK(nop::global_norm(model, gradients_of(model, &real, &complex)) == doctest::Approx(5));
  CHECK(nop::global_norm(model, gradients_of(model, &real, nullptr)) ==
        doctest::Approx(std::sqrt(5.0)));
  CHECK(nop::global_norm(model, nop::Gradients()) == 0);
}

TEST_CASE("gradients that are too long are scaled to the norm asked for") {
  const auto original  = gradients_of(model, &real, &complex);
  const auto gradients = nop::clipped(model, original, 2.5);
  CHECK(nop::global_norm(model, gradients) == doctest::Approx(2.5));
  CHECK(worst_error(gradients[model.real].to_host(), Reals{0.5, -1}) < 1e-15);
  CHECK(worst_error(gradients[model.complex].to_host(), Complexes{{1, 2}, {0, 0}}) < 1e-15);
  CHECK(original[model.real].to_host() == real);
}

TEST_CASE("gradients that are short enough are passed on as they are") {
  const auto original = gradients_of(model, &real, &complex);
  CHECK(nop::clipped(model, original, 5.5)[model.real].data() == original[model.real].data());
}

TEST_CASE("clipping works on what a tape gives, and skips what has no gradient") {
  nop::Tape tape;
  const auto x    = tape.input(Model::tensor(Reals{0, 0}));
  const auto loss = nop::evaluate(
      [](const auto&, const auto& p) {
        return nop::with_pullbacks(nop::Tensor<double, 0, nop::test::ToyBackend>(),
                                   nop::no_pullback, [p](const auto&) { return p; });
      },
      x, model.real);
  const auto gradients = nop::clipped(model, tape.gradient(loss), 1);
  CHECK(nop::global_norm(model, gradients) == doctest::Approx(1));
  CHECK(!gradients.contains(model.complex));
}

TEST_CASE("a norm that is not finite is left for the loss to show") {
  const Reals broken   = {std::numeric_limits<double>::infinity(), 1};
  const auto gradients = nop::clipped(model, gradients_of(model, &broken, nullptr), 1);
  CHECK(gradients[model.real].to_host() == broken);
  CHECK_THROWS_AS((void)nop::clipped(model, nop::Gradients(), 0), nop::PreconditionError);
}

}  // namespace

}  // namespace nop::test::clip_test
