// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/activation.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/time_mixing.hpp>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <numbers>
#include <vector>

/// \file
/// Temporal convolution blocks by their definition, point after point, in double.

namespace nop::test {

template <class Real>
class NaiveTimeMixing {
  using Wide = std::complex<double>;

 public:
  NaiveTimeMixing(const Shape<4>& box, const Real* x, const TimeMixing<Real>& mixing)
      : box_(box), x_(x), mixing_(mixing) {}

  void mix(Real* y) const {
    for_each_point([&](std::size_t sample, std::size_t point) {
      const auto v = convolved(coefficients(sample, point));
      for (std::size_t t = mixing_.from; t < box_[1]; ++t)
        for (std::size_t c = 0; c < box_[2]; ++c)
          y[of_result(sample, t, c, point)] = static_cast<Real>(
              double(x_[index(sample, t, c, point)]) + sigma(v[t * box_[2] + c]).value);
    });
  }

  /// A null pointer is not wanted.
  void pull(const Real* dy, Real* dx, std::complex<Real>* dweight) const {
    const std::size_t channels = box_[2];
    std::vector<Wide> dr(mixing_.modes * channels * channels);
    for_each_point([&](std::size_t sample, std::size_t point) {
      const auto x = coefficients(sample, point);
      const auto v = convolved(x);
      std::vector<Wide> of_y(x.size()), of_x(x.size());  // gradients by the coefficients
      for (std::size_t k = 0; k < mixing_.modes; ++k)
        for (std::size_t o = 0; o < channels; ++o)
          for (std::size_t t = mixing_.from; t < box_[1]; ++t)
            of_y[k * channels + o] += weight(k) * double(dy[of_result(sample, t, o, point)]) *
                                      sigma(v[t * channels + o]).slope * std::conj(wave(k, t));
      for (std::size_t k = 0; k < mixing_.modes; ++k)
        for (std::size_t i = 0; i < channels; ++i)
          for (std::size_t o = 0; o < channels; ++o) {
            const Wide g = of_y[k * channels + o];
            of_x[k * channels + i] += g * std::conj(r(k, i, o));
            dr[(k * channels + i) * channels + o] += g * std::conj(x[k * channels + i]);
          }
      for (std::size_t t = 0; dx != nullptr && t < box_[1]; ++t)
        for (std::size_t c = 0; c < channels; ++c) {
          double sum = t < mixing_.from ? 0 : double(dy[of_result(sample, t, c, point)]);
          for (std::size_t k = 0; k < mixing_.modes; ++k)
            sum += (of_x[k * channels + c] * wave(k, t)).real();
          dx[index(sample, t, c, point)] = static_cast<Real>(sum);
        }
    });
    for (std::size_t i = 0; dweight != nullptr && i < dr.size(); ++i)
      dweight[i] = std::complex<Real>(dr[i]);
  }

 private:
  template <class Use>
  void for_each_point(const Use& use) const {
    for (std::size_t sample = 0; sample < box_[0]; ++sample)
      for (std::size_t point = 0; point < box_[3]; ++point) use(sample, point);
  }
  [[nodiscard]] std::size_t index(std::size_t sample, std::size_t t, std::size_t c,
                                  std::size_t point) const {
    return ((sample * box_[1] + t) * box_[2] + c) * box_[3] + point;
  }
  [[nodiscard]] std::size_t of_result(std::size_t sample, std::size_t t, std::size_t c,
                                      std::size_t point) const {
    return ((sample * (box_[1] - mixing_.from) + t - mixing_.from) * box_[2] + c) * box_[3] + point;
  }
  [[nodiscard]] Wide wave(std::size_t k, std::size_t t) const {
    return std::polar(
        1.0, 2 * std::numbers::pi * static_cast<double>(k * t) / static_cast<double>(box_[1]));
  }
  /// Of a frequency in a real field.
  [[nodiscard]] double weight(std::size_t k) const {
    return (k == 0 || 2 * k == box_[1] ? 1.0 : 2.0) / static_cast<double>(box_[1]);
  }
  [[nodiscard]] Wide r(std::size_t k, std::size_t i, std::size_t o) const {
    return Wide(mixing_.weight[(k * box_[2] + i) * box_[2] + o]);
  }
  [[nodiscard]] auto sigma(double a) const {
    return with_function(mixing_.activation, [a](auto f) { return f.at(a); });
  }

  /// X, [modes, channels].
  [[nodiscard]] std::vector<Wide> coefficients(std::size_t sample, std::size_t point) const {
    std::vector<Wide> x(mixing_.modes * box_[2]);
    for (std::size_t k = 0; k < mixing_.modes; ++k)
      for (std::size_t c = 0; c < box_[2]; ++c)
        for (std::size_t t = 0; t < box_[1]; ++t)
          x[k * box_[2] + c] += double(x_[index(sample, t, c, point)]) * std::conj(wave(k, t));
    return x;
  }
  /// K x, [steps, channels].
  [[nodiscard]] std::vector<double> convolved(const std::vector<Wide>& x) const {
    std::vector<double> v(box_[1] * box_[2]);
    for (std::size_t t = 0; t < box_[1]; ++t)
      for (std::size_t o = 0; o < box_[2]; ++o)
        for (std::size_t k = 0; k < mixing_.modes; ++k) {
          Wide y = 0;
          for (std::size_t i = 0; i < box_[2]; ++i) y += x[k * box_[2] + i] * r(k, i, o);
          v[t * box_[2] + o] += weight(k) * (y * wave(k, t)).real();
        }
    return v;
  }

  Shape<4> box_;
  const Real* x_;
  TimeMixing<Real> mixing_;
};

}  // namespace nop::test
