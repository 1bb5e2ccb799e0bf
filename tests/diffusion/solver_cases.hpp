// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu.hpp>
#include <nop/diffusion/gaussian_data.hpp>
#include <nop/diffusion/mixture_1d.hpp>
#include <nop/diffusion/parameterisation.hpp>
#include <nop/diffusion/schedules.hpp>
#include <nop/diffusion/solver.hpp>
#include <nop/diffusion/time_grid.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string_view>
#include <vector>

/// \file
/// Problems whose flow is known, for solvers to be measured by.

namespace nop::test {

/// The largest error of a solver for three normal numbers, on a grid of so many steps.
class GaussianProblem {
 public:
  explicit GaussianProblem(const Schedule& schedule = linear_schedule()) : schedule_(schedule) {}

  [[nodiscard]] double error(const SolverConfig& config, std::size_t steps,
                             TimeGrid grid = TimeGrid::lambda) const {
    return error(config, make_time_grid(grid, schedule_, steps));
  }
  [[nodiscard]] double error(const SolverConfig& config, const std::vector<double>& times) const {
    const Solver solver(config, schedule_, times, Parameterisation::x0);
    const auto x = Tensor<double, 2, Cpu>({1, 3}, start_);
    const auto got =
        solver([this](const auto& y, double t) { return data_.denoised(y, schedule_(t)); }, x);
    const auto exact = data_.flow(x, schedule_(times.front()), schedule_(times.back()));
    double worst     = 0;
    for (std::size_t i = 0; i < 3; ++i)
      worst = std::max(worst, std::abs(got.data()[i] - exact.data()[i]));
    return worst;
  }

 private:
  Schedule schedule_;
  std::vector<double> means_{0.3, -0.7, 1.1}, deviations_{0.2, 0.6, 1.3}, start_{0.9, -1.1, 0.4};
  GaussianData<double, Cpu> data_{means_, deviations_};
};

/// The root mean square error for numbers of a mixture, whose flow is far from linear.
class MixtureProblem {
 public:
  explicit MixtureProblem(const Schedule& schedule = linear_schedule()) : schedule_(schedule) {}

  [[nodiscard]] double error(const SolverConfig& config, std::size_t steps, TimeGrid grid) const {
    const auto times = make_time_grid(grid, schedule_, steps);
    const Solver solver(config, schedule_, times, Parameterisation::x0);
    const auto x = normal_noise<double, Cpu>(Shape{400, 1}, RandomStream(1, 0));
    const auto got =
        solver([this](const auto& y, double t) { return data_.denoised(y, schedule_(t)); }, x);
    const auto exact = data_.flow(x, schedule_(times.front()), schedule_(times.back()));
    double sum       = 0;
    for (std::size_t i = 0; i < x.size(); ++i) sum += std::pow(got.data()[i] - exact.data()[i], 2);
    return std::sqrt(sum / static_cast<double>(x.size()));
  }

 private:
  Schedule schedule_;
  ProductData<double> data_{{Mixture1d({{0.4, -1, 0.3}, {0.6, 0.8, 0.4}})}};
};

/// The order of a solver: the slope of log(error) over log(steps), fitted between 40 and 320.
template <class Error>
double order(const Error& error) {
  double sum_x = 0, sum_y = 0, sum_xx = 0, sum_xy = 0, count = 0;
  for (const std::size_t steps : {40U, 80U, 160U, 320U}) {
    const double x = -std::log(static_cast<double>(steps)), y = std::log(error(steps));
    sum_x += x;
    sum_y += y;
    sum_xx += x * x;
    sum_xy += x * y;
    ++count;
  }
  return (count * sum_xy - sum_x * sum_y) / (count * sum_xx - sum_x * sum_x);
}

/// A deterministic solver by name, every step of its full order.
inline SolverConfig full_order(std::string_view name) {
  auto config              = solver_named(name);
  config.lower_order_final = false;
  return config;
}

}  // namespace nop::test
