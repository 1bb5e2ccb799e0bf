// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/shape.hpp>

#include <cstddef>

namespace nop {

namespace detail {

/// The last two axes of a tensor as one matrix for each index of those before.
template <class T>
Matrices<const typename T::Element> last_matrices(const T& t, Form form = Form::plain) {
  const std::size_t columns = t.extent(T::rank - 1);
  return {t.data(), columns, t.extent(T::rank - 2) * columns, form};
}

/// One product for each index of the axes before the last two.
template <class A, class B>
A batched_product(const A& a, Form form_a, const B& b, Form form_b) {
  constexpr std::size_t row = A::rank - 2, column = A::rank - 1;
  auto shape              = a.shape();
  const std::size_t rows  = form_a == Form::plain ? a.extent(row) : a.extent(column);
  const std::size_t depth = form_a == Form::plain ? a.extent(column) : a.extent(row);
  shape[row]              = rows;
  shape[column]           = form_b == Form::plain ? b.extent(column) : b.extent(row);
  auto c                  = A::uninitialized(shape);
  A::Backend::multiply(
      {element_count(shape, 0, row), rows, depth, shape[column]}, last_matrices(a, form_a),
      last_matrices(b, form_b),
      Matrices<typename A::Element>{c.mutable_data(), shape[column], rows * shape[column]},
      Update::overwrite);
  return c;
}

constexpr Form flipped(Form form) { return form == Form::plain ? Form::adjoint : Form::plain; }

struct MatrixProduct {
  /// One product of matrices for each index of the axes before the last two, each factor as it is
  /// or as its conjugate transpose: [..., rows, depth] and [..., depth, columns] to [..., rows,
  /// columns]. Throws PreconditionError if they do not fit.
  template <operand A, operand B>
    requires(rank_of<A> == rank_of<B> && rank_of<A> >= 2)
  auto operator()(const A& a, Form form_a, const B& b, Form form_b) const {
    constexpr std::size_t row = rank_of<A> - 2, column = rank_of<A> - 1;
    bool fits = a.extent(form_a == Form::plain ? column : row) ==
                b.extent(form_b == Form::plain ? row : column);
    for (std::size_t axis = 0; axis < row; ++axis) fits = fits && a.extent(axis) == b.extent(axis);
    expects(fits, "matrix_product: expected factors that fit, got ", a.shape(), described(form_a),
            " and ", b.shape(), described(form_b));
    return evaluate(
        [=](const auto& x, const auto& y) {
          return with_pullbacks(
              batched_product(x, form_a, y, form_b),
              [y, form_a, form_b](const auto& g) {
                return form_a == Form::plain ? batched_product(g, Form::plain, y, flipped(form_b))
                                             : batched_product(y, form_b, g, Form::adjoint);
              },
              [x, form_a, form_b](const auto& g) {
                return form_b == Form::plain ? batched_product(x, flipped(form_a), g, Form::plain)
                                             : batched_product(g, Form::adjoint, x, form_a);
              });
        },
        a, b);
  }

  /// Of both as they are.
  template <operand A, operand B>
  auto operator()(const A& a, const B& b) const {
    return (*this)(a, Form::plain, b, Form::plain);
  }

 private:
  static const char* described(Form form) { return form == Form::plain ? "" : " as its adjoint"; }
};

}  // namespace detail

inline constexpr detail::MatrixProduct matrix_product;

}  // namespace nop
