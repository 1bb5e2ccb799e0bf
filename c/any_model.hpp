// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/scalar.hpp>
#include <nop/io/model_file.hpp>

#include <cstddef>
#include <memory>

namespace nop::c {

/// A model of any kind and dimension, in one precision.
template <real Real>
class AnyModel {
 public:
  AnyModel()                           = default;
  AnyModel(const AnyModel&)            = delete;
  AnyModel& operator=(const AnyModel&) = delete;
  virtual ~AnyModel()                  = default;

  [[nodiscard]] virtual std::size_t dimensions() const   = 0;
  [[nodiscard]] virtual std::size_t in_channels() const  = 0;
  [[nodiscard]] virtual std::size_t out_channels() const = 0;

  /// Both grids have `dimensions()` extents.
  virtual void output_grid(const std::size_t* grid, std::size_t* result) const = 0;
  virtual void run(std::size_t batch, const std::size_t* grid, const Real* input,
                   Real* output) const                                         = 0;
};

/// The model of so many dimensions that is in a file, whatever its kind. Compiled for each
/// dimension and precision in a file of its own, out of model.cpp.in.
template <std::size_t Dim, real Real>
std::unique_ptr<AnyModel<Real>> make_model(const ModelFile& file);

}  // namespace nop::c
