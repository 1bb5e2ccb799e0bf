// SPDX-License-Identifier: BSD-3-Clause
// The ways from noise to pictures that dsno_evaluate compares: every operator that dsno_train
// makes, and solvers that ask its backbone.
#pragma once

#include <nop/diffusion/mean_square_eps.hpp>
#include <nop/ops/samples.hpp>
#include <nop/training/read_images.hpp>

#include "image_models.hpp"

#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace sampling {

/// A way from noise to pictures.
struct Way {
  std::string name;
  std::string family;            ///< those that a line of the plot joins
  std::string model;             ///< its file
  std::string solver      = {};  ///< none: the model is an operator
  nop::TimeGrid grid      = nop::TimeGrid::uniform;
  std::size_t evaluations = 1;
};

inline std::vector<Way> all_ways() {
  using nop::TimeGrid;
  std::vector<Way> ways;
  const auto add_operator = [&](const char* name, const char* family) {
    ways.push_back({.name = name, .family = family, .model = name});
  };
  for (const char* const name : {"kd", "kd-long"}) add_operator(name, "distillation");
  add_operator("no-temporal-4", "no temporal convolution");
  for (const char* const name : {"dsno-2", "dsno-4", "dsno-8"}) add_operator(name, "DSNO");
  add_operator("dsno-4-w10", "DSNO, all states weigh");
  for (const char* const name : {"dsno-4-c", "dsno-4-d", "dsno-4-e"})
    add_operator(name, "DSNO, ends");
  for (const std::size_t n : std::initializer_list<std::size_t>{1, 2, 4})
    ways.push_back({.name        = "progressive-" + std::to_string(n),
                    .family      = "progressive distillation",
                    .model       = "progressive-" + std::to_string(n),
                    .solver      = "ddim",
                    .evaluations = n});
  const auto add_solver = [&](const char* family, const char* solver, TimeGrid grid,
                              std::size_t evaluations) {
    ways.push_back({.name = std::string(solver) + "-" + std::to_string(evaluations) +
                            (grid == TimeGrid::uniform ? "" : " " + nop::enumerator_name(grid)),
                    .family      = family,
                    .model       = model_of(nop::solver_named(solver)),
                    .solver      = solver,
                    .grid        = grid,
                    .evaluations = evaluations});
  };
  for (const std::size_t n : std::initializer_list<std::size_t>{1, 10, 20, 50})
    add_solver("DDIM", "ddim", TimeGrid::uniform, n);
  for (const std::size_t n : std::initializer_list<std::size_t>{4, 10})
    add_solver("DPM-Solver++ 2M", "dpm++2m", TimeGrid::uniform, n);
  for (const auto grid : {TimeGrid::uniform, TimeGrid::lambda})
    add_solver("DPM-Solver", "dpm-fast", grid, 10);
  add_solver("DEIS", "tab3", TimeGrid::uniform, 10);
  for (const auto grid : {TimeGrid::var, TimeGrid::var_quadratic})
    add_solver("FastDPM", "ddim", grid, 10);
  for (const char* const solver :
       {"ddpm", "analytic-ddpm", "analytic-ddim", "sn-ddpm", "sn-ddim", "npr-ddpm", "npr-ddim"})
    add_solver("with noise", solver, TimeGrid::uniform, 10);
  for (const char* const solver : {"ddim", "dpm++2m", "dpm-fast", "tab3"})
    add_solver("quadratic times", solver, TimeGrid::quadratic, 10);
  return ways;
}

/// Those whose models are there.
inline std::vector<Way> ways_in(const fs::path& run) {
  std::vector<Way> ways;
  for (Way& way : all_ways())
    if (fs::exists(model_path(run, way.model)))
      ways.push_back(std::move(way));
    else
      std::fprintf(stderr, "no %s: %s is left out\n", model_path(run, way.model).c_str(),
                   way.name.c_str());
  if (ways.empty()) throw std::runtime_error("no models in " + run.string());
  return ways;
}

inline bool is_analytic(const Way& way) { return way.solver.starts_with("analytic"); }

/// `mean_square_eps` is for analytic variances; any numbers do where pictures do not matter.
inline nop::Solver solver_of(const Way& way, std::vector<double> mean_square_eps = {}) {
  auto config = nop::solver_named(way.solver);
  if (mean_square_eps.empty()) mean_square_eps.assign(way.evaluations, 1.0);
  if (is_analytic(way)) config.mean_square_eps = std::move(mean_square_eps);
  return solver_in(config, way.grid, way.evaluations);
}

template <nop::backend Backend>
std::vector<double> measured_mean_square_eps(const Way& way, const fs::path& run,
                                             const fs::path& pictures, std::size_t batch) {
  const auto all = nop::read_images(pictures);
  nop::Rng rng(4);
  const auto samples = rng.stream().indices(1000, all.extent(0));
  const auto levels  = schedule();
  const auto net     = nop::load<Net<Backend>>(model_path(run, way.model));
  return mean_square_eps(asked(net, false), nop::Parameterisation::x0, levels,
                         nop::make_time_grid(way.grid, levels, way.evaluations),
                         nop::to<Backend>(nop::gathered_samples(all, samples)), rng, batch);
}

/// `pictures` are of the kind that the models were trained by.
template <nop::backend Backend>
Sampler sampler_of(const Way& way, const fs::path& run, const fs::path& pictures,
                   std::size_t batch) {
  if (way.solver.empty())
    return operator_sampler<Backend>(nop::load<Operator<Backend>>(model_path(run, way.model)));
  const auto solver =
      is_analytic(way)
          ? solver_of(way, measured_mean_square_eps<Backend>(way, run, pictures, batch))
          : solver_of(way);
  return with_model<Backend>(run, way.model, [&](auto model) {
    return solver_sampler<Backend>(std::move(model), solver, 1,
                                   way.model.starts_with("progressive"));
  });
}

}  // namespace sampling
