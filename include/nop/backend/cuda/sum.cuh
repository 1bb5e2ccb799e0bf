// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/axes.cuh>
#include <nop/backend/cuda/map.cuh>
#include <nop/backend/cuda/memory.cuh>
#include <nop/backend/cuda/strided.cuh>
#include <nop/backend/cuda/sum_columns.cuh>
#include <nop/backend/cuda/sum_rows.cuh>
#include <nop/core/functors.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>

#include <algorithm>
#include <complex>
#include <cstddef>
#include <type_traits>

namespace nop::cuda {

namespace detail {

/// In what numbers many partial sums are added up.
template <class Out>
using Wide = std::conditional_t<real<Out>, double, std::complex<double>>;

template <class Element>
struct SumOfNothing {
  constexpr on_device<Element> operator()() const { return on_device<Element>(0); }
};

template <class Total, class F, class Out, class... In>
void sum_parts(std::size_t most, const F& f, const Shape<3>& box, const Operand<Out>& out,
               const Operand<const In>&... in);

/// Adds up partial sums, laid out row by row in a box of which `out` has step 0 along one axis.
template <class Out>
void sum_partial(Shape<3> box, Operand<Out> out, const Out* partial) {
  Operand<const Out> in = whole(partial, box);
  merge_axes(box, out.step, in.step);
  sum_parts<Wide<Out>>(most_at_once, Same{}, box, out, in);
}

/// Sums over the innermost axis and possibly others.
template <class Total, class F, class Out, class... In>
void sum_all_rows(const F& f, const KeptAndSummed& box, const Operand<Out>& out,
                  const Operand<const In>&... in) {
  constexpr unsigned width = elements_per_access<In...>;
  const bool in_runs       = box.summed[2] % width == 0 && (has_runs(in, width) && ...);
  const RowPieces how(element_count(box.kept), element_count(box.summed) / (in_runs ? width : 1));
  const auto sum_to = [&](const auto& to) {
    if (in_runs)
      sum_rows<width, Total>(f, box, how, to, in...);
    else
      sum_rows<1, Total>(f, box, how, to, in...);
  };
  if (how.pieces == 1) return sum_to(out);
  const Shape<3> pieces = {box.kept[0], box.kept[1], how.pieces};
  const Scratch<Out> partial(element_count(pieces));
  sum_to(whole(partial.data(), pieces));
  sum_partial(pieces, {out.data, {out.step[0], out.step[1], 0}}, partial.data());
}

/// Sums over the outer axes and keeps the innermost one.
template <class Total, class F, class Out, class... In>
void sum_all_columns(const F& f, const KeptAndSummed& box, const Operand<Out>& out,
                     const Operand<const In>&... in) {
  const std::size_t rows = box.kept[0] * box.kept[1], columns = box.kept[2];
  const ColumnPieces how(rows, columns, element_count(box.summed));
  if (how.pieces == 1) return sum_columns<Total>(f, box, how, out, 0, in...);
  const Shape<3> pieces = {how.pieces, rows, columns};
  const Scratch<Out> partial(element_count(pieces));
  const Operand<Out> part = {partial.data(), {columns, columns, 1}};
  sum_columns<Total>(f, box, how, part, rows * columns, in...);
  const std::size_t row_step = box.kept[0] > 1 ? out.step[0] : out.step[1];
  sum_partial(pieces, {out.data, {0, row_step, out.step[2]}}, partial.data());
}

/// By kernels that take no more than `most` terms each, which add up as `Total`s. Axes of extent 1
/// are those that vanished.
template <class Total, class F, class Out, class... In>
void sum_parts(std::size_t most, const F& f, const Shape<3>& box, const Operand<Out>& out,
               const Operand<const In>&... in) {
  const std::size_t axis = axis_to_cut(box, most, out.step, in.step...);
  const KeptAndSummed axes(box, out);
  if (axis < 3) {
    Shape<3> first = box, second = box;
    first[axis] /= 2;
    second[axis] -= first[axis];
    if (out.step[axis] != 0) {
      sum_parts<Total>(most, f, first, out, in...);
      sum_parts<Total>(most, f, second, operand_from(out, axis, first[axis]),
                       operand_from(in, axis, first[axis])...);
      return;
    }
    Shape<3> halves = axes.kept;
    halves[axis]    = 2;
    const Scratch<Out> partial(element_count(halves));
    auto part                     = whole(partial.data(), halves);
    const std::size_t second_half = part.step[axis];
    for (std::size_t other = 0; other < 3; ++other)
      if (out.step[other] == 0) part.step[other] = 0;
    sum_parts<Total>(most, f, first, part, in...);
    part.data += second_half;
    sum_parts<Total>(most, f, second, part, operand_from(in, axis, first[axis])...);
    sum_partial(halves, out, partial.data());
  } else if (out.step[2] == 0) {
    sum_all_rows<Total>(f, axes, out, in...);
  } else {
    sum_all_columns<Total>(f, axes, out, in...);
  }
}

}  // namespace detail

/// out = sum of f(in...) over the axes of the box along which `out` has step 0. The terms become
/// elements of `out` before they are added up, always in the same order.
template <class F, class Out, class... In>
void sum(const F& f, Shape<3> box, Operand<Out> out, Operand<In>... in) {
  Shape<3> kept = KeptAndSummed(box, out).kept;
  if (element_count(kept) == 0) return;
  if (element_count(box) == 0) return map(detail::SumOfNothing<Out>{}, kept, out);
  merge_axes(box, out.step, in.step...);
  detail::sum_parts<Out>(most_at_once, f, box, out, Operand<const In>{in.data, in.step}...);
}

}  // namespace nop::cuda
