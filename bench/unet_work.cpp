// SPDX-License-Identifier: BSD-3-Clause
#include <nop/layers/local_conv.hpp>
#include <nop/models/dsno.hpp>
#include <nop/models/unet.hpp>
#include <nop/training/adam.hpp>
#include <nop/training/loss.hpp>

#include "kernels.hpp"
#include "layer_work.hpp"

#include <stdexcept>
#include <utility>

namespace bench {

namespace {

/// A model of one input, its answer to compare with, and what a training step needs.
template <class Model, class Field>
Work model_work(Model model, Field x, Pass pass) {
  using Answer = decltype(model(x));
  struct Training {
    Model model;
    Field x;
    Answer target;
    nop::Adam optimizer{{.learning_rate = 1e-6}};
  };
  auto target = model(x);
  const auto training =
      std::make_shared<Training>(std::move(model), std::move(x), std::move(target));
  if (pass == Pass::infer) return [training] { training->model(training->x); };
  return [training] {
    nop::Tape tape;
    auto& [net, input, answer, optimizer] = *training;
    optimizer.step(net, tape.gradient(nop::mean_squared_error(net(tape.input(input)), answer)));
  };
}

/// A U-Net that is told a time of each sample.
struct TimedUNet {
  nop::UNet<2> net;
  nop::Tensor<float, 1, nop::Cpu> times;

  template <class X>
  auto operator()(const X& x) const {
    return net(x, times);
  }
  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("net", self.net);
  }
};

}  // namespace

/// Convolutions of a kernel of a few points, the U-Nets made of them, and a Dsno on one of these.
Work make_unet(const Case& c, Pass pass, const Variant& variant) {
  if (c.grid.size() != 2 || variant.element != Element::float32)
    throw std::invalid_argument(c.name + ": expected 2 dimensions and float");
  nop::Rng rng{1};
  const bool is_layer = c.kind == Kind::conv;
  auto x = random_field<float>(rng, c.batch, is_layer ? c.channels : 1, shape_of<2>(c.grid));
  if (is_layer)
    return layer_work(
        nop::LocalConv<2, nop::Cpu, float>(
            {.in_channels = c.channels, .out_channels = c.channels, .kernel = {3, 3}, .bias = true},
            rng),
        std::move(x), pass);
  nop::UNet<2> net({.in_channels  = 1,
                    .out_channels = 1,
                    .width        = c.channels,
                    .multipliers  = {1, 1},
                    .blocks       = 1,
                    .attention    = {1},
                    .unshuffle    = 2},
                   rng);
  if (c.kind == Kind::dsno)
    return model_work(nop::Dsno<nop::UNet<2>>(std::move(net), {0, 0.25, 0.5, 0.75}, 2, rng),
                      std::move(x), pass);
  auto times = nop::Tensor<float, 1, nop::Cpu>({c.batch});
  times.fill(0.5F);
  return model_work(TimedUNet{std::move(net), std::move(times)}, std::move(x), pass);
}

}  // namespace bench
