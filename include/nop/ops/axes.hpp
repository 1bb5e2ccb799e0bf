// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/shape.hpp>

#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace nop {

namespace detail {

/// The distance in memory between neighbours along each axis of a contiguous array.
template <std::size_t Rank>
constexpr Shape<Rank> steps_of(const Shape<Rank>& shape) {
  Shape<Rank> steps;
  for (std::size_t axis = 0; axis < Rank; ++axis) steps[axis] = element_count(shape, axis + 1);
  return steps;
}

template <std::size_t Rank>
constexpr std::size_t offset_of(const Shape<Rank>& index, const Shape<Rank>& shape) {
  std::size_t offset = 0;
  for (std::size_t axis = 0; axis < Rank; ++axis) offset = offset * shape[axis] + index[axis];
  return offset;
}

/// Does the box of extents `part` at `from` lie inside `whole`?
template <std::size_t Rank>
constexpr bool fits(const Shape<Rank>& from, const Shape<Rank>& part, const Shape<Rank>& whole) {
  for (std::size_t axis = 0; axis < Rank; ++axis)
    if (from[axis] > whole[axis] || part[axis] > whole[axis] - from[axis]) return false;
  return true;
}

/// target[target_at + i] = source[source_at + i] for i inside `extents`.
template <class Source, class Target>
void copy_box(const Source& source, const typename Source::ShapeType& source_at, Target& target,
              const typename Source::ShapeType& target_at,
              const typename Source::ShapeType& extents) {
  if (element_count(extents) == 0) return;
  Source::Backend::copy_strided(
      extents, source.data() + offset_of(source_at, source.shape()), steps_of(source.shape()),
      target.mutable_data() + offset_of(target_at, target.shape()), steps_of(target.shape()));
}

template <class Field>
Field cropped(const Field& x, const typename Field::ShapeType& from,
              const typename Field::ShapeType& shape) {
  auto part = Field::uninitialized(shape);
  copy_box(x, from, part, {}, shape);
  return part;
}

template <class Field>
Field padded(const Field& x, const typename Field::ShapeType& at,
             const typename Field::ShapeType& shape) {
  Field whole(shape);
  copy_box(x, {}, whole, at, x.shape());
  return whole;
}

struct Crop {
  /// The box of extents `shape` that starts at `from`. Throws PreconditionError if it is not
  /// inside.
  template <field X>
  auto operator()(const X& x, const Shape<rank_of<X>>& from, const Shape<rank_of<X>>& shape) const {
    expects(fits(from, shape, x.shape()), "crop: expected a box inside ", x.shape(), ", got ",
            shape, " from ", from);
    return evaluate(
        [&](const auto& value) {
          return with_pullbacks(
              cropped(value, from, shape),
              [from, whole = value.shape()](const auto& g) { return padded(g, from, whole); });
        },
        x);
  }
};

struct Pad {
  /// An array of extents `shape` that holds x at `at` and zeros elsewhere. Throws PreconditionError
  /// if x does not fit.
  template <field X>
  auto operator()(const X& x, const Shape<rank_of<X>>& at, const Shape<rank_of<X>>& shape) const {
    expects(fits(at, x.shape(), shape), "pad: expected room for ", x.shape(), " at ", at, ", got ",
            shape);
    return evaluate(
        [&](const auto& value) {
          return with_pullbacks(
              padded(value, at, shape),
              [at, part = value.shape()](const auto& g) { return cropped(g, at, part); });
        },
        x);
  }
};

struct ConcatChannels {
  /// The channels of a followed by those of b. Throws PreconditionError unless batch and grid
  /// agree.
  template <field A, field B>
    requires(rank_of<A> == rank_of<B>)
  auto operator()(const A& a, const B& b) const {
    auto expected = a.shape();
    expected[1]   = b.extent(1);
    expects(b.shape() == expected, "concat_channels: expected batch and grid of ", a.shape(),
            ", got ", b.shape());
    return evaluate(
        [](const auto& first, const auto& second) {
          using Field = std::remove_cvref_t<decltype(first)>;
          auto shape  = first.shape();
          auto at     = typename Field::ShapeType{};
          at[1]       = first.extent(1);
          shape[1] += second.extent(1);
          auto both = Field::uninitialized(shape);
          copy_box(first, {}, both, {}, first.shape());
          copy_box(second, {}, both, at, second.shape());
          return with_pullbacks(
              std::move(both),
              [part = first.shape()](const auto& g) { return cropped(g, {}, part); },
              [at, part = second.shape()](const auto& g) { return cropped(g, at, part); });
        },
        a, b);
  }
};

struct Reshape {
  /// The same elements in the same order under another shape. Throws PreconditionError if the
  /// number of elements changes.
  template <field X, std::size_t Rank>
  auto operator()(const X& x, const Shape<Rank>& shape) const {
    return evaluate(
        [&](const auto& value) {
          return with_pullbacks(value.reshaped(shape),
                                [old = value.shape()](const auto& g) { return g.reshaped(old); });
        },
        x);
  }
};

/// [rows, columns] to [columns, rows].
template <class Matrix>
Matrix transposed(const Matrix& matrix) {
  const std::size_t rows = matrix.extent(0), columns = matrix.extent(1);
  auto result = Matrix::uninitialized({columns, rows});
  if (result.size() == 0) return result;
  Matrix::Backend::copy_strided(Shape<2>{columns, rows}, matrix.data(), Shape<2>{1, columns},
                                result.mutable_data(), Shape<2>{rows, 1});
  return result;
}

struct AxisProduct {
  /// y[..., r, ...] = sum_n matrix[r, n] x[..., n, ...] along one axis: a linear map of that axis,
  /// such as a finite difference or an interpolation. Throws PreconditionError if the matrix does
  /// not have a column for each point.
  template <field X>
  auto operator()(const X& x, const Tensor<element_of<X>, 2, backend_of<X>>& matrix,
                  std::size_t axis) const {
    check(x, matrix, axis);
    return evaluate(
        [&](const auto& value) {
          return with_pullbacks(
              product(value, matrix, axis, Form::plain),
              [matrix, axis](const auto& g) { return product(g, matrix, axis, Form::adjoint); });
        },
        x);
  }

  /// The same for a matrix that is trained or computed, such as a factor of a tensor.
  template <operand X, operand Matrix>
    requires(rank_of<Matrix> == 2 && !std::same_as<Matrix, Tensor<element_of<X>, 2, backend_of<X>>>)
  auto operator()(const X& x, const Matrix& matrix, std::size_t axis) const {
    check(x, matrix, axis);
    return evaluate(
        [axis](const auto& value, const auto& m) {
          return with_pullbacks(
              product(value, m, axis, Form::plain),
              [m, axis](const auto& g) { return product(g, m, axis, Form::adjoint); },
              [value, axis](const auto& g) { return outer_sum(g, value, axis); });
        },
        x, matrix);
  }

 private:
  template <class X, class Matrix>
  static void check(const X& x, const Matrix& matrix, std::size_t axis) {
    expects(axis < rank_of<X> && matrix.extent(1) == x.extent(axis),
            "axis_product: expected a matrix of ", axis < rank_of<X> ? x.extent(axis) : 0,
            " columns for axis ", axis, " of ", x.shape(), ", got ", matrix.shape());
  }

  /// The axis of an array as the rows of `outer` matrices.
  template <class Field>
  static auto slices(const Field& x, std::size_t axis, Form form = Form::plain) {
    const std::size_t inner = element_count(x.shape(), axis + 1);
    return Matrices<const typename Field::Element>{x.data(), inner, x.extent(axis) * inner, form};
  }

  template <class Field, class Matrix>
  static Field product(const Field& x, const Matrix& matrix, std::size_t axis, Form form) {
    const std::size_t rows  = form == Form::plain ? matrix.extent(0) : matrix.extent(1);
    const std::size_t outer = element_count(x.shape(), 0, axis), n = x.extent(axis);
    const std::size_t inner = element_count(x.shape(), axis + 1);
    auto shape              = x.shape();
    shape[axis]             = rows;
    using Element           = typename Field::Element;
    using Input             = Matrices<const Element>;
    auto y                  = Field::uninitialized(shape);
    if (inner == 1) {  // one product of all lines, which are rows: y = x matrix^T
      const auto turned = transposed(matrix);
      Field::Backend::multiply({1, outer, n, rows}, Input{x.data(), n, 0},
                               Input{turned.data(), matrix.extent(0), 0, form},
                               Matrices<Element>{y.mutable_data(), rows, 0}, Update::overwrite);
      return y;
    }
    Field::Backend::multiply(
        {outer, rows, n, inner}, Input{matrix.data(), matrix.extent(1), 0, form}, slices(x, axis),
        Matrices<Element>{y.mutable_data(), inner, rows * inner}, Update::overwrite);
    return y;
  }

  /// sum g[..., r, ...] conj(x[..., n, ...]): the gradient by the matrix.
  template <class Field>
  static auto outer_sum(const Field& g, const Field& x, std::size_t axis) {
    using Element           = typename Field::Element;
    using Matrix            = Tensor<Element, 2, typename Field::Backend>;
    const std::size_t outer = element_count(x.shape(), 0, axis), rows = g.extent(axis);
    const std::size_t inner = element_count(x.shape(), axis + 1), n = x.extent(axis);
    if (inner == 1) {  // the lines are rows: the transpose of x^H g
      auto product = Matrix::uninitialized({n, rows});
      Field::Backend::multiply(
          {1, n, outer, rows}, Matrices<const Element>{x.data(), n, 0, Form::adjoint},
          Matrices<const Element>{g.data(), rows, 0},
          Matrices<Element>{product.mutable_data(), rows, 0}, Update::overwrite);
      return transposed(product);
    }
    auto product = Matrix::uninitialized({rows, n});
    Field::Backend::multiply({outer, rows, inner, n}, slices(g, axis),
                             slices(x, axis, Form::adjoint),
                             Matrices<Element>{product.mutable_data(), n, 0}, Update::overwrite);
    return product;
  }
};

}  // namespace detail

inline constexpr detail::Crop crop;
inline constexpr detail::Pad pad;
inline constexpr detail::ConcatChannels concat_channels;
inline constexpr detail::Reshape reshape;
inline constexpr detail::AxisProduct axis_product;

}  // namespace nop
