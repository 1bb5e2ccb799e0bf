// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/enumerator.hpp>
#include <nop/core/expects.hpp>
#include <nop/diffusion/reverse_step.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace nop {

/// Families of solvers of the probability flow, or of the stochastic equation.
enum class Method {
  ddim,             ///< DDIM with any eta; DDPM; FastDPM on its grids; with a ReverseVariance
  dpm,              ///< DPM-Solver of order 1, 2, 3
  dpm_fast,         ///< DPM-Solver of orders 3, ..., 3 and what is left of a number of evaluations
  dpmpp,            ///< DPM-Solver++ of order 1, 2 (2S)
  dpmpp_multistep,  ///< DPM-Solver++ of order 2 (2M), 3 (3M)
  tab,              ///< tAB-DEIS with polynomials of degree 0 ... 3
  rhoab,            ///< rhoAB-DEIS, likewise
  ipndm,            ///< iPNDM
  heun,             ///< Heun's rule in sigma/alpha, of EDM
  runge_kutta       ///< the classical rule in phi
};

/// What determines a solver but for the model and the times.
struct SolverConfig {
  Method method     = Method::ddim;
  std::size_t order = 1;  ///< where the method has several, as listed there
  /// The last step returns x_0 itself, whatever its time, and the noise of a ReverseVariance. So
  /// it always does at a time without noise.
  bool clean_end = false;
  /// The last step of a DPM-Solver++ multistep method is one of order 1.
  bool lower_order_final = true;
  /// Of dpm_fast, which fit into its steps; 0 is two less than three a step.
  std::size_t evaluations = 0;

  double eta               = 0;  ///< of ddim: how much noise, up to 1 for DDPM
  ReverseVariance variance = ReverseVariance::none;
  /// For ReverseVariance::analytic, the mean of |eps|^2 / dimension of the model's answers at the
  /// beginning of each step.
  std::vector<double> mean_square_eps{};
  /// Bound on the standard deviation of the noise in the last `bounded_steps` steps; Bao et al. use
  /// 2 c / 255 sqrt(pi/2) with c = 1 or 2.
  double largest_deviation  = std::numeric_limits<double>::infinity();
  std::size_t bounded_steps = 1;
};

namespace detail {

struct NamedSolver {
  const char* name;
  Method method;
  std::size_t order        = 1;
  double eta               = 0;
  ReverseVariance variance = ReverseVariance::none;
};

inline constexpr auto named_solvers = std::to_array<NamedSolver>({
    {"ddim", Method::ddim},
    {"ddpm", Method::ddim, 1, 1},
    {"dpm1", Method::dpm, 1},
    {"dpm2", Method::dpm, 2},
    {"dpm3", Method::dpm, 3},
    {"dpm-fast", Method::dpm_fast},
    {"dpm++1", Method::dpmpp, 1},
    {"dpm++2s", Method::dpmpp, 2},
    {"dpm++2m", Method::dpmpp_multistep, 2},
    {"dpm++3m", Method::dpmpp_multistep, 3},
    {"tab0", Method::tab, 0},
    {"tab1", Method::tab, 1},
    {"tab2", Method::tab, 2},
    {"tab3", Method::tab, 3},
    {"rhoab0", Method::rhoab, 0},
    {"rhoab1", Method::rhoab, 1},
    {"rhoab2", Method::rhoab, 2},
    {"rhoab3", Method::rhoab, 3},
    {"ipndm", Method::ipndm},
    {"heun", Method::heun},
    {"rk4", Method::runge_kutta},
    {"analytic-ddpm", Method::ddim, 1, 1, ReverseVariance::analytic},
    {"analytic-ddim", Method::ddim, 1, 0, ReverseVariance::analytic},
    {"sn-ddpm", Method::ddim, 1, 1, ReverseVariance::sn},
    {"sn-ddim", Method::ddim, 1, 0, ReverseVariance::sn},
    {"npr-ddpm", Method::ddim, 1, 1, ReverseVariance::npr},
    {"npr-ddim", Method::ddim, 1, 0, ReverseVariance::npr},
});

}  // namespace detail

/// The names that `solver_named` knows.
inline std::vector<std::string> solver_names() {
  std::vector<std::string> names;
  for (const auto& solver : detail::named_solvers) names.emplace_back(solver.name);
  return names;
}

/// A solver as a command line asks for it: "ddim", "dpm++2m", "tab3", ... Throws PreconditionError,
/// which lists them all, for another name.
inline SolverConfig solver_named(std::string_view name) {
  const auto* const found =
      std::find_if(detail::named_solvers.begin(), detail::named_solvers.end(),
                   [name](const auto& solver) { return solver.name == name; });
  expects(found != detail::named_solvers.end(), "solver_named: expected ",
          detail::one_of(solver_names()), ", got ", name);
  return {.method   = found->method,
          .order    = found->order,
          .eta      = found->eta,
          .variance = found->variance};
}

/// How many steps a solver can take with at most this many evaluations of the model, which dpm_fast
/// has to be told, too (`SolverConfig::evaluations`); for grids of a given cost. Throws
/// PreconditionError if there is not enough for one.
inline std::size_t steps_within(const SolverConfig& config, std::size_t evaluations) {
  const auto steps = [&] {
    switch (config.method) {
      case Method::dpm_fast:
        return evaluations / 3 + (evaluations > 0);
      case Method::dpm:
      case Method::dpmpp:
        expects(config.order > 0, "steps_within: expected an order of at least 1, got 0");
        return (evaluations + config.clean_end * (config.order - 1)) / config.order;
      case Method::heun:
        return (evaluations + config.clean_end) / 2;
      case Method::runge_kutta:
        return (evaluations + config.clean_end * std::size_t{3}) / 4;
      default:
        return evaluations;
    }
  }();
  expects(steps > 0, "steps_within: expected enough evaluations for a step, got ", evaluations);
  return steps;
}

}  // namespace nop
