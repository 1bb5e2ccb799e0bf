// SPDX-License-Identifier: BSD-3-Clause
// What dsno_train, dsno_sampler and dsno_evaluate have in common: the networks, the noise levels,
// and the ways from noise to pictures.
#pragma once

#include <nop/core/rng.hpp>
#include <nop/diffusion/schedules.hpp>
#include <nop/diffusion/solver.hpp>
#include <nop/diffusion/time_grid.hpp>
#include <nop/io/checkpoint.hpp>
#include <nop/models/dsno.hpp>
#include <nop/models/image_classifier.hpp>
#include <nop/models/unet.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sampling {

namespace fs     = std::filesystem;
using Images     = nop::Tensor<float, 4, nop::Cpu>;  ///< [picture, channel, height, width], [-1, 1]
using Noise      = nop::TensorView<const float, 4, nop::Cpu>;
using Net        = nop::UNet<2>;
using Operator   = nop::Dsno<Net>;
using Classifier = nop::ImageClassifier<2>;
/// From noise to pictures.
using Sampler = std::function<Images(const Noise&)>;

inline nop::Schedule schedule() { return nop::cosine_schedule(); }

inline fs::path model_path(const fs::path& run, const std::string& name) {
  return run / (name + ".safetensors");
}

/// Of so many trajectories, the last fifth is not learned from.
inline std::size_t first_held_out(std::size_t trajectories) { return trajectories / 5 * 4; }

/// By an operator, in one evaluation.
inline Sampler operator_sampler(Operator student) {
  return [student = std::make_shared<Operator>(std::move(student))](const Noise& noise) {
    return student->last(noise);
  };
}

/// How a solver goes from noise to pictures by a model that predicts them. Its last step answers
/// with what the model says: what a network errs by at hardly any noise is not divided by it.
inline nop::Solver solver_in(nop::SolverConfig config, nop::TimeGrid grid,
                             std::size_t evaluations) {
  config.evaluations      = evaluations;
  config.clean_end        = true;
  const std::size_t steps = nop::steps_within(config, evaluations);
  return {config, schedule(), nop::make_time_grid(grid, schedule(), steps),
          nop::Parameterisation::x0};
}

/// By a solver, at most so many evaluations. Where it draws noise, each call draws other.
inline Sampler solver_sampler(Net net, const nop::Solver& solver, std::uint64_t seed) {
  struct State {
    Net net;
    nop::Solver solver;
    nop::Rng rng;
  };
  const auto state = std::make_shared<State>(
      State{std::move(net), solver, nop::Rng(nop::Rng::State{seed, std::uint64_t{1} << 32U})});
  return [state](const Noise& noise) {
    return state->solver(nop::at_one_time(state->net), noise, state->rng);
  };
}

}  // namespace sampling
