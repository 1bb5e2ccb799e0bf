// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/shape.hpp>
#include <nop/ops/axes.hpp>
#include <nop/ops/map.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace nop {

namespace detail {

/// Where the taps of a kernel find their points. In a field that is surrounded by as many zeros as
/// the kernel reaches beyond it, each tap is the whole field, moved by a constant: rows of the
/// surrounded grid are taken with what stands between them, and the results there are not used.
template <std::size_t Dim>
struct Taps {
  Shape<Dim> grid, kernel;
  Shape<Dim> left;        ///< zeros before the first point, floor((kernel - 1) / 2)
  Shape<Dim> surrounded;  ///< the grid with all zeros

  Taps(const Shape<Dim>& grid_, const Shape<Dim>& kernel_) : grid(grid_), kernel(kernel_) {
    for (std::size_t a = 0; a < Dim; ++a) {
      left[a]       = (kernel[a] - 1) / 2;
      surrounded[a] = grid[a] + kernel[a] - 1;
    }
  }

  [[nodiscard]] std::size_t count() const { return element_count(kernel); }
  [[nodiscard]] std::size_t plane() const { return element_count(surrounded); }
  /// From the first to the last point of the grid in the surrounded one.
  [[nodiscard]] std::size_t span() const {
    auto last = grid;
    for (std::size_t a = 0; a < Dim; ++a) --last[a];
    return offset_of(last, surrounded) + 1;
  }
  /// How far a tap is moved.
  [[nodiscard]] std::size_t offset(std::size_t tap) const {
    Shape<Dim> index;
    for (std::size_t a = Dim; a-- > 0; tap /= kernel[a]) index[a] = tap % kernel[a];
    return offset_of(index, surrounded);
  }

  /// A field in the surrounded grid, with its first point at `at`.
  template <class Field>
  Field surround(const Field& x, const Shape<Dim>& at) const {
    return padded(x, joined(Shape<2>{}, at),
                  joined(Shape<2>{x.extent(0), x.extent(1)}, surrounded));
  }
  template <class Field>
  Field inside(const Field& x, const Shape<Dim>& at) const {
    return cropped(x, joined(Shape<2>{}, at), joined(Shape<2>{x.extent(0), x.extent(1)}, grid));
  }
  /// One matrix [channels, points] a sample of a surrounded field, moved by some points. A batch of
  /// none has no memory to be moved in.
  template <class Element>
  Matrices<Element> samples(Element* data, std::size_t channels, std::size_t moved = 0,
                            Form form = Form::plain) const {
    return {moved_by(data, moved), plane(), channels * plane(), form};
  }
};

struct LocalConvolution {
  /// y_o(p) = sum_t sum_i weight_toi x_i(p + t - floor((k - 1) / 2)) over the points t of a kernel
  /// of k points along each axis, where x is 0 outside of its grid: a cross-correlation that keeps
  /// the grid. [batch, in, grid...] and a weight [kernel..., out, in] to [batch, out, grid...].
  /// Throws PreconditionError if the channels differ or something is empty.
  template <operand X, operand Weight>
    requires(rank_of<Weight> == rank_of<X>)
  auto operator()(const X& x, const Weight& weight) const {
    constexpr std::size_t dim = rank_of<X> - 2;
    expects(weight.extent(dim + 1) == x.extent(1) && element_count(weight.shape()) > 0 &&
                element_count(x.shape(), 1) > 0,
            "local_convolution: expected a field of at least one point and a weight [kernel..., "
            "out, in] for its channels, got ",
            x.shape(), " and ", weight.shape());
    return evaluate([](const auto& u, const auto& w) { return rule(u, w); }, x, weight);
  }

 private:
  template <class Field, class Weight>
  static auto rule(const Field& x, const Weight& weight) {
    constexpr std::size_t dim = Field::rank - 2;
    const Taps<dim> taps(grid_of(x.shape()), subshape<0, dim>(weight.shape()));
    return with_pullbacks(
        result(taps, x, weight), [taps, weight](const auto& g) { return by_x(taps, g, weight); },
        [taps, x](const auto& g) { return by_weight(taps, g, x); });
  }

  template <std::size_t Dim, class Field, class Weight>
  static Field result(const Taps<Dim>& taps, const Field& x, const Weight& weight) {
    using Element         = typename Field::Element;
    const std::size_t out = weight.extent(Dim), in = weight.extent(Dim + 1);
    const auto surrounded = taps.surround(x, taps.left);
    auto y                = Field::uninitialized(with_channels(surrounded.shape(), out));
    const auto into       = taps.samples(y.mutable_data(), out);
    for (std::size_t tap = 0; tap < taps.count(); ++tap)
      Field::Backend::multiply({x.extent(0), out, in, taps.span()},
                               Matrices<const Element>{weight.data() + tap * out * in, in, 0},
                               taps.samples(surrounded.data(), in, taps.offset(tap)), into,
                               tap == 0 ? Update::overwrite : Update::add);
    return taps.inside(y, {});
  }

  template <std::size_t Dim, class Field, class Weight>
  static Field by_x(const Taps<Dim>& taps, const Field& g, const Weight& weight) {
    using Element         = typename Field::Element;
    const std::size_t out = weight.extent(Dim), in = weight.extent(Dim + 1);
    const auto surrounded = taps.surround(g, {});
    Field gx(with_channels(surrounded.shape(), in));
    for (std::size_t tap = 0; tap < taps.count(); ++tap)
      Field::Backend::multiply(
          {g.extent(0), in, out, taps.span()},
          Matrices<const Element>{weight.data() + tap * out * in, in, 0, Form::adjoint},
          taps.samples(surrounded.data(), out),
          taps.samples(gx.mutable_data(), in, taps.offset(tap)), Update::add);
    return taps.inside(gx, taps.left);
  }

  template <std::size_t Dim, class Field>
  static Field by_weight(const Taps<Dim>& taps, const Field& g, const Field& x) {
    using Element         = typename Field::Element;
    const std::size_t out = g.extent(1), in = x.extent(1);
    const auto of_g = taps.surround(g, {}), of_x = taps.surround(x, taps.left);
    auto gw = Field::uninitialized(joined(taps.kernel, Shape<2>{out, in}));
    for (std::size_t tap = 0; tap < taps.count(); ++tap)
      Field::Backend::multiply({g.extent(0), out, taps.span(), in}, taps.samples(of_g.data(), out),
                               taps.samples(of_x.data(), in, taps.offset(tap), Form::adjoint),
                               Matrices<Element>{gw.mutable_data() + tap * out * in, in, 0},
                               Update::overwrite);
    return gw;
  }
};

}  // namespace detail

inline constexpr detail::LocalConvolution local_convolution;

}  // namespace nop
