// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/scratch.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/tensor.hpp>

#include <cmath>
#include <cstddef>
#include <numbers>

namespace nop {

/// A fast direct solver of -Laplacian u = f on the unit square, u = 0 on its boundary, by the
/// five-point difference formula on the nodes (i/n, j/n), i, j = 0 ... n:
///
///     (4 u(i,j) - u(i-1,j) - u(i+1,j) - u(i,j-1) - u(i,j+1)) n^2 = f(i,j)     inside
///
/// The orthonormal sine transform S(j,k) = sqrt(2/n) sin(pi j k / n), which is its own inverse, is
/// applied along the second axis as a matrix product. Odd k see only the part of a row that is
/// symmetric about its middle and even k only the antisymmetric one, so two products with matrices
/// of half the size do. Then each k is a tridiagonal system along the first axis, eliminated with
/// factors that are computed once. `const` use by many threads is safe.
///
/// Hockney, "A fast direct solution of Poisson's equation using Fourier analysis", J. ACM 1965.
template <real Real>
class PoissonSolver {
 public:
  using Field = Tensor<Real, 2, Cpu>;

  /// Throws PreconditionError unless there are at least two intervals per axis.
  explicit PoissonSolver(std::size_t intervals)
      : intervals_(intervals), inner_(intervals - 1), odd_(intervals / 2), even_(inner_ - odd_) {
    expects(intervals >= 2, "PoissonSolver: expected at least 2 intervals, got ", intervals);
    odd_sines_  = sines(odd_, 1);
    even_sines_ = sines(even_, 2);
    pivots_     = pivots();
  }

  [[nodiscard]] std::size_t intervals() const { return intervals_; }

  /// Writes u into `solution`, for f `right_side`. Both are `[n+1, n+1]`, values on all nodes;
  /// those of f on the boundary are ignored and those of u are left alone.
  void operator()(const Field& right_side, Field& solution) const {
    const std::size_t nodes = intervals_ + 1;
    const Shape<2> expected{nodes, nodes};
    expects(right_side.shape() == expected && solution.shape() == expected,
            "PoissonSolver: expected fields of shape ", expected, ", got ", right_side.shape(),
            " and ", solution.shape());
    const Scratch<Real> parts(inner_ * inner_), waves(inner_ * inner_);
    fold(right_side.data() + nodes + 1, parts.data());
    transform(parts.data(), Form::plain, waves.data());
    eliminate(waves.data());
    transform(waves.data(), Form::adjoint, parts.data());
    unfold(parts.data(), solution.mutable_data() + nodes + 1);
  }

 private:
  /// S(j+1, first + 2k) for j, k = 0 ... count-1.
  [[nodiscard]] Field sines(std::size_t count, std::size_t first) const {
    Field matrix       = Field::uninitialized({count, count});
    Real* const values = matrix.mutable_data();
    const auto n       = static_cast<double>(intervals_);
    for (std::size_t j = 0; j < count; ++j)
      for (std::size_t k = 0; k < count; ++k) {
        // The product of the indices is reduced before it is rounded.
        const auto turn = static_cast<double>((j + 1) * (first + 2 * k) % (2 * intervals_));
        values[j * count + k] =
            static_cast<Real>(std::sqrt(2 / n) * std::sin(std::numbers::pi * turn / n));
      }
    return matrix;
  }

  /// What row i of the system of each frequency is multiplied by when it is eliminated; frequencies
  /// in the order 1, 3, 5, ..., 2, 4, 6, ...
  [[nodiscard]] Field pivots() const {
    Field matrix       = Field::uninitialized({inner_, inner_});
    Real* const values = matrix.mutable_data();
    for (std::size_t column = 0; column < inner_; ++column) {
      const std::size_t k = column < odd_ ? 2 * column + 1 : 2 * (column - odd_) + 2;
      const double half_sine =
          std::sin(std::numbers::pi * static_cast<double>(k) / static_cast<double>(2 * intervals_));
      double pivot = 0;
      for (std::size_t i = 0; i < inner_; ++i) {
        pivot                       = 1 / (2 + 4 * half_sine * half_sine - pivot);
        values[i * inner_ + column] = static_cast<Real>(pivot);
      }
    }
    return matrix;
  }

  /// Each row as its symmetric part, with the middle, then its antisymmetric part; both not halved.
  void fold(const Real* field, Real* parts) const {
    for (std::size_t i = 0; i < inner_; ++i) {
      const Real* const row = field + i * (intervals_ + 1);
      Real *const symmetric = parts + i * inner_, *const antisymmetric = symmetric + odd_;
      for (std::size_t j = 0; j < even_; ++j) {
        symmetric[j]     = row[j] + row[inner_ - 1 - j];
        antisymmetric[j] = row[j] - row[inner_ - 1 - j];
      }
      if (odd_ > even_) symmetric[even_] = row[even_];
    }
  }

  /// A field from the symmetric and the antisymmetric part of each row.
  void unfold(const Real* parts, Real* field) const {
    for (std::size_t i = 0; i < inner_; ++i) {
      const Real *const symmetric = parts + i * inner_, *const antisymmetric = symmetric + odd_;
      Real* const row = field + i * (intervals_ + 1);
      for (std::size_t j = 0; j < even_; ++j) {
        row[j]              = symmetric[j] + antisymmetric[j];
        row[inner_ - 1 - j] = symmetric[j] - antisymmetric[j];
      }
      if (odd_ > even_) row[even_] = symmetric[even_];
    }
  }

  void transform(const Real* in, Form form, Real* out) const {
    Cpu::multiply<Real>({1, inner_, odd_, odd_}, {in, inner_, 0},
                        {odd_sines_.data(), odd_, 0, form}, {out, inner_, 0}, Update::overwrite);
    Cpu::multiply<Real>({1, inner_, even_, even_}, {in + odd_, inner_, 0},
                        {even_sines_.data(), even_, 0, form}, {out + odd_, inner_, 0},
                        Update::overwrite);
  }

  /// Solves (2 + 4 sin^2(pi k / 2n)) v(i,k) - v(i-1,k) - v(i+1,k) = w(i,k) / n^2 in place, for all
  /// frequencies k at a time.
  void eliminate(Real* waves) const {
    const Real area         = Real(1) / static_cast<Real>(intervals_ * intervals_);
    const Real* const pivot = pivots_.data();
    for (std::size_t k = 0; k < inner_; ++k) waves[k] *= area * pivot[k];
    for (std::size_t i = inner_; i < inner_ * inner_; i += inner_)
      for (std::size_t k = i; k < i + inner_; ++k)
        waves[k] = (area * waves[k] + waves[k - inner_]) * pivot[k];
    for (std::size_t i = inner_ * (inner_ - 1); i > 0; i -= inner_)
      for (std::size_t k = i - inner_; k < i; ++k) waves[k] += pivot[k] * waves[k + inner_];
  }

  std::size_t intervals_;
  std::size_t inner_;  ///< nodes inside, per axis
  std::size_t odd_;    ///< odd frequencies: as many as symmetric rows have free values
  std::size_t even_;
  Field odd_sines_;
  Field even_sines_;
  Field pivots_;
};

}  // namespace nop
