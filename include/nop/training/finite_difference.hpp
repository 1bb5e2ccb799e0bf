// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/functors.hpp>
#include <nop/core/operand.hpp>

#include <array>
#include <cstddef>
#include <type_traits>

namespace nop {

/// What a derivative takes to lie beyond the ends of an axis.
enum class Boundary {
  periodic,  ///< the other end
  open       ///< nothing: one-sided differences of third order
};

namespace detail {

/// An array seen as [lines, points, inner] along one axis. A run of planes of equal inner index is
/// a box [1, lines, planes * inner] whose rows are contiguous.
struct AxisPlanes {
  std::size_t lines, points, inner;

  template <std::size_t Rank>
  AxisPlanes(const Shape<Rank>& shape, std::size_t axis)
      : lines(element_count(shape, 0, axis)),
        points(shape[axis]),
        inner(element_count(shape, axis + 1)) {}

  [[nodiscard]] Shape<3> box(std::size_t count) const { return {1, lines, count * inner}; }
  template <class Element>
  Operand<Element> from(Element* data, std::size_t plane) const {
    return {data + plane * inner, {0, points * inner, 1}};
  }
};

/// factor (a - b)
template <real Real>
struct TimesDifference {
  Real factor;
  constexpr auto operator()(auto a, auto b) const { return (a - b) * factor; }
};
/// sum_k c_k v_k
template <real Real>
struct FourTerms {
  std::array<Real, 4> c;
  constexpr auto operator()(auto v0, auto v1, auto v2, auto v3) const {
    return v0 * c[0] + v1 * c[1] + v2 * c[2] + v3 * c[3];
  }
};

/// The coefficients of u'(0) h = sum_k c_k u(k h), exact for cubic polynomials.
inline constexpr std::array<double, 4> one_sided = {-11.0 / 6, 18.0 / 6, -9.0 / 6, 2.0 / 6};

/// Writes factor (u(i+1) - u(i-1)) / 2 for all points that have both neighbours.
template <class Field>
void difference_inside(const Field& u, Field& result, const AxisPlanes& axis,
                       typename Field::Element factor) {
  if (axis.points < 3) return;
  const auto half = factor / 2;
  Field::Backend::map(TimesDifference<typename Field::Element>{half}, axis.box(axis.points - 2),
                      axis.from(result.mutable_data(), 1), axis.from(u.data(), 2),
                      axis.from(u.data(), 0));
}

template <class Field>
Field periodic_difference(const Field& u, const AxisPlanes& axis, typename Field::Element factor) {
  auto result = Field::uninitialized(u.shape());
  difference_inside(u, result, axis, factor);
  const std::size_t n = axis.points;
  const auto half     = factor / 2;
  for (const std::size_t end : {std::size_t{0}, n - 1})
    Field::Backend::map(TimesDifference<typename Field::Element>{half}, axis.box(1),
                        axis.from(result.mutable_data(), end), axis.from(u.data(), (end + 1) % n),
                        axis.from(u.data(), (end + n - 1) % n));
  return result;
}

template <class Field>
Field open_difference(const Field& u, const AxisPlanes& axis, typename Field::Element factor) {
  using Real  = typename Field::Element;
  auto result = Field::uninitialized(u.shape());
  difference_inside(u, result, axis, factor);
  const std::size_t last = axis.points - 1;
  std::array<Real, 4> c;
  const auto end = [&](std::size_t at, Real sign) {
    const auto plane = [&](std::size_t k) { return axis.from(u.data(), at == 0 ? k : last - k); };
    for (std::size_t k = 0; k < 4; ++k) c[k] = sign * factor * static_cast<Real>(one_sided[k]);
    Field::Backend::map(FourTerms<Real>{c}, axis.box(1), axis.from(result.mutable_data(), at),
                        plane(0), plane(1), plane(2), plane(3));
  };
  end(0, 1);
  end(last, -1);
  return result;
}

/// The transpose of `open_difference`.
template <class Field>
Field open_difference_adjoint(const Field& g, const AxisPlanes& axis,
                              typename Field::Element factor) {
  using Real          = typename Field::Element;
  using Backend       = typename Field::Backend;
  const std::size_t n = axis.points;
  auto result         = Field::uninitialized(g.shape());
  Real* const out     = result.mutable_data();
  const auto half     = factor / 2;
  Backend::map(TimesDifference<typename Field::Element>{half}, axis.box(n - 4), axis.from(out, 2),
               axis.from(g.data(), 1), axis.from(g.data(), 3));
  Backend::map(TimesConstant<Real>{-half}, axis.box(2), axis.from(out, 0), axis.from(g.data(), 1));
  Backend::map(TimesConstant<Real>{half}, axis.box(2), axis.from(out, n - 2),
               axis.from(g.data(), n - 3));
  const auto add_plane = [&](std::size_t plane, std::size_t end, Real weight) {
    Backend::map(PlusMultiple<Real>{weight}, axis.box(1), axis.from(out, plane),
                 axis.from<const Real>(out, plane), axis.from(g.data(), end));
  };
  for (std::size_t k = 0; k < 4; ++k) {
    add_plane(k, 0, factor * static_cast<Real>(one_sided[k]));
    add_plane(n - 1 - k, n - 1, -factor * static_cast<Real>(one_sided[k]));
  }
  return result;
}

/// The derivative along an axis by central differences, and its transpose.
template <class Field>
Field difference(const Field& u, std::size_t axis, double spacing, Boundary boundary) {
  const AxisPlanes planes(u.shape(), axis);
  const auto factor = static_cast<typename Field::Element>(1 / spacing);
  return boundary == Boundary::periodic ? periodic_difference(u, planes, factor)
                                        : open_difference(u, planes, factor);
}
template <class Field>
Field difference_adjoint(const Field& g, std::size_t axis, double spacing, Boundary boundary) {
  const AxisPlanes planes(g.shape(), axis);
  const auto factor = static_cast<typename Field::Element>(1 / spacing);
  return boundary == Boundary::periodic ? periodic_difference(g, planes, -factor)
                                        : open_difference_adjoint(g, planes, factor);
}

template <std::size_t Rank>
void check_difference(const char* name, const Shape<Rank>& shape, std::size_t axis,
                      Boundary boundary) {
  expects(axis < Rank && shape[axis] >= (boundary == Boundary::open ? 4 : 1), name,
          ": expected at least ", boundary == Boundary::open ? "four points" : "one point",
          " along axis ", axis, ", got shape ", shape);
}

struct CentralDifference {
  /// (u(i+1) - u(i-1)) / (2 spacing) along an axis of a real array; at open ends the one-sided
  /// formula of four points. Exact for quadratic polynomials. Throws PreconditionError if the axis
  /// is too short.
  template <field X>
    requires real<element_of<X>>
  auto operator()(const X& x, std::size_t axis, double spacing, Boundary boundary) const {
    check_difference("central_difference", x.shape(), axis, boundary);
    expects(spacing > 0, "central_difference: expected a positive spacing, got ", spacing);
    return evaluate(
        [=](const auto& u) {
          return with_pullbacks(difference(u, axis, spacing, boundary), [=](const auto& g) {
            return difference_adjoint(g, axis, spacing, boundary);
          });
        },
        x);
  }
};

}  // namespace detail

inline constexpr detail::CentralDifference central_difference;

}  // namespace nop
