// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/autodiff/field.hpp>
#include <nop/core/shape.hpp>
#include <nop/ops/axes.hpp>
#include <nop/ops/broadcast.hpp>
#include <nop/ops/mode_channels.hpp>

#include <cstddef>

/// \file
/// What the forms of spectral weights are computed with.

namespace nop {

/// A box of the modes that a weight stores.
template <std::size_t Dim>
struct ModeBox {
  Shape<Dim> first;
  Shape<Dim> extents;
};

namespace detail {

/// The rows of a factor from `first` on, beside `x` on its tape.
template <field X, operand Factor>
auto kept_rows(const X& x, const Factor& factor, std::size_t first, std::size_t count) {
  const auto all = on_tape_of(x, factor);
  if (count == factor.extent(0)) return all;
  auto from = Shape<rank_of<Factor>>{}, shape = factor.shape();
  from[0] = first, shape[0] = count;
  return crop(all, from, shape);
}

/// y[..., r] = sum_n x[..., n] matrix[n, r], in as many rows as x has; the shape of y but for its
/// last axis is `leading`.
template <std::size_t Leading, field X, field Matrix>
auto times_matrix(const X& x, const Matrix& matrix, const Shape<Leading>& leading) {
  const std::size_t n = matrix.extent(0), r = matrix.extent(1);
  return reshape(mix_channels_per_mode(reshape(x, Shape<3>{1, element_count(leading), n}),
                                       reshape(matrix, Shape<3>{1, n, r})),
                 joined(leading, Shape<1>{r}));
}

/// Y_bc(k) = X_bc(k) W_c(k): a spectrum [modes..., batch, channel] and weights [modes..., channel].
template <field Spectrum, field Weight>
auto scale_channels_per_mode(const Spectrum& spectrum, const Weight& weight) {
  constexpr std::size_t rank = rank_of<Spectrum>;
  const std::size_t modes    = element_count(spectrum.shape(), 0, rank - 2),
                    batch = spectrum.extent(rank - 2), channels = spectrum.extent(rank - 1);
  return reshape(broadcast_multiply(reshape(spectrum, Shape<3>{modes, batch, channels}),
                                    reshape(weight, Shape<3>{modes, 1, channels})),
                 spectrum.shape());
}

/// Complex multiplications per mode, to tell the ways of a contraction apart.
struct ContractionCost {
  double factorised;
  double rebuilt;
};

/// The multiplications of a product [rows, depth] [depth, columns].
inline double product_cost(std::size_t rows, std::size_t depth, std::size_t columns) {
  return static_cast<double>(rows) * static_cast<double>(depth) * static_cast<double>(columns);
}

}  // namespace detail

}  // namespace nop
