// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/activation.hpp>
#include <nop/core/mixing.hpp>
#include <nop/core/shape.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

/// \file
/// Chains of channel mixings by their definition, point after point.

namespace nop::test {

template <class Real>
class NaiveMixing {
 public:
  NaiveMixing(const Shape<3>& box, const Real* x, std::span<const Mixing<Real>> links)
      : box_(box), x_(x), links_(links) {}

  void mix(Real* y) const {
    for_each_point([&](std::size_t sample, std::size_t point) {
      compute(sample, point);
      const auto& result = u_.back();
      for (std::size_t c = 0; c < result.size(); ++c)
        y[(sample * result.size() + c) * box_[2] + point] = result[c];
    });
  }

  /// A null dx, or a null place in a gradient, is not wanted.
  void pull(const Real* dy, Real* dx, std::span<const MixingGradient<Real>> gradients) const {
    for (std::size_t l = 0; l < links_.size(); ++l) {
      const std::size_t channels = links_[l].channels;
      clear(gradients[l].weight, channels * (l == 0 ? box_[1] : links_[l - 1].channels));
      clear(gradients[l].bias, channels);
      clear(gradients[l].gate, channels);
    }
    for_each_point([&](std::size_t sample, std::size_t point) {
      compute(sample, point);
      const auto at = [&](std::size_t channels, std::size_t c) {
        return (sample * channels + c) * box_[2] + point;
      };
      std::vector<Real> du(u_.back().size()), past(box_[1]);
      for (std::size_t c = 0; c < du.size(); ++c) du[c] = dy[at(du.size(), c)];
      for (std::size_t l = links_.size(); l-- > 0;) {
        const auto& link = links_[l];
        const auto& want = gradients[l];
        const auto& u    = u_[l];
        std::vector<Real> before(u.size());
        for (std::size_t c = 0; c < link.channels; ++c) {
          const Real da = du[c] * slope_[l][c];
          if (want.residual != nullptr) want.residual[at(link.channels, c)] = da;
          if (want.bias != nullptr) want.bias[c] += da;
          if (want.gate != nullptr) want.gate[c] += da * u_[0][c];
          if (link.gate != nullptr) past[c] += da * link.gate[c];
          for (std::size_t i = 0; i < u.size(); ++i) {
            if (want.weight != nullptr) want.weight[c * u.size() + i] += da * u[i];
            before[i] += link.weight[c * u.size() + i] * da;
          }
        }
        du = before;
      }
      for (std::size_t c = 0; dx != nullptr && c < box_[1]; ++c)
        dx[at(box_[1], c)] = du[c] + past[c];
    });
  }

 private:
  static void clear(Real* values, std::size_t count) {
    if (values != nullptr) std::fill_n(values, count, Real(0));
  }

  template <class Use>
  void for_each_point(const Use& use) const {
    for (std::size_t sample = 0; sample < box_[0]; ++sample)
      for (std::size_t point = 0; point < box_[2]; ++point) use(sample, point);
  }

  /// All u_l and slopes at one point.
  void compute(std::size_t sample, std::size_t point) const {
    u_.assign(1, {});
    slope_.clear();
    for (std::size_t c = 0; c < box_[1]; ++c)
      u_[0].push_back(x_[(sample * box_[1] + c) * box_[2] + point]);
    for (const auto& link : links_) {
      const auto before = u_.back();
      std::vector<Real> value, slope;
      for (std::size_t c = 0; c < link.channels; ++c) {
        Real a = link.bias != nullptr ? link.bias[c] : Real(0);
        for (std::size_t i = 0; i < before.size(); ++i)
          a += link.weight[c * before.size() + i] * before[i];
        if (link.residual != nullptr)
          a += link.residual[(sample * link.channels + c) * box_[2] + point];
        if (link.gate != nullptr) a += link.gate[c] * u_[0][c];
        const auto at = with_function(link.activation, [&](auto f) { return f.at(a); });
        value.push_back(at.value);
        slope.push_back(at.slope);
      }
      u_.push_back(value);
      slope_.push_back(slope);
    }
  }

  Shape<3> box_;
  const Real* x_;
  std::span<const Mixing<Real>> links_;
  mutable std::vector<std::vector<Real>> u_, slope_;
};

}  // namespace nop::test
