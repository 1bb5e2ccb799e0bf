// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/host_memory.hpp>
#include <nop/core/scalar.hpp>

#include <cmath>
#include <complex>
#include <cstddef>
#include <numbers>

namespace nop::cpu::detail {

/// The real waves along a few steps in time of which the kept frequencies consist: for each k a
/// cosine and, but for k = 0 and k = steps / 2, a sine. Row r of a field's coefficients is
///
///     S_r = sum_t analysis(r, t) x(t),    Re or Im of  X(k) = sum_t x(t) exp(-2 pi i k t / steps)
///
/// and a field of given coefficients is x(t) = sum_r synthesis(r, t) Z_r.
template <real Real>
class TimeWaves {
 public:
  struct Frequency {
    std::size_t first_row;
    std::size_t parts;  ///< 1 or 2: the real and, behind it, the imaginary part
  };

  TimeWaves(std::size_t steps, std::size_t modes) : steps_(steps) {
    for (std::size_t k = 0; k < modes; ++k) {
      const bool is_real  = k == 0 || 2 * k == steps;
      const double weight = (is_real ? 1.0 : 2.0) / static_cast<double>(steps);
      frequencies_.push_back({rows_, is_real ? 1U : 2U});
      for (std::size_t part = 0; part < frequencies_.back().parts; ++part, ++rows_)
        for (std::size_t t = 0; t < steps; ++t) {
          const double angle = 2 * std::numbers::pi * static_cast<double>(k * t % steps) /
                               static_cast<double>(steps);
          const double wave = part == 0 ? std::cos(angle) : -std::sin(angle);
          analysis_.push_back(static_cast<Real>(wave));
          synthesis_.push_back(static_cast<Real>(weight * wave));
        }
    }
  }

  [[nodiscard]] std::size_t steps() const { return steps_; }
  [[nodiscard]] std::size_t rows() const { return rows_; }
  [[nodiscard]] const HostVector<Frequency>& frequencies() const { return frequencies_; }
  /// Row r at all steps.
  [[nodiscard]] const Real* analysis(std::size_t r) const { return analysis_.data() + r * steps_; }
  [[nodiscard]] const Real* synthesis(std::size_t r) const {
    return synthesis_.data() + r * steps_;
  }

 private:
  std::size_t steps_, rows_ = 0;
  HostVector<Frequency> frequencies_;
  HostVector<Real> analysis_, synthesis_;
};

/// The real matrix that takes (Re X, Im X) to (Re Y, Im Y) for Y_o = sum_i X_i R_io:
///
///     [ B^T  -C^T ]
///     [ C^T   B^T ]    for R = B + i C;    B^T alone where X is real.
template <real Real>
void write_real_form(const std::complex<Real>* weight, std::size_t channels, std::size_t parts,
                     Real* matrix) {
  const std::size_t columns = parts * channels;
  for (std::size_t i = 0; i < channels; ++i)
    for (std::size_t o = 0; o < channels; ++o) {
      const auto r            = weight[i * channels + o];
      matrix[o * columns + i] = r.real();
      if (parts == 1) continue;
      matrix[o * columns + channels + i]              = -r.imag();
      matrix[(channels + o) * columns + i]            = r.imag();
      matrix[(channels + o) * columns + channels + i] = r.real();
    }
}

/// The gradient by R_io from those by the entries of that matrix.
template <real Real, class Matrix>
std::complex<Real> real_form_gradient(const Matrix& matrix, std::size_t channels, std::size_t parts,
                                      std::size_t i, std::size_t o) {
  if (parts == 1) return matrix(o, i);
  return {matrix(o, i) + matrix(channels + o, channels + i),
          matrix(channels + o, i) - matrix(o, channels + i)};
}

}  // namespace nop::cpu::detail
