// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/parallel.hpp>
#include <nop/backend/cpu/simd.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/scratch.hpp>
#include <nop/core/shape.hpp>

#include <algorithm>
#include <array>
#include <complex>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace nop::cpu {

namespace detail {

/// Elements per parallel block: a multiple of any SIMD width, and fixed, so that results do not
/// depend on the number of threads. From this many blocks on, waking a thread pays.
inline constexpr std::size_t block_elements    = 8192;
inline constexpr std::size_t worthwhile_blocks = 4;

/// A row of an operand: `step` is mostly 1, for consecutive elements, or 0, for one repeated value.
template <class Element>
struct Row {
  Element* data;
  std::size_t step;
};

/// True if every operand is of one real type, so that SIMD registers of it can be used.
template <class... Element>
inline constexpr bool same_real = false;
template <class First, class... Rest>
inline constexpr bool same_real<First, Rest...> =
    real<std::remove_const_t<First>> &&
    (std::is_same_v<std::remove_const_t<First>, std::remove_const_t<Rest>> && ...);

/// `count` elements from `i` on, fewer than a register holds or not next to each other. Lanes that
/// are left over repeat the last of them, so that no lane sees a value nobody asked for.
template <class Element>
[[gnu::noinline]] Batch<Element> gather(const Row<Element>& row, std::size_t i, std::size_t count) {
  std::array<std::remove_const_t<Element>, lanes<Element>> values;
  for (std::size_t lane = 0; lane < values.size(); ++lane)
    values[lane] = row.data[row.step * (i + std::min(lane, count - 1))];
  return Batch<Element>::load_unaligned(values.data());
}

/// A row to be read register by register: elements next to each other, or one value that was copied
/// into every lane beforehand and is read again and again. Either way a read is a load.
template <class Element>
class Stream {
 public:
  explicit Stream(const Row<Element>& row) : row_(row), step_(row.step) {
    if (row.step != 0) return;
    repeated_.fill(*row.data);
  }
  [[nodiscard]] bool is_flat() const { return step_ <= 1; }
  /// Whether what was written to `out` before does not change what is read from here.
  [[nodiscard]] bool is_apart_from(const Element* out) const { return row_.data != out; }

  /// All lanes from element i on; of a flat stream only.
  [[nodiscard]] Batch<Element> load(std::size_t i) const {
    return Batch<Element>::load_unaligned((step_ == 0 ? repeated_.data() : row_.data) + step_ * i);
  }
  /// `count` of them.
  [[nodiscard]] Batch<Element> load(std::size_t i, std::size_t count) const {
    return is_flat() && count == lanes<Element> ? load(i) : gather(row_, i, count);
  }

 private:
  Row<Element> row_;
  std::size_t step_;
  std::array<std::remove_const_t<Element>, lanes<Element>> repeated_;
};

/// Writes the first `count` lanes.
template <class Element>
void store(const Batch<Element>& batch, const Row<Element>& row, std::size_t i, std::size_t count) {
  if (row.step == 1 && count == lanes<Element>) return batch.store_unaligned(row.data + i);
  std::array<Element, lanes<Element>> values;
  batch.store_unaligned(values.data());
  for (std::size_t lane = 0; lane < count; ++lane) row.data[row.step * (i + lane)] = values[lane];
}

/// The elements from `begin` on of `map_streams`, at the end of a row or not next to each other.
/// Kept apart: a call inside of a loop would empty the registers, and f may have many constants.
/// Of a row that is longer than a register the last one is full: what it has in common with the one
/// before is computed again.
template <class F, class Out, class... In>
[[gnu::noinline]] void map_rest(const F& f, std::size_t begin, std::size_t count,
                                const Row<Out>& out, const Stream<In>&... in) {
  const bool again = out.step == 1 && count > lanes<Out> && count - begin < lanes<Out> &&
                     ((in.is_flat() && in.is_apart_from(out.data)) && ...);
  for (std::size_t i = again ? count - lanes<Out> : begin; i < count; i += lanes<Out>) {
    const std::size_t n = std::min(lanes<Out>, count - i);
    store(Batch<Out>(f(in.load(i, n)...)), out, i, n);
  }
}

/// out[i] = f(in[i]...) along one row of streams.
template <class F, class Out, class... In>
void map_streams(const F& f, std::size_t count, const Row<Out>& out, const Stream<In>&... in) {
  constexpr std::size_t width = lanes<Out>;
  std::size_t i               = 0;
  if (out.step == 1 && (in.is_flat() && ...))
    for (; i + width <= count; i += width)
      Batch<Out>(f(in.load(i)...)).store_unaligned(out.data + i);
  if (i < count) map_rest(f, i, count, out, in...);
}

/// out[i] = f(in[i]...) along one row.
template <class F, class Out, class... In>
void map_row(const F& f, std::size_t count, const Row<Out>& out, const Row<In>&... in) {
  if constexpr (same_real<Out, In...>)
    map_streams(f, count, out, Stream<In>(in)...);
  else
    for (std::size_t i = 0; i < count; ++i) out.data[out.step * i] = f(in.data[in.step * i]...);
}

/// The sum of the elements from `begin` on; see `map_rest`.
template <class Real, class F, class... In>
[[gnu::noinline]] Real sum_rest(const F& f, std::size_t begin, std::size_t count,
                                const Stream<In>&... in) {
  std::array<Real, lanes<Real>> parts;
  Real total = 0;
  for (std::size_t i = begin; i < count; i += parts.size()) {
    const std::size_t n = std::min(parts.size(), count - i);
    Batch<Real>(f(in.load(i, n)...)).store_unaligned(parts.data());
    for (std::size_t lane = 0; lane < n; ++lane) total += parts[lane];
  }
  return total;
}

/// The sum of f(in[i]...) along one row of streams, of which `Real` is the type.
template <class Real, class F, class... In>
Real sum_streams(const F& f, std::size_t count, const Stream<In>&... in) {
  constexpr std::size_t width = lanes<Real>;
  Batch<Real> sums(Real(0));
  std::size_t i = 0;
  if ((in.is_flat() && ...))
    for (; i + width <= count; i += width) sums += f(in.load(i)...);
  return xsimd::hadd(sums) + (i < count ? sum_rest<Real>(f, i, count, in...) : Real(0));
}

/// The sum of f(in[i]...) along one row.
template <class Out, class F, class... In>
Out sum_row(const F& f, std::size_t count, const Row<In>&... in) {
  if constexpr (same_real<Out, In...>) {
    return sum_streams<Out>(f, count, Stream<In>(in)...);
  } else {
    Out total{};
    for (std::size_t i = 0; i < count; ++i) total += f(in.data[in.step * i]...);
    return total;
  }
}

/// A box whose axes lie one behind the other in every operand is a shorter box with longer rows.
template <class... Element>
void merge_axes(Shape<3>& box, Operand<Element>&... operand) {
  for (int pass = 0; pass < 2; ++pass) {
    const bool inner_is_flat = ((operand.step[1] == operand.step[2] * box[2]) && ...);
    if (!inner_is_flat && box[2] != 1 && box[1] != 1) return;
    if (box[2] == 1) ((operand.step[2] = operand.step[1]), ...);
    box = {1, box[0], box[1] * box[2]};
    ((operand.step = {0, operand.step[0], operand.step[2]}), ...);
  }
}

template <class Element>
Row<Element> row_of(const Operand<Element>& operand, std::size_t outer, std::size_t middle,
                    std::size_t begin = 0) {
  return {
      operand.data + outer * operand.step[0] + middle * operand.step[1] + begin * operand.step[2],
      operand.step[2]};
}

}  // namespace detail

/// out[i] = f(i).
template <class F, class Out>
void generate(const F& f, Out* out, std::size_t count) {
  parallel_blocks(count, detail::block_elements, detail::worthwhile_blocks,
                  [&](std::size_t begin, std::size_t end) {
                    for (std::size_t i = begin; i < end; ++i) out[i] = f(i);
                  });
}

/// out = f(in...) over a box.
template <class F, class Out, class... In>
void map(const F& f, Shape<3> box, Operand<Out> out, Operand<In>... in) {
  if (element_count(box) == 0) return;
  detail::merge_axes(box, out, in...);
  const std::size_t rows   = box[0] * box[1];
  const std::size_t pieces = (box[2] + detail::block_elements - 1) / detail::block_elements;
  const std::size_t group  = std::max<std::size_t>(1, detail::block_elements / box[2]);
  parallel_blocks(
      rows * pieces, group, detail::worthwhile_blocks, [&](std::size_t first, std::size_t last) {
        for (std::size_t task = first; task < last; ++task) {
          const std::size_t row = task / pieces, begin = task % pieces * detail::block_elements;
          const std::size_t count = std::min(detail::block_elements, box[2] - begin);
          const std::size_t o = row / box[1], m = row % box[1];
          detail::map_row(f, count, detail::row_of(out, o, m, begin),
                          detail::row_of(in, o, m, begin)...);
        }
      });
}

namespace detail {

/// In what numbers many partial sums are added up.
template <class Out>
using Wide = std::conditional_t<real<Out>, double, std::complex<double>>;

/// Adds up the partial sums of the rows of a box, `pieces` for each, in their order.
template <class Out>
void sum_partial(const Shape<3>& box, std::size_t pieces, const Wide<Out>* partial,
                 const Operand<Out>& out) {
  const std::size_t outer_kept = out.step[0] != 0 ? box[0] : 1, outer_summed = box[0] / outer_kept;
  const std::size_t middle_kept   = out.step[1] != 0 ? box[1] : 1,
                    middle_summed = box[1] / middle_kept;
  for (std::size_t o = 0; o < outer_kept; ++o)
    for (std::size_t m = 0; m < middle_kept; ++m) {
      Wide<Out> total{};
      for (std::size_t os = 0; os < outer_summed; ++os)
        for (std::size_t ms = 0; ms < middle_summed; ++ms)
          for (std::size_t p = 0; p < pieces; ++p)
            total += partial[((o + os) * box[1] + m + ms) * pieces + p];
      out.data[o * out.step[0] + m * out.step[1]] = static_cast<Out>(total);
    }
}

/// Sums over the innermost axis and possibly others. Pieces of rows are added up separately, then
/// in double precision in their order.
template <class F, class Out, class... In>
void sum_rows(const F& f, const Shape<3>& box, const Operand<Out>& out, const Operand<In>&... in) {
  const std::size_t rows = box[0] * box[1];
  const std::size_t pieces =
      std::max<std::size_t>(1, (box[2] + block_elements - 1) / block_elements);
  const std::size_t group =
      std::max<std::size_t>(1, block_elements / std::max<std::size_t>(1, box[2]));
  const Scratch<Wide<Out>> partial(rows * pieces);
  parallel_blocks(rows * pieces, group, worthwhile_blocks,
                  [&](std::size_t first, std::size_t last) {
                    for (std::size_t task = first; task < last; ++task) {
                      const std::size_t row = task / pieces, begin = task % pieces * block_elements;
                      const std::size_t count = std::min(block_elements, box[2] - begin);
                      const std::size_t o = row / box[1], m = row % box[1];
                      partial[task] = Wide<Out>(sum_row<Out>(f, count, row_of(in, o, m, begin)...));
                    }
                  });
  sum_partial(box, pieces, partial.data(), out);
}

/// Sums over the outer axes and keeps the innermost one.
template <class F, class Out, class... In>
void sum_columns(const F& f, const Shape<3>& box, const Operand<Out>& out,
                 const Operand<In>&... in) {
  constexpr std::size_t piece  = 1024;
  const std::size_t outer_kept = out.step[0] != 0 ? box[0] : 1, outer_summed = box[0] / outer_kept;
  const std::size_t middle_kept   = out.step[1] != 0 ? box[1] : 1,
                    middle_summed = box[1] / middle_kept;
  const std::size_t pieces        = (box[2] + piece - 1) / piece;
  parallel_for(outer_kept * middle_kept * pieces, [&](std::size_t task) {
    const std::size_t begin = task % pieces * piece, count = std::min(piece, box[2] - begin);
    const std::size_t o = task / pieces / middle_kept, m = task / pieces % middle_kept;
    std::array<Out, piece> total, term;
    std::fill_n(total.begin(), count, Out{});
    for (std::size_t os = 0; os < outer_summed; ++os)
      for (std::size_t ms = 0; ms < middle_summed; ++ms) {
        map_row(f, count, Row<Out>{term.data(), 1}, row_of(in, o + os, m + ms, begin)...);
        for (std::size_t i = 0; i < count; ++i) total[i] += term[i];
      }
    const Row<Out> row = row_of(out, o, m, begin);
    for (std::size_t i = 0; i < count; ++i) row.data[row.step * i] = total[i];
  });
}

}  // namespace detail

/// out = sum of f(in...) over the axes of the box along which `out` has step 0.
template <class F, class Out, class... In>
void sum(const F& f, Shape<3> box, Operand<Out> out, Operand<In>... in) {
  detail::merge_axes(box, out, in...);
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (out.step[axis] != 0 && box[axis] == 0) return;
  if (out.step[2] == 0)
    detail::sum_rows(f, box, out, in...);
  else
    detail::sum_columns(f, box, out, in...);
}

}  // namespace nop::cpu
