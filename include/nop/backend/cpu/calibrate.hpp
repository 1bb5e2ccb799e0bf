// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/axis.hpp>
#include <nop/backend/cpu/fourier_cost.hpp>
#include <nop/core/band.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/scratch.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <sstream>
#include <string>

namespace nop::cpu {

namespace detail {

/// Seconds that one register of columns takes along an axis, forth and back: the least of some.
template <real Real>
double seconds_of(const RealDftKey& key, FourierEngine engine) {
  using Clock = std::chrono::steady_clock;
  const AxisTransform<Real> axis(key, engine);
  constexpr std::size_t width = lanes<Real>;
  const Scratch<Real> points(key.points * width), rows(axis.rows() * width), work(axis.workspace());
  std::fill(points.begin(), points.end(), Real(1));
  double least = std::numeric_limits<double>::infinity();
  for (int repeat = 0; repeat < 12; ++repeat) {
    const auto begin = Clock::now();
    axis.analyze({points.data(), width}, {rows.data(), width}, width, 1, nullptr, work.data());
    axis.synthesize({rows.data(), width}, {points.data(), width}, width, 1, nullptr, work.data());
    if (repeat > 0)  // the first one plans
      least = std::min(least, std::chrono::duration<double>(Clock::now() - begin).count());
  }
  return least;
}

}  // namespace detail

/// Measures both engines on this machine, in a few milliseconds, and fits the cost to them.
template <real Real = float>
FourierCost measured_fourier_cost() {
  const auto key = [](std::size_t points, std::size_t modes) {
    return RealDftKey{points, modes, false, ModeWeight::multiplicity};
  };
  const auto per_point = [&](std::size_t points, std::size_t modes, FourierEngine engine) {
    return detail::seconds_of<Real>(key(points, modes), engine) / static_cast<double>(points);
  };
  const double unit = per_point(512, 96, FourierEngine::dense) / FourierCost::dense(key(512, 96));
  const FourierCost one{.level = 1, .prime = 1};
  double level = 0, prime = 0;
  for (const std::size_t points : {128U, 512U, 2048U})
    level += per_point(points, points, FourierEngine::fft) / unit /
             one.fft<Real>(key(points, points)) / 3;
  for (const std::size_t points : {97U, 421U})
    prime += per_point(points, points, FourierEngine::fft) / unit /
             one.fft<Real>(key(points, points)) / 2 / level;
  return {.level = static_cast<float>(level), .prime = static_cast<float>(std::max(1.0, prime))};
}

/// Fits the choice of engines to this machine. What is measured differs a little from run to run,
/// and so may an engine where both cost nearly the same, and the last bits of results with it.
inline void calibrate_transforms() { set_fourier_cost(measured_fourier_cost()); }

/// A line for each axis of a transform: its points, its modes, what each engine is predicted to
/// cost, and the one that is taken.
template <scalar Element, std::size_t Dim>
std::string describe_engines(const FourierTransform<Dim>& transform) {
  using Real = real_of<Element>;
  std::ostringstream text;
  for (std::size_t a = 0; a < Dim; ++a) {
    const RealDftKey key{transform.grid[a], transform.modes[a], real<Element> && a + 1 == Dim,
                         transform.weight};
    const detail::AxisTransform<Real> axis(key, transform.engine);
    text << "axis " << a << ": " << key.points << " points, " << key.modes << " modes, dense "
         << FourierCost::dense(key) << ", fft " << fourier_cost().template fft<Real>(key) << ": "
         << enumerator_names(axis.engine())[static_cast<std::size_t>(axis.engine())] << '\n';
  }
  return text.str();
}

}  // namespace nop::cpu
