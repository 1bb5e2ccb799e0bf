// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/rng.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/tensor.hpp>
#include <nop/pde/points.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <vector>

namespace nop {

/// 1 and sqrt(2) cos(pi k x): the eigenfunctions of -d^2/dx^2 on (0, 1) with zero slope at both
/// ends, of length 1 in L^2. Function j has frequency k = j.
struct CosineBasis {
  static constexpr std::size_t count(std::size_t max_frequency) { return max_frequency + 1; }

  static double eigenvalue(std::size_t j) {
    const double wave_number = std::numbers::pi * static_cast<double>(j);
    return wave_number * wave_number;
  }
  static double value(std::size_t j, double x) {
    if (j == 0) return 1;
    const double half_turns = std::fmod(static_cast<double>(j) * x, 2.0);
    return std::numbers::sqrt2 * std::cos(std::numbers::pi * half_turns);
  }
};

/// 1, sqrt(2) cos(2 pi k x) and sqrt(2) sin(2 pi k x): the eigenfunctions of -d^2/dx^2 on the
/// circle of length 1, of length 1 in L^2. Function j has frequency k = ceil(j / 2); odd j are the
/// cosines.
struct FourierBasis {
  static constexpr std::size_t count(std::size_t max_frequency) { return 2 * max_frequency + 1; }

  static double frequency(std::size_t j) {
    const std::size_t k = (j + 1) / 2;
    return static_cast<double>(k);
  }
  static double eigenvalue(std::size_t j) {
    const double wave_number = 2 * std::numbers::pi * frequency(j);
    return wave_number * wave_number;
  }
  static double value(std::size_t j, double x) {
    if (j == 0) return 1;
    const double turns = std::fmod(frequency(j) * x, 1.0);
    const double angle = 2 * std::numbers::pi * turns;
    return std::numbers::sqrt2 * (j % 2 == 1 ? std::cos(angle) : std::sin(angle));
  }
};

/// What determines the law of a random field, see GaussianRandomField.
struct RandomFieldConfig {
  double alpha;               ///< smoothness: the power of the inverse covariance operator
  double tau;                 ///< inverse correlation length
  double sigma;               ///< a factor on the whole field
  std::size_t max_frequency;  ///< frequencies 0 ... max_frequency are kept along each axis
};

/// Random functions on the unit cube with law N(0, sigma^2 (-Laplacian + tau^2)^(-alpha)), without
/// their mean, and cut off at a frequency:
///
///     g(x) = sigma sum_{j != 0} (lambda_j + tau^2)^(-alpha/2) xi_j phi_j(x),   xi_j ~ N(0, 1)
///
/// phi_j are the products over the axes of the basis functions, of length 1 in L^2, lambda_j the
/// sums of their eigenvalues. So the variance at x is
/// sigma^2 sum_{j != 0} (lambda_j + tau^2)^(-alpha) phi_j(x)^2, on any grid.
///
/// The coefficients belong to the function and the grid only says where it is looked at: sample i
/// is the same function on every grid. xi_j is a function of the stream, i and j alone, neither of
/// how many samples are drawn, nor by how many threads, nor of `max_frequency`.
///
///     const NeumannRandomField<2, float> field(
///         {.alpha = 2, .tau = 3, .sigma = 3, .max_frequency = 127}, rng.stream());
///     const auto g = field(i, field.grid(cell_centres<2>({64, 64})));
///
/// Li et al., "Fourier neural operator for parametric partial differential equations", ICLR 2021,
/// appendix A.3; the scripts that made its data sets draw Darcy's field with sigma = tau^(alpha -
/// 1) and as many frequencies as grid points.
template <std::size_t Dim, real Real, class Basis>
class GaussianRandomField {
 public:
  using Config = RandomFieldConfig;
  using Values = Tensor<Real, Dim, Cpu>;

  /// The basis functions at the points of a grid: per axis a matrix `[functions, points]`.
  struct Grid {
    std::array<Tensor<Real, 2, Cpu>, Dim> basis;
  };

  /// Throws PreconditionError unless alpha and tau are positive and the number of basis functions
  /// per axis is at most 2^(32 / Dim).
  GaussianRandomField(const Config& config, const RandomStream& stream)
      : functions_(Basis::count(config.max_frequency)), stream_(stream) {
    expects(config.alpha > 0 && config.tau > 0, "GaussianRandomField: expected alpha and tau > 0, ",
            "got ", config.alpha, " and ", config.tau);
    expects(std::isfinite(config.sigma), "GaussianRandomField: expected a finite sigma, got ",
            config.sigma);
    constexpr std::size_t most = std::size_t{1} << bits_per_axis;
    expects(config.max_frequency < most && functions_ <= most,
            "GaussianRandomField: expected at most ", most,
            " basis functions per axis, got frequencies up to ", config.max_frequency);
    deviations_.reserve(element_count(shape()));
    for_each_index([&](const Shape<Dim>& j) {
      double eigenvalue = config.tau * config.tau;
      for (const std::size_t along_axis : j) eigenvalue += Basis::eigenvalue(along_axis);
      deviations_.push_back(config.sigma * std::pow(eigenvalue, -config.alpha / 2));
    });
    deviations_.front() = 0;
  }

  /// What is needed to evaluate the functions at these points; to be kept for many samples.
  [[nodiscard]] Grid grid(const GridPoints<Dim>& points) const {
    Grid grid;
    for (std::size_t axis = 0; axis < Dim; ++axis) {
      const auto& x     = points[axis];
      grid.basis[axis]  = Tensor<Real, 2, Cpu>::uninitialized({functions_, x.size()});
      Real* const basis = grid.basis[axis].mutable_data();
      for (std::size_t j = 0; j < functions_; ++j)
        for (std::size_t i = 0; i < x.size(); ++i)
          basis[j * x.size() + i] = static_cast<Real>(Basis::value(j, x[i]));
    }
    return grid;
  }

  /// The coefficients of sample `sample` with respect to phi_j, `[functions...]`.
  [[nodiscard]] Values coefficients(std::size_t sample) const {
    expects(sample <= UINT32_MAX, "GaussianRandomField: expected a sample below 2^32, got ",
            sample);
    auto values       = Values::uninitialized(shape());
    Real* const out   = values.mutable_data();
    std::size_t place = 0;
    for_each_index([&](const Shape<Dim>& j) {
      std::uint64_t counter = 0;
      for (const std::size_t along_axis : j) counter = counter << bits_per_axis | along_axis;
      counter |= std::uint64_t{sample} << 32U;
      out[place] = static_cast<Real>(deviations_[place] * stream_.normal(counter));
      ++place;
    });
    return values;
  }

  /// Sample `sample` at the points of a grid, `[points...]`. Throws PreconditionError if the grid
  /// was made by a field with another number of frequencies.
  [[nodiscard]] Values operator()(std::size_t sample, const Grid& grid) const {
    Shape<Dim> points;
    auto values = coefficients(sample).reshaped(Shape<1>{element_count(shape())});
    // Each product sums over the first axis and appends the grid's axis as the last one; after all
    // of them the axes are in their order again.
    for (std::size_t axis = 0; axis < Dim; ++axis) {
      const auto& basis = grid.basis[axis];
      expects(basis.extent(0) == functions_, "GaussianRandomField: expected a grid for ",
              functions_, " basis functions, got one for ", basis.extent(0));
      const std::size_t n = points[axis] = basis.extent(1), rest = values.size() / functions_;
      auto next = Tensor<Real, 1, Cpu>::uninitialized({rest * n});
      Cpu::multiply<Real>({1, rest, functions_, n}, {values.data(), rest, 0, Form::adjoint},
                          {basis.data(), n, 0}, {next.mutable_data(), n, 0}, Update::overwrite);
      values = next;
    }
    return values.reshaped(points);
  }

  /// Samples `first` ... `first + count - 1` as a batch of fields `[count, 1, points...]`.
  [[nodiscard]] Tensor<Real, Dim + 2, Cpu> batch(std::size_t first, std::size_t count,
                                                 const Grid& grid) const {
    Shape<Dim + 2> batch_shape{count, 1};
    for (std::size_t axis = 0; axis < Dim; ++axis)
      batch_shape[axis + 2] = grid.basis[axis].extent(1);
    auto fields     = Tensor<Real, Dim + 2, Cpu>::uninitialized(batch_shape);
    Real* const out = fields.mutable_data();
    cpu::parallel_for(count, [&](std::size_t i) {
      const auto values = (*this)(first + i, grid);
      std::copy_n(values.data(), values.size(), out + i * values.size());
    });
    return fields;
  }

 private:
  static constexpr std::size_t bits_per_axis = 32 / Dim;

  [[nodiscard]] Shape<Dim> shape() const { return uniform_shape<Dim>(functions_); }

  /// Calls `body(j)` for every index of a basis function, the last axis running fastest.
  template <class Body>
  void for_each_index(const Body& body) const {
    Shape<Dim> j;
    for (std::size_t place = 0; place < element_count(shape()); ++place) {
      body(j);
      for (std::size_t axis = Dim; axis-- > 0;) {
        if (++j[axis] < functions_) break;
        j[axis] = 0;
      }
    }
  }

  std::size_t functions_;
  RandomStream stream_;
  std::vector<double> deviations_;
};

/// Random functions with zero slope at the boundary of the unit cube, such as the permeabilities of
/// Darcy's flow.
template <std::size_t Dim, real Real>
using NeumannRandomField = GaussianRandomField<Dim, Real, CosineBasis>;

/// Random periodic functions, whose law is the same at every point: initial conditions of Burgers'
/// equation (Dim = 1, alpha = 2, tau = 5, sigma = 25) or of a vorticity.
template <std::size_t Dim, real Real>
using PeriodicRandomField = GaussianRandomField<Dim, Real, FourierBasis>;

}  // namespace nop
