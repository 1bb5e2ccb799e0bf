// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/expects.hpp>
#include <nop/core/host_memory.hpp>
#include <nop/core/shape.hpp>
#include <nop/layers/domain_padding.hpp>

#include <cstddef>
#include <vector>

namespace nop {

/// The grids on which the layers of a model answer, one for each; the last one is that of the
/// result. None of them has the margins of a domain padding.
///
///     model(x, LayerGrids<2>{{{16, 16}, {16, 16}, {32, 32}}})
template <std::size_t Dim>
struct LayerGrids {
  std::vector<Shape<Dim>> grids;
};

namespace detail {

/// The grids with the margins that they have beside a field on `own`. Throws PreconditionError
/// unless there is one with points for each of so many layers.
template <std::size_t Dim>
HostVector<Shape<Dim>> with_margins(const LayerGrids<Dim>& told, const DomainPadding<Dim>& padding,
                                    const Shape<Dim>& own, std::size_t layers, const char* model) {
  expects(told.grids.size() == layers, model, ": expected a grid for each of ", layers,
          " layers, got ", told.grids.size());
  HostVector<Shape<Dim>> padded(layers);
  for (std::size_t layer = 0; layer < layers; ++layer) {
    expects(element_count(told.grids[layer]) > 0, model,
            ": expected grids of at least one point, got ", told.grids[layer]);
    padded[layer] = padding.padded_grid(own, told.grids[layer]);
  }
  return padded;
}

/// The same where the model makes the grids: `scaled(grid, layer)` of the one before for each of so
/// many layers, but for the last one, which answers on `grid`.
template <std::size_t Dim, class Scaled>
HostVector<Shape<Dim>> with_margins(const Scaled& scaled, const Shape<Dim>& grid,
                                    const DomainPadding<Dim>& padding, const Shape<Dim>& own,
                                    std::size_t layers) {
  expects(layers > 0, "model: expected one with layers, got one that was moved from");
  HostVector<Shape<Dim>> padded(layers);
  auto here = padding.padded_grid(own, own);
  for (std::size_t layer = 0; layer + 1 < layers; ++layer)
    padded[layer] = here = scaled(here, layer);
  padded.back() = padding.padded_grid(own, grid);
  return padded;
}

/// The grid of a model's input of this shape. Throws PreconditionError unless it has points, and so
/// many channels.
template <std::size_t Rank>
Shape<Rank - 2> grid_of_input(const Shape<Rank>& input, std::size_t channels, const char* model) {
  const auto grid = grid_of(input);
  expects(input[1] == channels && element_count(grid) > 0, model, ": expected ", channels,
          " channels on a grid of at least one point, got a field of shape ", input);
  return grid;
}

/// Does one of the layers, the first with its input on the grid `here` and each with its answer on
/// that of `padded`, give another answer than with exact semantics?
template <class Layers, std::size_t Dim>
bool differ_from_exact(const Layers& layers, Shape<Dim> here,
                       const HostVector<Shape<Dim>>& padded) {
  for (std::size_t layer = 0; layer < layers.size(); ++layer) {
    if (layers[layer].differs_from_exact(here, padded[layer])) return true;
    here = padded[layer];
  }
  return false;
}

}  // namespace detail

}  // namespace nop
