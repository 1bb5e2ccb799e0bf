// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/map.hpp>
#include <nop/backend/cpu/parallel.hpp>
#include <nop/core/activation.hpp>
#include <nop/core/functors.hpp>
#include <nop/core/normalization.hpp>
#include <nop/core/scratch.hpp>
#include <nop/core/shape.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace nop::cpu {

namespace detail {

template <real Real>
struct SquaredDistanceTo {
  Real mean;
  constexpr auto operator()(auto x) const { return (x - mean) * (x - mean); }
};
/// sigma(factor (x - mean) + offset)
template <class Function, real Real>
struct NormalizedAndActivated {
  Real mean, factor, offset;
  constexpr auto operator()(auto x) const {
    return Function::at((x - mean) * factor + offset).value;
  }
};
/// g sigma'(factor (x - mean) + offset)
template <class Function, real Real>
struct TimesNormalizedSlope {
  Real mean, factor, offset;
  constexpr auto operator()(auto g, auto x) const {
    return g * Function::at((x - mean) * factor + offset).slope;
  }
};
template <real Real>
struct TimesDistanceTo {
  Real mean;
  constexpr auto operator()(auto g, auto x) const { return g * (x - mean); }
};
/// a + b factor
template <real Real>
struct PlusTimesConstant {
  Real factor;
  constexpr auto operator()(auto a, auto b) const { return a + b * factor; }
};
/// scale g + level + slope (x - mean)
template <real Real>
struct NormalizedGradient {
  Real scale, level, slope, mean;
  constexpr auto operator()(auto g, auto x) const {
    return g * scale + ((x - mean) * slope + level);
  }
};

/// Group after group, each of which stays in the first cache from the first sum over it to the last
/// use: a field is read once and its result written once.
template <real Real>
class Normalizer {
 public:
  Normalizer(const Shape<3>& box, const Normalization<Real>& norm)
      : norm_(norm),
        channels_(box[1]),
        each_(box[1] / norm.groups),
        points_(box[2]),
        tasks_(box[0] * norm.groups) {}

  void apply(const Real* x, Real* y) const {
    with_function(norm_.activation, [&]<class Function>(Function) {
      for_each_group([&](std::size_t sample, std::size_t first) {
        const Real* const in  = x + (sample * channels_ + first) * points_;
        const Moments moments = moments_of(in);
        for (std::size_t time = 0; time < norm_.times; ++time)
          for (std::size_t c = 0; c < each_; ++c) {
            const std::size_t row = (sample * norm_.times + time) * channels_ + first + c;
            const Affine a        = affine(sample * norm_.times + time, first + c);
            map_row(NormalizedAndActivated<Function, Real>{moments.mean, a.factor * moments.inverse,
                                                           a.offset},
                    points_, Row<Real>{y + row * points_, 1}, Row<const Real>{in + c * points_, 1});
          }
      });
    });
  }

  void pull(const Real* x, const Real* dy, Real* dx,
            const NormalizationGradient<Real>& gradient) const {
    const std::size_t rows = tasks_ * each_;
    const Scratch<Real> by_weight(rows), by_bias(rows);  // of each channel of each sample
    with_function(norm_.activation, [&]<class Function>(Function) {
      for_each_group([&](std::size_t sample, std::size_t first) {
        pull_group<Function>(sample, first, x, dy, dx, gradient, by_weight.data(), by_bias.data());
      });
    });
    for (std::size_t c = 0; c < channels_; ++c) {
      double of_weight = 0, of_bias = 0;
      for (std::size_t row = c; row < rows; row += channels_) {
        of_weight += static_cast<double>(by_weight[row]);
        of_bias += static_cast<double>(by_bias[row]);
      }
      if (gradient.weight != nullptr) gradient.weight[c] = static_cast<Real>(of_weight);
      if (gradient.bias != nullptr) gradient.bias[c] = static_cast<Real>(of_bias);
    }
  }

 private:
  struct Moments {
    Real mean, inverse;  ///< 1 / sqrt(variance + epsilon)
  };
  /// What is done to n: scale n + offset.
  struct Affine {
    Real factor, offset;
    Real modulated;  ///< 1 + scale
  };

  template <class Use>
  void for_each_group(const Use& use) const {
    const std::size_t grain =
        std::max<std::size_t>(1, block_elements / (each_ * points_ * norm_.times));
    parallel_blocks(tasks_, grain, worthwhile_blocks, [&](std::size_t begin, std::size_t end) {
      for (std::size_t task = begin; task < end; ++task)
        use(task / norm_.groups, task % norm_.groups * each_);
    });
  }

  Moments moments_of(const Real* in) const {
    const std::size_t count = each_ * points_;
    const Row<const Real> all{in, 1};
    const Real share    = Real(1) / static_cast<Real>(count);
    const Real mean     = sum_row<Real>(Same{}, count, all) * share;
    const Real variance = sum_row<Real>(SquaredDistanceTo<Real>{mean}, count, all) * share;
    return {mean, Real(1) / std::sqrt(variance + norm_.epsilon)};
  }
  Affine affine(std::size_t result, std::size_t channel) const {
    const Real weight = norm_.weight[channel], bias = norm_.bias[channel];
    if (norm_.modulation == nullptr) return {weight, bias, 1};
    const Real* const told = norm_.modulation + result * 2 * channels_ + channel;
    const Real modulated   = 1 + told[0];
    return {modulated * weight, modulated * bias + told[channels_], modulated};
  }

  /// With h = dy sigma' for each result, dn = sum factor h over a sample's results, and
  /// dx = (dn - mean(dn) - n mean(dn n)) / sqrt(variance + epsilon).
  template <class Function>
  void pull_group(std::size_t sample, std::size_t first, const Real* x, const Real* dy, Real* dx,
                  const NormalizationGradient<Real>& gradient, Real* by_weight,
                  Real* by_bias) const {
    const Real* const in  = x + (sample * channels_ + first) * points_;
    const Moments moments = moments_of(in);
    const Scratch<Real> dn(each_ * points_), h(points_);
    const Row<Real> of_h{h.data(), 1};
    const Row<const Real> seen{h.data(), 1};
    Real level = 0, slope = 0;  // the sums of dn and of dn n
    for (std::size_t c = 0; c < each_; ++c) {
      const Row<const Real> row{in + c * points_, 1};
      const Row<Real> sum{dn.data() + c * points_, 1};
      Real weight = 0, bias = 0;
      for (std::size_t time = 0; time < norm_.times; ++time) {
        const std::size_t result = sample * norm_.times + time, channel = first + c;
        const Affine a = affine(result, channel);
        map_row(TimesNormalizedSlope<Function, Real>{moments.mean, a.factor * moments.inverse,
                                                     a.offset},
                points_, of_h, Row<const Real>{dy + (result * channels_ + channel) * points_, 1},
                row);
        const Real of_one = sum_row<Real>(Same{}, points_, seen);
        const Real of_n   = sum_row<Real>(TimesDistanceTo<Real>{moments.mean}, points_, seen, row) *
                          moments.inverse;
        if (time == 0)
          map_row(TimesConstant<Real>{a.factor}, points_, sum, seen);
        else
          map_row(PlusTimesConstant<Real>{a.factor}, points_, sum, Row<const Real>{sum.data, 1},
                  seen);
        level += a.factor * of_one;
        slope += a.factor * of_n;
        weight += a.modulated * of_n;
        bias += a.modulated * of_one;
        if (gradient.modulation == nullptr) continue;
        Real* const told = gradient.modulation + result * 2 * channels_ + channel;
        told[0]          = norm_.weight[channel] * of_n + norm_.bias[channel] * of_one;
        told[channels_]  = of_one;
      }
      by_weight[sample * channels_ + first + c] = weight;
      by_bias[sample * channels_ + first + c]   = bias;
    }
    if (dx == nullptr) return;
    const Real share = moments.inverse / static_cast<Real>(each_ * points_);
    map_row(NormalizedGradient<Real>{moments.inverse, -level * share,
                                     -slope * share * moments.inverse, moments.mean},
            each_ * points_, Row<Real>{dx + (sample * channels_ + first) * points_, 1},
            Row<const Real>{dn.data(), 1}, Row<const Real>{in, 1});
  }

  Normalization<Real> norm_;
  std::size_t channels_, each_, points_, tasks_;  ///< `each_` channels in a group
};

}  // namespace detail

/// y = sigma((1 + scale) (weight n(x) + bias) + shift), see Normalization, for a field x of the
/// extents `box`.
template <real Real>
void normalize(const Shape<3>& box, const Real* x, const Normalization<Real>& norm, Real* y) {
  detail::Normalizer<Real>(box, norm).apply(x, y);
}

/// The gradients by x, where dx is not null, and by those operands that have a place in `gradient`,
/// of a loss whose gradient by the result of `normalize` is dy.
template <real Real>
void pull_normalize(const Shape<3>& box, const Real* x, const Normalization<Real>& norm,
                    const Real* dy, Real* dx, const NormalizationGradient<Real>& gradient) {
  detail::Normalizer<Real>(box, norm).pull(x, dy, dx, gradient);
}

}  // namespace nop::cpu
