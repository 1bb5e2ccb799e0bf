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

}  // namespace detail

}  // namespace nop
