// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/expects.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/view.hpp>

#include <cstddef>

namespace nop::detail {

/// Writes model(x) to y, where somebody else's arrays are. Throws PreconditionError unless y is of
/// the result's shape: so many channels on the model's `output_grid`.
template <class Model, class Real, std::size_t Rank, class Backend>
void run_model(const Model& model, std::size_t out_channels,
               const TensorView<const Real, Rank, Backend>& x,
               const TensorView<Real, Rank, Backend>& y) {
  const auto expected =
      joined(Shape<2>{x.extent(0), out_channels}, model.output_grid(grid_of(x.shape())));
  expects(y.shape() == expected, Model::name, "::run: expected an output of shape ", expected,
          ", got ", y.shape());
  const auto result = model(x);
  Backend::copy(result.data(), y.data(), result.size());
}

}  // namespace nop::detail
