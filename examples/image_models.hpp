// SPDX-License-Identifier: BSD-3-Clause
// What dsno_train, dsno_sampler and dsno_evaluate have in common: the networks, the noise levels,
// and the ways from noise to pictures.
#pragma once

#include <nop/core/functors.hpp>
#include <nop/core/rng.hpp>
#include <nop/diffusion/schedules.hpp>
#include <nop/diffusion/solver.hpp>
#include <nop/diffusion/time_grid.hpp>
#include <nop/io/checkpoint.hpp>
#include <nop/layers/to.hpp>
#include <nop/models/dsno.hpp>
#include <nop/models/image_classifier.hpp>
#include <nop/models/unet.hpp>
#include <nop/models/with_variance.hpp>
#include <nop/ops/map.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

namespace sampling {

namespace fs = std::filesystem;
using Images = nop::Tensor<float, 4, nop::Cpu>;  ///< [picture, channel, height, width], [-1, 1]
using Noise  = nop::TensorView<const float, 4, nop::Cpu>;
template <nop::backend Backend>
using Net = nop::UNet<2, Backend>;
template <nop::backend Backend>
using Operator = nop::Dsno<Net<Backend>>;
template <nop::backend Backend>
using Classifier = nop::ImageClassifier<2, Backend>;
template <nop::backend Backend>
using WithVariance = nop::WithVariance<Net<Backend>>;
/// From noise to pictures, both on the host, wherever the network is.
using Sampler = std::function<Images(const Noise&)>;

inline nop::Schedule schedule() { return nop::cosine_schedule(); }

inline fs::path model_path(const fs::path& run, const std::string& name) {
  return run / (name + ".safetensors");
}

/// Of so many trajectories, the last fifth is not learned from.
inline std::size_t first_held_out(std::size_t trajectories) { return trajectories / 5 * 4; }

/// By an operator, in one evaluation.
template <nop::backend Backend>
Sampler operator_sampler(Operator<Backend> student) {
  return [student = std::make_shared<Operator<Backend>>(std::move(student))](const Noise& noise) {
    return nop::to<nop::Cpu>(student->last(nop::to<Backend>(Images::borrowed(noise))));
  };
}

/// x, in [-1, 1].
struct Clipped {
  template <class T>
  constexpr T operator()(T x) const {
    return nop::at_most(nop::constant<T>(1), nop::at_least(nop::constant<T>(-1), x));
  }
};

/// Pictures as they are drawn.
inline Images clipped(const Images& x) { return nop::mapped(Clipped{}, x); }

/// A network as a solver asks it; what it says of x_0 is clipped to that of pictures, or not.
template <nop::backend Backend>
auto asked(const Net<Backend>& net, bool clips) {
  return [net = nop::at_one_time(net), clips](const auto& x, double time) {
    auto said = net(x, time);
    return clips ? nop::mapped(Clipped{}, said) : said;
  };
}
template <nop::backend Backend>
auto asked(const WithVariance<Backend>& model, bool /*clips*/) {
  return
      [&model, levels = schedule()](const auto& x, double time) { return model(x, levels(time)); };
}

/// How a solver goes from noise to pictures by a model that predicts them. Its last step answers
/// with what the model says: what a network errs by at hardly any noise is not divided by it.
inline nop::Solver solver_in(nop::SolverConfig config, nop::TimeGrid grid,
                             std::size_t evaluations) {
  config.evaluations = evaluations;
  config.clean_end   = true;
  if (config.variance != nop::ReverseVariance::none)  // as Bao et al. bound the last step
    config.largest_deviation = 2.0 / 255 * std::sqrt(std::numbers::pi / 2);
  const std::size_t steps = nop::steps_within(config, evaluations);
  return {config, schedule(), nop::make_time_grid(grid, schedule(), steps),
          nop::Parameterisation::x0};
}

/// By a solver. Where it draws noise, each call draws other. `clips` what a network says.
template <nop::backend Backend, class Model>
Sampler solver_sampler(Model model, const nop::Solver& solver, std::uint64_t seed,
                       bool clips = false) {
  struct State {
    Model model;
    nop::Solver solver;
    nop::Rng rng;
  };
  const auto state = std::make_shared<State>(
      State{std::move(model), solver, nop::Rng(nop::Rng::State{seed, std::uint64_t{1} << 32U})});
  return [state, clips](const Noise& noise) {
    return nop::to<nop::Cpu>(state->solver(asked(state->model, clips),
                                           nop::to<Backend>(Images::borrowed(noise)), state->rng));
  };
}

/// The name of the model that a solver asks.
inline std::string model_of(const nop::SolverConfig& config) {
  switch (config.variance) {
    case nop::ReverseVariance::sn:
      return "variance-sn";
    case nop::ReverseVariance::npr:
      return "variance-npr";
    default:
      return "backbone";
  }
}

/// Calls `act` with a model that a solver can ask.
template <nop::backend Backend, class Act>
auto with_model(const fs::path& run, const std::string& name, const Act& act) {
  const auto path = model_path(run, name);
  return name.starts_with("variance") ? act(nop::load<WithVariance<Backend>>(path))
                                      : act(nop::load<Net<Backend>>(path));
}

}  // namespace sampling
