// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/functors.hpp>
#include <nop/training/finite_difference.hpp>
#include <nop/training/loss.hpp>
#include <nop/training/reduction.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

namespace nop {

/// Which first derivatives a Sobolev norm is made of, besides the field itself.
enum class SobolevNorm {
  h1,   ///< all: ||u||^2 = sum u^2 + sum_j (D_j u)^2
  hdiv  ///< their sum: ||u||^2 = sum u^2 + (sum_j D_j u)^2
};

namespace detail {

struct SumOfSquares {
  constexpr auto operator()(auto... v) const { return (... + (v * v)); }
};
struct Total {
  constexpr auto operator()(auto... v) const { return (... + v); }
};
/// g factor (sum of v)
struct SobolevPullback {
  constexpr auto operator()(auto factor, auto g, auto... v) const {
    return (... + v) * (factor * g);
  }
};
/// a / b, and 0 for b = 0
struct TimesReciprocal {
  constexpr auto operator()(auto a, auto b) const { return a * Reciprocal{}(b); }
};

/// A field and its derivatives by central differences: what its Sobolev norm is made of.
template <SobolevNorm Norm, class Field>
class SobolevField {
 public:
  static constexpr std::size_t dim = Field::rank - 2;

  SobolevField(Field value, const Measure& measure, Boundary boundary)
      : SobolevField(std::move(value), measure, boundary, std::make_index_sequence<dim>{}) {}

  /// The norm over the points of each channel of each sample.
  [[nodiscard]] auto row_norms() const {
    const auto sums = std::apply(
        [&](const auto&... slope) { return summed_by_row(SumOfSquares{}, value_, slope...); },
        slopes_);
    return mapped(SquareRoot{}, sums);
  }

  /// g factor (u + sum_j D_j^T s_j), with a factor per row. For H1, s_j is D_j u; for Hdiv, the sum
  /// of them all.
  template <class Rows, class Scalar>
  [[nodiscard]] Field gradient(const Rows& factor, const Scalar& g) const {
    return gradient(factor, g, std::make_index_sequence<dim>{});
  }

 private:
  using Slopes = std::array<Field, Norm == SobolevNorm::h1 ? dim : 1>;

  template <std::size_t... Axis>
  SobolevField(Field value, const Measure& measure, Boundary boundary, std::index_sequence<Axis...>)
      : value_(std::move(value)),
        spacing_(spacings(measure, value_.shape())),
        boundary_(boundary),
        slopes_(arranged(difference(value_, Axis + 2, spacing_[Axis], boundary)...)) {}

  template <class... Slope>
  static Slopes arranged(const Slope&... slope) {
    if constexpr (Norm == SobolevNorm::h1)
      return {slope...};
    else
      return {mapped(Total{}, slope...)};
  }

  template <class Rows, class Scalar, std::size_t... Axis>
  [[nodiscard]] Field gradient(const Rows& factor, const Scalar& g,
                               std::index_sequence<Axis...>) const {
    const std::array<Field, dim> curvature = {difference_adjoint(
        slopes_[Norm == SobolevNorm::h1 ? Axis : 0], Axis + 2, spacing_[Axis], boundary_)...};
    const Shape<3> box                     = channel_box(value_.shape());
    auto result                            = Field::uninitialized(value_.shape());
    Field::Backend::map(SobolevPullback{}, box, whole(result.mutable_data(), box),
                        per_row(factor.data(), box), single(g.data()), whole(value_.data(), box),
                        whole(curvature[Axis].data(), box)...);
    return result;
  }

  Field value_;
  std::array<double, dim> spacing_;
  Boundary boundary_;
  Slopes slopes_;
};

template <SobolevNorm Norm, class Field>
auto sobolev_field(const Field& value, const Measure& measure, Boundary boundary) {
  return SobolevField<Norm, Field>(value, measure, boundary);
}

/// sum over rows of factor ||x - y||, with its pullback by x.
template <class SobolevField, class Rows>
auto summed_distances(const SobolevField& apart, const Rows& factor) {
  const auto distance = apart.row_norms();
  const auto slope    = mapped(TimesReciprocal{}, factor, distance);
  return with_pullbacks(
      weighted_sum(distance, factor),
      [apart, slope](const auto& g) { return apart.gradient(slope, g); }, no_pullback);
}

template <field P, field T>
void check_sobolev(const char* name, const P& prediction, const T& target, Boundary boundary) {
  static_assert(rank_of<P> >= 3, "loss: expected fields [batch, channel, grid...] with a grid");
  check_loss(name, prediction, target);
  for (std::size_t axis = 2; axis < rank_of<P>; ++axis)
    check_difference(name, target.shape(), axis, boundary);
}

}  // namespace detail

/// ||x - y|| / (||y|| + 1e-8) in a Sobolev norm for each channel of each sample, then reduced over
/// batch and channels. The sums of the norm are over the points and D_j are central differences on
/// a box with sides `measure`. x is the prediction [batch, channel, grid...], y the target;
/// gradients flow to x. Throws PreconditionError if the shapes differ, or on fewer than four points
/// along an axis where the boundary is open.
///
/// Sobolev training of neural operators: Li et al., "Learning dissipative dynamics in chaotic
/// systems", NeurIPS 2022.
template <SobolevNorm Norm>
struct RelativeSobolev {
  Boundary boundary   = Boundary::periodic;
  Reduction reduction = Reduction::mean;
  Measure measure     = {1, 1, 1, 1};

  template <field P, field T>
  auto operator()(const P& prediction, const T& target) const {
    detail::check_sobolev(Norm == SobolevNorm::h1 ? "RelativeH1" : "RelativeHdiv", prediction,
                          target, boundary);
    return evaluate(
        [this](const auto& x, const auto& y) {
          return detail::summed_distances(
              detail::sobolev_field<Norm>(mapped(Minus{}, x, y), measure, boundary),
              detail::relative_factors(
                  detail::sobolev_field<Norm>(y, measure, boundary).row_norms(), reduction));
        },
        prediction, target);
  }
};

/// The square root of the integral whose sums over points a Sobolev norm of x - y is, by the
/// rectangle rule on a box with sides `measure`, for each channel of each sample, then reduced over
/// batch and channels. Shapes, gradients and errors as for RelativeSobolev.
template <SobolevNorm Norm>
struct AbsoluteSobolev {
  Boundary boundary   = Boundary::periodic;
  Reduction reduction = Reduction::mean;
  Measure measure     = {1, 1, 1, 1};

  template <field P, field T>
  auto operator()(const P& prediction, const T& target) const {
    detail::check_sobolev(Norm == SobolevNorm::h1 ? "AbsoluteH1" : "AbsoluteHdiv", prediction,
                          target, boundary);
    return evaluate(
        [this](const auto& x, const auto& y) {
          const double cell = detail::cell_volume(measure, x.shape());
          return detail::summed_distances(
              detail::sobolev_field<Norm>(mapped(Minus{}, x, y), measure, boundary),
              detail::equal_factors(x, std::sqrt(cell), reduction));
        },
        prediction, target);
  }
};

using RelativeH1   = RelativeSobolev<SobolevNorm::h1>;
using AbsoluteH1   = AbsoluteSobolev<SobolevNorm::h1>;
using RelativeHdiv = RelativeSobolev<SobolevNorm::hdiv>;
using AbsoluteHdiv = AbsoluteSobolev<SobolevNorm::hdiv>;

inline constexpr RelativeH1 relative_h1;
inline constexpr AbsoluteH1 absolute_h1;
inline constexpr RelativeHdiv relative_hdiv;
inline constexpr AbsoluteHdiv absolute_hdiv;

}  // namespace nop
