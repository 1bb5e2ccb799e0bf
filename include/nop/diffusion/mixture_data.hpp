// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu.hpp>
#include <nop/backend/cpu/parallel.hpp>
#include <nop/backend/cpu/simd.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/math.hpp>
#include <nop/core/rng.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/tensor.hpp>
#include <nop/diffusion/noise_level.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <vector>

namespace nop {

/// Data of bumps: equally likely normal laws of one width around given points, such as eight on a
/// ring, or many along a curve. A perfect model of them is known in closed form, their flow is not;
/// Method::runge_kutta follows it as closely as one likes. Samples are `[batch, number]`.
template <real Real>
class MixtureData {
 public:
  using Samples = Tensor<Real, 2, Cpu>;

  /// `centres` are `[bump, number]`. Throws PreconditionError if there are none, or unless the
  /// deviation is positive.
  MixtureData(const Samples& centres, double deviation)
      : centres_(centres), deviation_(deviation), padded_(round_up(centres.extent(0))) {
    expects(centres.size() > 0 && deviation > 0,
            "MixtureData: expected centres and a positive deviation, got shape ", centres.shape(),
            " and ", deviation);
    const std::size_t bumps = centres.extent(0), numbers = centres.extent(1);
    columns_.assign(numbers * padded_, Real(0));
    for (std::size_t n = 0; n < bumps; ++n)
      for (std::size_t d = 0; d < numbers; ++d)
        columns_[d * padded_ + n] = centres.data()[n * numbers + d];
    absence_.assign(padded_, Real(0));
    std::fill(absence_.begin() + static_cast<std::ptrdiff_t>(bumps), absence_.end(), Real(1e30));
  }

  /// E[x_0 | x_t = x] = (alpha s^2 x + sigma^2 sum_n p_n c_n) / V, where V = alpha^2 s^2 + sigma^2
  /// and p_n ~ exp(-|x - alpha c_n|^2 / (2 V)) is the probability of bump n.
  [[nodiscard]] Samples denoised(const Samples& x, const NoiseLevel& at) const {
    const std::size_t numbers = centres_.extent(1);
    expects(x.extent(1) == numbers, "MixtureData: expected samples of ", numbers,
            " numbers, got shape ", x.shape());
    auto result     = Samples::uninitialized(x.shape());
    Real* const out = result.mutable_data();
    cpu::parallel_blocks(x.extent(0), 64, [&](std::size_t begin, std::size_t end) {
      std::vector<Real> shares(padded_);
      for (std::size_t i = begin; i < end; ++i)
        denoise(x.data() + i * numbers, at, shares, out + i * numbers);
    });
    return result;
  }

  /// Samples of the data.
  [[nodiscard]] Samples draw(std::size_t count, const RandomStream& stream) const {
    const std::size_t bumps = centres_.extent(0), numbers = centres_.extent(1);
    auto samples = Samples::uninitialized({count, numbers});
    Real* out    = samples.mutable_data();
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t first = i * (numbers + 1);
      const auto bump =
          static_cast<std::size_t>(stream.uniform(first) * static_cast<double>(bumps));
      for (std::size_t d = 0; d < numbers; ++d)
        *out++ = centres_.data()[bump * numbers + d] +
                 static_cast<Real>(deviation_ * stream.normal(first + 1 + d));
    }
    return samples;
  }

 private:
  using Batch = cpu::Batch<Real>;

  static constexpr std::size_t round_up(std::size_t count) {
    constexpr std::size_t width = cpu::lanes<Real>;
    return (count + width - 1) / width * width;
  }

  /// One sample. `shares` is room for a number a bump.
  void denoise(const Real* x, const NoiseLevel& at, std::vector<Real>& shares, Real* out) const {
    constexpr std::size_t width = cpu::lanes<Real>;
    const std::size_t numbers   = centres_.extent(1);
    const double spread = at.alpha * deviation_, v = spread * spread + at.sigma * at.sigma;
    const Batch alpha(static_cast<Real>(at.alpha));
    Batch nearest(Real(1e30));
    for (std::size_t n = 0; n < padded_; n += width) {
      Batch square = Batch::load_unaligned(absence_.data() + n);
      for (std::size_t d = 0; d < numbers; ++d) {
        const Batch away =
            Batch(x[d]) - alpha * Batch::load_unaligned(columns_.data() + d * padded_ + n);
        square = multiply_add(away, away, square);
      }
      square.store_unaligned(shares.data() + n);
      nearest = min(nearest, square);
    }
    std::array<Real, width> lanes;
    nearest.store_unaligned(lanes.data());
    const Batch least(*std::min_element(lanes.begin(), lanes.end()));
    const Batch scale(static_cast<Real>(std::numbers::log2e / (2 * v)));
    Batch total(Real(0));
    for (std::size_t n = 0; n < padded_; n += width) {
      const Batch exponent = (least - Batch::load_unaligned(shares.data() + n)) * scale;
      const Batch share =
          power_of_two(at_least(Batch(static_cast<Real>(exponent_of_zero<Real>)), exponent));
      share.store_unaligned(shares.data() + n);
      total += share;
    }
    const auto of_x      = static_cast<Real>(at.alpha * deviation_ * deviation_ / v);
    const auto of_centre = static_cast<Real>(at.sigma * at.sigma / v) / xsimd::hadd(total);
    for (std::size_t d = 0; d < numbers; ++d) {
      Batch centre(Real(0));
      for (std::size_t n = 0; n < padded_; n += width)
        centre = multiply_add(Batch::load_unaligned(shares.data() + n),
                              Batch::load_unaligned(columns_.data() + d * padded_ + n), centre);
      out[d] = of_x * x[d] + of_centre * xsimd::hadd(centre);
    }
  }

  Samples centres_;
  double deviation_;
  std::size_t padded_;         ///< the number of bumps, rounded up to full registers
  std::vector<Real> columns_;  ///< the centres, [number, padded bump]
  std::vector<Real> absence_;  ///< 0 for a bump, else far away
};

}  // namespace nop
