// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/backend/cpu.hpp>
#include <nop/backend/cpu/parallel.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/rng.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/tensor.hpp>
#include <nop/diffusion/noise_level.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <utility>
#include <vector>

namespace nop {

/// Random numbers of a mixture of normal laws. Their flow is far from linear, and yet exact: in one
/// dimension it keeps the order of points, so that it keeps the probability to their left.
class Mixture1d {
 public:
  struct Component {
    double weight;  ///< only their ratios matter
    double mean;
    double deviation;
  };

  /// Throws PreconditionError unless all weights and deviations are positive.
  explicit Mixture1d(std::vector<Component> components) : components_(std::move(components)) {
    double total = 0;
    for (const auto& c : components_) {
      expects(c.weight > 0 && c.deviation > 0,
              "Mixture1d: expected positive weights and deviations, got ", c.weight, " and ",
              c.deviation);
      total += c.weight;
    }
    expects(total > 0, "Mixture1d: expected at least one component, got none");
    for (auto& c : components_) c.weight /= total;
  }

  /// E[x_0 | x_t = x]
  [[nodiscard]] double denoised(double x, const NoiseLevel& at) const {
    double nearest = std::numeric_limits<double>::infinity(), total = 0, mean = 0;
    for (const auto& c : components_) nearest = std::min(nearest, energy(c, x, at));
    for (const auto& c : components_) {
      const double share = std::exp(nearest - energy(c, x, at));
      const double v     = variance(c, at);
      total += share;
      mean += share * (c.mean + at.alpha * c.deviation * c.deviation / v * (x - at.alpha * c.mean));
    }
    return mean / total;
  }

  /// Where the probability flow takes x from one level to another: F_to^-1(F_from(x)).
  [[nodiscard]] double flow(double x, const NoiseLevel& from, const NoiseLevel& to) const {
    // Of the probabilities on both sides the smaller one has all its digits, so the axis is turned
    // to have it on the left.
    const int side      = below(x, from, 1) < 0.5 ? 1 : -1;
    const double wanted = std::log(below(x, from, side));
    double high         = 0;
    for (const auto& c : components_)
      high = std::max(high, to.alpha * std::abs(c.mean) + 40 * std::sqrt(variance(c, to)));
    double low = -high, y = 0;
    for (int i = 0; i < 200; ++i) {
      const double probability  = below(side * y, to, side);
      const double excess       = std::log(probability) - wanted;
      (excess < 0 ? low : high) = y;
      double next               = y - excess * probability / density(side * y, to);
      if (!(next > low && next < high)) next = (low + high) / 2;
      const bool found = std::abs(next - y) <= 1e-16 * std::abs(y);
      y                = next;
      if (found) break;
    }
    return side * y;
  }

  /// Number `index` of a sequence of samples.
  [[nodiscard]] double draw(const RandomStream& stream, std::size_t index) const {
    double left   = stream.uniform(2 * index);
    std::size_t i = 0;
    while (i + 1 < components_.size() && left >= components_[i].weight)
      left -= components_[i++].weight;
    return components_[i].mean + components_[i].deviation * stream.normal(2 * index + 1);
  }

 private:
  static double variance(const Component& c, const NoiseLevel& at) {
    const double spread = at.alpha * c.deviation;
    return spread * spread + at.sigma * at.sigma;
  }
  /// -log of the density of a component at x, but for a constant.
  static double energy(const Component& c, double x, const NoiseLevel& at) {
    const double v = variance(c, at), distance = x - at.alpha * c.mean;
    return distance * distance / (2 * v) + std::log(v) / 2 - std::log(c.weight);
  }
  /// The probability to the left of x, or for side -1 to its right.
  [[nodiscard]] double below(double x, const NoiseLevel& at, int side) const {
    double total = 0;
    for (const auto& c : components_)
      total += c.weight / 2 *
               std::erfc(-side * (x - at.alpha * c.mean) / std::sqrt(2 * variance(c, at)));
    return total;
  }
  [[nodiscard]] double density(double x, const NoiseLevel& at) const {
    double total = 0;
    for (const auto& c : components_) total += std::exp(-energy(c, x, at));
    return total / std::sqrt(2 * std::numbers::pi);
  }

  std::vector<Component> components_;
};

/// Data of independent numbers, each of its own mixture: grids of bumps, whose flow is exact in any
/// dimension. Samples are `[batch, number]`.
template <real Real>
class ProductData {
 public:
  using Samples = Tensor<Real, 2, Cpu>;

  explicit ProductData(std::vector<Mixture1d> mixtures) : mixtures_(std::move(mixtures)) {
    expects(!mixtures_.empty(), "ProductData: expected at least one mixture, got none");
  }

  /// E[x_0 | x_t = x]
  [[nodiscard]] Samples denoised(const Samples& x, const NoiseLevel& at) const {
    return mapped(x, [&at](const Mixture1d& law, double v) { return law.denoised(v, at); });
  }
  /// Where the probability flow takes x from one level to another.
  [[nodiscard]] Samples flow(const Samples& x, const NoiseLevel& from, const NoiseLevel& to) const {
    return mapped(x, [&](const Mixture1d& law, double v) { return law.flow(v, from, to); });
  }
  /// Samples of the data.
  [[nodiscard]] Samples draw(std::size_t count, const RandomStream& stream) const {
    auto samples = Samples::uninitialized({count, mixtures_.size()});
    Real* out    = samples.mutable_data();
    for (std::size_t i = 0; i < samples.size(); ++i)
      out[i] = static_cast<Real>(mixtures_[i % mixtures_.size()].draw(stream, i));
    return samples;
  }

 private:
  template <class F>
  Samples mapped(const Samples& x, const F& f) const {
    expects(x.extent(1) == mixtures_.size(), "ProductData: expected samples of ", mixtures_.size(),
            " numbers, got shape ", x.shape());
    auto result          = Samples::uninitialized(x.shape());
    Real* const out      = result.mutable_data();
    const Real* const in = x.data();
    cpu::parallel_blocks(x.size(), 256, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i)
        out[i] = static_cast<Real>(f(mixtures_[i % mixtures_.size()], static_cast<double>(in[i])));
    });
    return result;
  }

  std::vector<Mixture1d> mixtures_;
};

}  // namespace nop
