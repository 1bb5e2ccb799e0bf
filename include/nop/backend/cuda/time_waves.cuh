// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/runtime.cuh>
#include <nop/core/scalar.hpp>

#include <cmath>
#include <cstddef>
#include <numbers>

/// \file
/// The frequencies of a temporal convolution block, in groups of which a thread keeps all
/// coefficients of its points.

namespace nop::cuda::time_mixing {

/// All kernels of a temporal convolution have so many threads a block.
inline constexpr unsigned block_threads = 256;

/// Frequencies whose coefficients are real, k = 0 and k = steps / 2, and complex ones. In rows:
/// those that are real, and then a real and an imaginary part of each that is complex.
template <unsigned Reals_, unsigned Complexes_>
struct Group {
  static constexpr unsigned reals = Reals_, complexes = Complexes_;
  static constexpr unsigned count = reals + complexes, rows = reals + 2 * complexes;

  std::size_t first_complex;  ///< the complex ones follow each other
  std::size_t steps;

  /// Of a frequency, or of a row.
  static constexpr bool is_real(unsigned i) { return i + 1 <= reals; }

  /// The number k of a frequency.
  [[nodiscard]] constexpr std::size_t frequency(unsigned f) const {
    if (!is_real(f)) return first_complex + f - reals;
    return f == 0 ? 0 : steps / 2;
  }
  static constexpr unsigned first_row(unsigned f) {
    return is_real(f) ? f : reals + 2 * (f - reals);
  }
  static constexpr unsigned frequency_of_row(unsigned row) {
    return is_real(row) ? row : reals + (row - reals) / 2;
  }
  /// That of a row in a real field: a complex frequency stands for two.
  template <class Real>
  [[nodiscard]] constexpr Real weight(unsigned row) const {
    return Real(is_real(row) ? 1 : 2) / Real(steps);
  }
};

/// Row r of a field's coefficients is S_r = sum_t wave(r, t) x(t), Re or Im of
///
///     X(k) = sum_t x(t) exp(-2 pi i k t / steps),
///
/// and a field of given coefficients x(t) = sum_r weight(r) wave(r, t) S_r. Written by a block
/// together, [rows, steps].
template <real Real, class Group>
__device__ void write_waves(const Group& group, Real* waves) {
  for (std::size_t i = threadIdx.x; i < Group::rows * group.steps; i += block_threads) {
    const auto row      = static_cast<unsigned>(i / group.steps);
    const unsigned f    = Group::frequency_of_row(row);
    const std::size_t t = i % group.steps;
    const double angle  = 2 * std::numbers::pi / static_cast<double>(group.steps) *
                         static_cast<double>(group.frequency(f) * t % group.steps);
    const bool is_imaginary = row > Group::first_row(f);
    waves[i]                = static_cast<Real>(is_imaginary ? -std::sin(angle) : std::cos(angle));
  }
}

/// `use(group)` for groups that hold each of the first `modes` frequencies once. The first has
/// those that are real.
template <class Use>
void for_each_group(std::size_t steps, std::size_t modes, const Use& use) {
  const bool two_reals      = modes > 1 && 2 * (modes - 1) == steps;
  const std::size_t complex = modes - (two_reals ? 2 : 1);
  const auto first          = [&]<unsigned Reals> {
    if (complex == 0) return use(Group<Reals, 0>{1, steps});
    if (complex == 1) return use(Group<Reals, 1>{1, steps});
    use(Group<Reals, 2>{1, steps});
  };
  two_reals ? first.template operator()<2>() : first.template operator()<1>();
  std::size_t done = 2;
  for (; done + 2 <= complex; done += 2) use(Group<0, 2>{1 + done, steps});
  if (done < complex) use(Group<0, 1>{1 + done, steps});
}

}  // namespace nop::cuda::time_mixing
