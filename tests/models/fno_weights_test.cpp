// SPDX-License-Identifier: BSD-3-Clause
#include <nop/autodiff/tape.hpp>
#include <nop/backend/cpu.hpp>
#include <nop/models/tfno.hpp>
#include <nop/training/adam.hpp>
#include <nop/training/loss.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <cstddef>

namespace nop::test::fno_weights_test {

using Kind  = nop::SpectralWeightKind;
using Model = nop::Tfno<2, Cpu, double>;

namespace {

Model model(const nop::SpectralWeightForm& weight) {
  Rng rng(1);
  return Model({.in_channels  = 1,
                .out_channels = 1,
                .width        = 6,
                .depth        = 2,
                .modes        = {5, 6},
                .max_modes    = {7, 6},
                .weight       = weight},
               rng);
}

template <class Visit>
void for_each_form(const Visit& visit) {
  for (const auto kind : {Kind::dense, Kind::tucker, Kind::cp, Kind::tensor_train})
    for (const auto mixing : {nop::ChannelMixing::full, nop::ChannelMixing::separable}) {
      CAPTURE(static_cast<int>(kind));
      CAPTURE(static_cast<int>(mixing));
      visit(nop::SpectralWeightForm{.kind = kind, .mixing = mixing, .rank = 0.3});
    }
}

}  // namespace

TEST_CASE("training lowers the loss with weights of any form") {
  const auto x      = random_field(Shape{4, 1, 8, 9}, 1);
  const auto target = nop::from_modes(nop::to_modes(x, Shape{3, 3}), Shape{8, 9});
  for_each_form([&](const nop::SpectralWeightForm& form) {
    auto trained = model(form);
    nop::Adam optimizer({.learning_rate = 1e-2});
    double first = 0, last = 0;
    for (int step = 0; step < 40; ++step) {
      nop::Tape tape;
      const auto loss = nop::relative_l2(trained(tape.input(x)), target);
      last            = loss.item();
      if (step == 0) first = last;
      optimizer.step(trained, tape.gradient(loss));
    }
    CHECK(last < 0.85 * first);
  });
}

TEST_CASE("gradients of a model are right with weights of any form") {
  const auto x = random_field(Shape{1, 1, 4, 5});
  for_each_form([&](const nop::SpectralWeightForm& form) {
    Rng rng(2);
    nop::test::check_gradients(Model({.in_channels      = 1,
                                      .out_channels     = 1,
                                      .width            = 2,
                                      .depth            = 2,
                                      .modes            = {3, 4},
                                      .lifting_ratio    = 1,
                                      .projection_ratio = 1,
                                      .max_modes        = {4, 4},
                                      .weight           = form},
                                     rng),
                               x);
  });
}

TEST_CASE("a model can use more and fewer of the modes that it has weights for") {
  auto changed        = model({});
  const auto x        = random_field(Shape{2, 1, 9, 8});
  const auto original = changed(x).to_host();
  changed.set_modes({7, 6});
  CHECK(changed(x).to_host() != original);
  CHECK(changed.config().modes == Shape<2>{7, 6});
  changed.set_modes({5, 6});
  CHECK(changed(x).to_host() == original);
  CHECK_THROWS_WITH_AS(changed.set_modes({8, 6}),
                       "SpectralConv: expected modes of at most [7, 6], got [8, 6]",
                       nop::PreconditionError);
  CHECK(changed.config().modes == Shape<2>{5, 6});
}

TEST_CASE("a model says on which grids its origin computes something else") {
  const auto differs = [](nop::Semantics semantics, const Shape<2>& grid, double padding) {
    Rng rng(1);
    const Model origin({.in_channels    = 1,
                        .out_channels   = 1,
                        .width          = 2,
                        .depth          = 1,
                        .modes          = {8, 8},
                        .domain_padding = {padding, 0},
                        .semantics      = semantics},
                       rng);
    const auto x = random_field(joined(Shape<2>{1, 1}, grid));
    Rng same(1);
    auto config      = origin.config();
    config.semantics = nop::Semantics::exact;
    const bool found = origin(x).to_host() != Model(config, same)(x).to_host();
    CHECK(origin.differs_from_exact(grid) == found);
    return found;
  };
  CHECK(differs(nop::Semantics::head, {7, 8}, 0));
  CHECK_FALSE(differs(nop::Semantics::head, {8, 7}, 0));
  CHECK_FALSE(differs(nop::Semantics::head, {12, 12}, 0));
  CHECK_FALSE(differs(nop::Semantics::head, {7, 8}, 0.2));  // 9 points with the padding
  CHECK(differs(nop::Semantics::v2_0, {7, 8}, 0.2));
}

}  // namespace nop::test::fno_weights_test
