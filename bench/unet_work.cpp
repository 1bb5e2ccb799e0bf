// SPDX-License-Identifier: BSD-3-Clause
#include <nop/autodiff/members.hpp>
#include <nop/diffusion/schedules.hpp>
#include <nop/diffusion/time_grid.hpp>
#include <nop/io/array.hpp>
#include <nop/io/leaves.hpp>
#include <nop/io/safetensors.hpp>
#include <nop/layers/local_conv.hpp>
#include <nop/models/dsno.hpp>
#include <nop/models/unet.hpp>
#include <nop/ops/elementwise.hpp>
#include <nop/training/adam.hpp>
#include <nop/training/loss.hpp>

#include "kernels.hpp"
#include "layer_work.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace bench {

namespace {

using Net     = nop::UNet<2>;
using Picture = nop::Tensor<float, 4, nop::Cpu>;
using Times   = nop::Tensor<float, 1, nop::Cpu>;

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
        nop::LocalConv<2, nop::Cpu, float>(
            {.in_channels = c.channels, .out_channels = c.channels, .kernel = {3, 3}, .bias = true},
            rng),
        std::move(x), pass);
  return with_unet(c, rng,
                   [&](auto model) { return model_work(std::move(model), std::move(x), pass); });
}

void write_answer(const Case& c, const std::string& path) {
  if (c.kind != Kind::unet && c.kind != Kind::dsno)
    throw std::invalid_argument(c.name + ": expected a unet or a dsno");
  expect_pictures(c, {});
  nop::Rng rng{1};
  const auto x = random_field<float>(rng, c.batch, 1, shape_of<2>(c.grid));
  nop::SafeTensors file;
  const auto add = [&file](const char* name, const Picture& field) {
    const auto values = field.to_host();
    file.tensors.add(name, nop::make_array(values, {field.shape().begin(), field.shape().end()}));
  };
  with_unet(c, rng, [&](auto model) {
    // New ones begin with zeros and ones, behind which much would hide.
    nop::for_each_parameter(model, [&rng](const std::string&, auto& parameter) {
      using Value = typename std::remove_cvref_t<decltype(parameter)>::Value;
      parameter.assign(
          nop::add(parameter.value(),
                   nop::Initializer(rng).normal<typename Value::Element, Value::rank, nop::Cpu>(
                       parameter.shape(), 0.05)));
    });
    nop::leaves_to_arrays(model, "net.", file);
    add("x", x);
    add("y", model.sample(x));
  });
  nop::write_safetensors(path, file);
}

}  // namespace bench
