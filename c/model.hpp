// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu.hpp>
#include <nop/io/model_file.hpp>
#include <nop/models/normalized.hpp>
#include <nop/models/tfno.hpp>
#include <nop/models/uno.hpp>

#include "any_model.hpp"
#include "models.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

namespace nop::c {

/// A model between normalizers; one without has some that change nothing, so that there is one kind
/// less to compile.
template <class Inner, real Real>
class Model final : public AnyModel<Real> {
  static constexpr std::size_t dim = Inner::dimensions;

 public:
  explicit Model(Normalized<Inner> model) : model_(std::move(model)) {}

  [[nodiscard]] std::size_t dimensions() const override { return dim; }
  [[nodiscard]] std::size_t in_channels() const override { return inner().in_channels; }
  [[nodiscard]] std::size_t out_channels() const override { return inner().out_channels; }

  void output_grid(const std::size_t* grid, std::size_t* result) const override {
    std::ranges::copy(model_.output_grid(shape(grid)), result);
  }

  void run(std::size_t batch, const std::size_t* grid, const Real* input,
           Real* output) const override {
    const auto from = shape(grid);
    model_.run({input, joined(Shape<2>{batch, in_channels()}, from)},
               {output, joined(Shape<2>{batch, out_channels()}, model_.output_grid(from))});
  }

 private:
  [[nodiscard]] const auto& inner() const { return model_.config().model; }

  static Shape<dim> shape(const std::size_t* grid) {
    Shape<dim> shape;
    std::copy_n(grid, dim, shape.extents.begin());
    return shape;
  }

  Normalized<Inner> model_;
};

/// The model of a file, which is an `Inner`, with or without normalizers.
template <class Inner, real Real>
std::unique_ptr<AnyModel<Real>> make_as(const ModelFile& file) {
  using Outer = Normalized<Inner>;
  if (file.kind.units == ModelUnits::physical)
    return std::make_unique<Model<Inner, Real>>(model_from<Outer>(file));
  auto inner = model_from<Inner>(file);
  Outer outer(
      {.model = inner.config(), .input = NormalizerKind::none, .output = NormalizerKind::none},
      Initializer::zeros(file.numbers()));
  outer.model() = std::move(inner);
  return std::make_unique<Model<Inner, Real>>(std::move(outer));
}

template <std::size_t Dim, real Real>
std::unique_ptr<AnyModel<Real>> make_model(const ModelFile& file) {
  return file.kind.family == ReferenceFamily::fno
             ? make_as<Tfno<Dim, Cpu, Real>, Real>(file)
             : make_as<Uno<Dim, Cpu, Real, WeightForms::all>, Real>(file);
}

}  // namespace nop::c
