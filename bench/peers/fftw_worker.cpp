// SPDX-License-Identifier: BSD-3-Clause
// What a program written by hand around FFTW does for a spectral convolution: the whole transform,
// the kept modes cut out of it, a product per mode, zeros for the rest of the spectrum, and back.
#include <nop/core/band.hpp>

#include "peers/worker.hpp"
#include <fftw3.h>
#include <omp.h>

#include <algorithm>
#include <complex>
#include <memory>
#include <random>
#include <vector>

namespace {

using Complex = std::complex<float>;

/// a + b c. The product of std::complex asks for infinities first, which costs it its vector form.
Complex plus_product(Complex a, Complex b, Complex c) {
  return {a.real() + b.real() * c.real() - b.imag() * c.imag(),
          a.imag() + b.real() * c.imag() + b.imag() * c.real()};
}

class Convolution {
 public:
  explicit Convolution(const bench::Case& c)
      : channels_(c.channels),
        fields_(c.batch * c.channels),
        points_(count_of(c.grid)),
        kept_(kept_of(c)),
        x_(random_numbers<float>(fields_ * points_)),
        y_(fields_ * points_),
        gx_(fields_ * points_),
        ones_(fields_ * points_, 1.0F),
        spectrum_(fields_ * spectrum_size(c)),
        x_modes_(fields_ * kept_.size()),
        y_modes_(fields_ * kept_.size()),
        g_modes_(fields_ * kept_.size()),
        weights_(random_numbers<Complex>(channels_ * channels_ * kept_.size())),
        gradient_(weights_.size()) {
    const std::vector<int> n(c.grid.begin(), c.grid.end());
    const int rank = static_cast<int>(n.size()), count = static_cast<int>(fields_);
    const int points = static_cast<int>(points_), size = static_cast<int>(spectrum_size(c));
    auto field = x_;  // planning measures, and writes over what it is given
    fftwf_plan_with_nthreads(omp_get_max_threads());
    to_spectrum_ = fftwf_plan_many_dft_r2c(rank, n.data(), count, field.data(), nullptr, 1, points,
                                           spectrum(), nullptr, 1, size,
                                           FFTW_MEASURE | FFTW_PRESERVE_INPUT | FFTW_UNALIGNED);
    from_spectrum_ =
        fftwf_plan_many_dft_c2r(rank, n.data(), count, spectrum(), nullptr, 1, size, field.data(),
                                nullptr, 1, points, FFTW_MEASURE | FFTW_UNALIGNED);
  }
  Convolution(const Convolution&)            = delete;
  Convolution& operator=(const Convolution&) = delete;
  ~Convolution() {
    fftwf_destroy_plan(to_spectrum_);
    fftwf_destroy_plan(from_spectrum_);
  }

  void forward() {
    analyze(x_, x_modes_);
#pragma omp parallel for
    for (std::size_t k = 0; k < kept_.size(); ++k) {
      const Complex *const x = x_modes_.data() + k * fields_, *const w = weights(k);
      Complex* const y = y_modes_.data() + k * fields_;
      std::fill_n(y, fields_, Complex{});
      for (std::size_t b = 0; b < fields_; b += channels_)
        for (std::size_t i = 0; i < channels_; ++i)
          for (std::size_t o = 0; o < channels_; ++o)
            y[b + o] = plus_product(y[b + o], x[b + i], w[i * channels_ + o]);
    }
    synthesize(y_modes_, y_);
  }

  /// Forward, then back from a gradient of ones. The factors 1 or 2 of each mode that would make
  /// these the exact gradients do not change the time and are left out.
  void forward_and_back() {
    forward();
    analyze(ones_, g_modes_);
#pragma omp parallel for
    for (std::size_t k = 0; k < kept_.size(); ++k) {
      const Complex *const x = x_modes_.data() + k * fields_, *const w = weights(k);
      const Complex* const g = g_modes_.data() + k * fields_;
      Complex* const gx      = y_modes_.data() + k * fields_;
      Complex* const gw      = gradient_.data() + k * channels_ * channels_;
      std::fill_n(gw, channels_ * channels_, Complex{});
      for (std::size_t b = 0; b < fields_; b += channels_)
        for (std::size_t i = 0; i < channels_; ++i) {
          const Complex conjugate = std::conj(x[b + i]);
          Complex total           = 0;
          for (std::size_t o = 0; o < channels_; ++o) {
            const std::size_t io = i * channels_ + o;
            total                = plus_product(total, g[b + o], std::conj(w[io]));
            gw[io]               = plus_product(gw[io], conjugate, g[b + o]);
          }
          gx[b + i] = total;
        }
    }
    synthesize(y_modes_, gx_);
  }

 private:
  static std::size_t count_of(const std::vector<std::size_t>& extents) {
    std::size_t count = 1;
    for (const std::size_t extent : extents) count *= extent;
    return count;
  }
  static std::size_t spectrum_size(const bench::Case& c) {
    return count_of(c.grid) / c.grid.back() * (c.grid.back() / 2 + 1);
  }

  template <class Element>
  static std::vector<Element> random_numbers(std::size_t count) {
    std::mt19937 random;
    std::uniform_real_distribution<float> uniform(-1, 1);
    std::vector<Element> values(count);
    auto* const numbers = reinterpret_cast<float*>(values.data());
    std::generate_n(numbers, count * sizeof(Element) / sizeof(float),
                    [&] { return uniform(random); });
    return values;
  }

  /// Where each kept mode lies in a whole spectrum [grid..., last / 2 + 1].
  static std::vector<std::size_t> kept_of(const bench::Case& c) {
    std::vector<std::size_t> kept = {0};
    for (std::size_t axis = 0; axis < c.grid.size(); ++axis) {
      const std::size_t n = c.grid[axis], modes = std::min(c.modes[axis], n);
      const bool is_half       = axis + 1 == c.grid.size();
      const std::size_t stored = is_half ? nop::half_axis(modes) : modes;
      const std::size_t extent = is_half ? n / 2 + 1 : n;
      const std::size_t lowest = is_half ? 0 : n - modes / 2;
      std::vector<std::size_t> longer;
      for (const std::size_t before : kept)
        for (std::size_t k = 0; k < stored; ++k)
          longer.push_back(before * extent + (lowest + k) % n);
      kept = longer;
    }
    return kept;
  }

  fftwf_complex* spectrum() { return reinterpret_cast<fftwf_complex*>(spectrum_.data()); }
  [[nodiscard]] const Complex* weights(std::size_t k) const {
    return weights_.data() + k * channels_ * channels_;
  }

  /// The kept modes of all fields, mode by mode: [kept, batch, channel].
  void analyze(std::vector<float>& field, std::vector<Complex>& modes) {
    fftwf_execute_dft_r2c(to_spectrum_, field.data(), spectrum());
    const std::size_t size = spectrum_.size() / fields_;
    const float scale      = 1 / static_cast<float>(points_);
#pragma omp parallel for
    for (std::size_t k = 0; k < kept_.size(); ++k)
      for (std::size_t f = 0; f < fields_; ++f)
        modes[k * fields_ + f] = scale * spectrum_[f * size + kept_[k]];
  }

  void synthesize(const std::vector<Complex>& modes, std::vector<float>& field) {
    const std::size_t size = spectrum_.size() / fields_;
#pragma omp parallel for
    for (std::size_t f = 0; f < fields_; ++f) {
      std::fill_n(spectrum_.data() + f * size, size, Complex{});
      for (std::size_t k = 0; k < kept_.size(); ++k)
        spectrum_[f * size + kept_[k]] = modes[k * fields_ + f];
    }
    fftwf_execute_dft_c2r(from_spectrum_, spectrum(), field.data());
  }

  std::size_t channels_, fields_, points_;
  std::vector<std::size_t> kept_;
  std::vector<float> x_, y_, gx_, ones_;
  std::vector<Complex> spectrum_, x_modes_, y_modes_, g_modes_, weights_, gradient_;
  fftwf_plan to_spectrum_ = nullptr, from_spectrum_ = nullptr;
};

}  // namespace

int main() {
  fftwf_init_threads();
  return bench::serve(fftwf_version, [](const bench::Task& task) -> bench::Work {
    const auto& [c, pass, variant] = task;
    if (c.kind != bench::Kind::sc) throw std::invalid_argument("spectral convolutions only");
    const auto convolution = std::make_shared<Convolution>(c);
    if (pass == bench::Pass::fwd) return [convolution] { convolution->forward(); };
    return [convolution] { convolution->forward_and_back(); };
  });
}
