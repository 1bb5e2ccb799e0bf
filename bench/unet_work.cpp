// SPDX-License-Identifier: BSD-3-Clause
#include <nop/diffusion/schedules.hpp>
#include <nop/diffusion/time_grid.hpp>
#include <nop/layers/local_conv.hpp>
#include <nop/models/dsno.hpp>
#include <nop/models/unet.hpp>
#include <nop/training/adam.hpp>
#include <nop/training/loss.hpp>

#include "answer.hpp"
#include "layer_work.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace bench {

namespace {

using Net     = nop::UNet<2, Backend>;
using Picture = nop::Tensor<float, 4, Backend>;
using Times   = nop::Tensor<float, 1, Backend>;

/// A U-Net that is told a time of each sample.
struct TimedUNet {
  Net net;
  Times times;

  template <class X>
  auto operator()(const X& x) const {
    return net(x, times);
  }
  Picture sample(const Picture& x) const { return net(x, times); }
  template <class Self>
  static void members(Self& self, auto&& visit) {
    Net::members(self.net, visit);
  }
};

/// A Dsno that trains on all of its states, and samples the last.
struct Sampler {
  nop::Dsno<Net> net;

  template <class X>
  auto operator()(const X& x) const {
    return net(x);
  }
  Picture sample(const Picture& x) const { return net.last(x); }
  template <class Self>
  static void members(Self& self, auto&& visit) {
    nop::Dsno<Net>::members(self.net, visit);
  }
};

/// Calls `use` with the model of a case, new.
template <class Use>
auto with_unet(const Case& c, nop::Rng& rng, const Use& use) {
  Net net({.in_channels  = 1,
           .out_channels = 1,
           .width        = c.channels,
           .multipliers  = {1, 1},
           .blocks       = 1,
           .attention    = {1},
           .unshuffle    = 2},
          rng);
  if (c.kind == Kind::dsno) {
    auto times = nop::state_times(nop::TimeGrid::quadratic, nop::cosine_schedule(), c.states);
    return use(
        Sampler{nop::Dsno<Net>(std::move(net), std::move(times), 2, rng, {c.shared, c.separate})});
  }
  Times times({c.batch});
  times.fill(0.5F);
  return use(TimedUNet{std::move(net), std::move(times)});
}

/// A model with a batch, its answer to compare with, and what a training step needs.
template <class Model>
Work model_work(Model model, Picture x, Pass pass) {
  using Answer = decltype(model(x));
  struct Training {
    Model model;
    Picture x;
    Answer target;
    nop::Adam optimizer{{.learning_rate = 1e-6}};
  };
  auto target = model(x);
  const auto training =
      std::make_shared<Training>(Training{std::move(model), std::move(x), std::move(target)});
  if (pass == Pass::infer) return [training] { training->model.sample(training->x); };
  return [training] {
    nop::Tape tape;
    auto& [net, input, answer, optimizer] = *training;
    optimizer.step(net, tape.gradient(nop::mean_squared_error(net(tape.input(input)), answer)));
  };
}

void expect_pictures(const Case& c, const Variant& variant) {
  if (c.grid.size() != 2 || variant.element != Element::float32)
    throw std::invalid_argument(c.name + ": expected 2 dimensions and float");
  if (variant.captured && c.kind != Kind::conv)
    throw std::invalid_argument(c.name + ": is not written down");
}

}  // namespace

/// Convolutions of a kernel of a few points, the U-Nets made of them, and Dsnos on these.
Work make_unet(const Case& c, Pass pass, const Variant& variant) {
  expect_pictures(c, variant);
  nop::Rng rng{1};
  const bool is_layer = c.kind == Kind::conv;
  auto x = random_field<float>(rng, c.batch, is_layer ? c.channels : 1, shape_of<2>(c.grid));
  if (is_layer)
    return layer_work(
        nop::LocalConv<2, Backend, float>(
            {.in_channels = c.channels, .out_channels = c.channels, .kernel = {3, 3}, .bias = true},
            rng),
        std::move(x), pass);
  return with_unet(c, rng,
                   [&](auto model) { return model_work(std::move(model), std::move(x), pass); });
}

template <>
void write_answer<Kind::unet>(const Case& c, const Variant& variant, const std::string& path) {
  expect_pictures(c, variant);
  nop::Rng rng{1};
  const auto x = random_field<float>(rng, c.batch, 1, shape_of<2>(c.grid));
  with_unet(c, rng, [&](auto model) {
    write_answer_of(
        std::move(model), x, [](const auto& net, const auto& in) { return net.sample(in); }, rng,
        path);
  });
}

}  // namespace bench
