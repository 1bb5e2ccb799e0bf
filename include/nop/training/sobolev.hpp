// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/training/finite_difference.hpp>
#include <nop/training/loss.hpp>
#include <nop/training/reduction.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

namespace nop {

namespace detail {

/// A field and its derivatives along the grid axes: what its H1 norm is made of.
template <class Field>
class SobolevField {
 public:
  static constexpr std::size_t dim = Field::rank - 2;
  using Spacing                    = std::array<double, dim>;

  SobolevField(Field value, const Spacing& spacing, Boundary boundary)
      : SobolevField(std::move(value), spacing, boundary, std::make_index_sequence<dim>{}) {}

  /// sqrt(sum u^2 + sum_j (D_j u)^2) over the points of each channel of each sample.
  [[nodiscard]] auto row_norms() const {
    const auto sums = std::apply(
        [&](const auto&... slope) {
          return summed_by_row([](auto... v) { return (... + (v * v)); }, value_, slope...);
        },
        slopes_);
    return mapped(
        [](auto total) {
          using std::sqrt;
          return sqrt(total);
        },
        sums);
  }

  /// g factor (u + sum_j D_j^T D_j u), with a factor per row.
  template <class Rows, class Scalar>
  [[nodiscard]] Field gradient(const Rows& factor, const Scalar& g) const {
    return gradient(factor, g, std::make_index_sequence<dim>{});
  }

 private:
  template <std::size_t... Axis>
  SobolevField(Field value, const Spacing& spacing, Boundary boundary, std::index_sequence<Axis...>)
      : value_(std::move(value)),
        slopes_{difference(value_, Axis + 2, spacing[Axis], boundary)...},
        spacing_(spacing),
        boundary_(boundary) {}

  template <class Rows, class Scalar, std::size_t... Axis>
  [[nodiscard]] Field gradient(const Rows& factor, const Scalar& g,
                               std::index_sequence<Axis...>) const {
    const std::array<Field, dim> curvature = {
        difference_adjoint(slopes_[Axis], Axis + 2, spacing_[Axis], boundary_)...};
    const Shape<3> box = channel_box(value_.shape());
    auto result        = Field::uninitialized(value_.shape());
    Field::Backend::map([](auto f, auto w, auto... v) { return (... + v) * (f * w); }, box,
                        whole(result.mutable_data(), box), per_row(factor.data(), box),
                        single(g.data()), whole(value_.data(), box),
                        whole(curvature[Axis].data(), box)...);
    return result;
  }

  Field value_;
  std::array<Field, dim> slopes_;
  Spacing spacing_;
  Boundary boundary_;
};

/// sum over rows of factor ||x - y||_H1, with its pullback by x.
template <class Field, class Rows>
auto summed_distances(const SobolevField<Field>& apart, const Rows& distance, const Rows& factor) {
  const auto slope = mapped([](auto f, auto d) { return f * Reciprocal{}(d); }, factor, distance);
  return with_pullbacks(
      weighted_sum(distance, factor),
      [apart, slope](const auto& g) { return apart.gradient(slope, g); }, no_pullback);
}

template <field P, field T>
void check_sobolev(const char* name, const P& prediction, const T& target, Boundary boundary) {
  check_loss(name, prediction, target);
  for (std::size_t axis = 2; axis < rank_of<P>; ++axis)
    check_difference(name, target.shape(), axis, boundary);
}

template <class Field>
auto sobolev_difference(const Field& x, const Field& y, const Measure& measure, Boundary boundary) {
  return SobolevField<Field>(mapped([](auto a, auto b) { return a - b; }, x, y),
                             spacings(measure, x.shape()), boundary);
}

}  // namespace detail

/// ||x - y||_H1 / (||y||_H1 + 1e-8) for each channel of each sample, then reduced over batch and
/// channels, with ||u||_H1^2 = sum u^2 + sum_j (D_j u)^2 over the points and central differences
/// D_j on a box with sides `measure`. x is the prediction [batch, channel, grid...], y the target;
/// gradients flow to x. Throws PreconditionError if the shapes differ, or on fewer than four points
/// along an axis where the boundary is open.
///
/// Sobolev training of neural operators: Li et al., "Learning dissipative dynamics in chaotic
/// systems", NeurIPS 2022.
struct RelativeH1 {
  Boundary boundary   = Boundary::periodic;
  Reduction reduction = Reduction::mean;
  Measure measure     = {1, 1, 1, 1};

  template <field P, field T>
  auto operator()(const P& prediction, const T& target) const {
    detail::check_sobolev("RelativeH1", prediction, target, boundary);
    return evaluate(
        [this](const auto& x, const auto& y) {
          const auto apart    = detail::sobolev_difference(x, y, measure, boundary);
          const auto distance = apart.row_norms();
          const auto weight =
              static_cast<element_of<P>>(detail::row_weight(reduction, distance.size()));
          const auto factor = mapped(
              [weight](auto size) {
                using Number = decltype(size);
                return Number(weight) / (size + constant<Number>(detail::smallest_norm));
              },
              detail::SobolevField(y, detail::spacings(measure, y.shape()), boundary).row_norms());
          return detail::summed_distances(apart, distance, factor);
        },
        prediction, target);
  }
};

/// (integral of |x - y|^2 + |grad(x - y)|^2)^(1/2) for each channel of each sample, by the
/// rectangle rule and central differences on a box with sides `measure`, then reduced over batch
/// and channels. Shapes, gradients and errors as for RelativeH1.
struct AbsoluteH1 {
  Boundary boundary   = Boundary::periodic;
  Reduction reduction = Reduction::mean;
  Measure measure     = {1, 1, 1, 1};

  template <field P, field T>
  auto operator()(const P& prediction, const T& target) const {
    detail::check_sobolev("AbsoluteH1", prediction, target, boundary);
    return evaluate(
        [this](const auto& x, const auto& y) {
          const auto apart    = detail::sobolev_difference(x, y, measure, boundary);
          const auto distance = apart.row_norms();
          double cell         = 1;
          for (const double spacing : detail::spacings(measure, x.shape())) cell *= spacing;
          auto factor = distance;
          factor.fill(static_cast<element_of<P>>(std::sqrt(cell) *
                                                 detail::row_weight(reduction, distance.size())));
          return detail::summed_distances(apart, distance, factor);
        },
        prediction, target);
  }
};

inline constexpr RelativeH1 relative_h1;
inline constexpr AbsoluteH1 absolute_h1;

}  // namespace nop
