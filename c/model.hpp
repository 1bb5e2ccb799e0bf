// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu.hpp>
#include <nop/io/checkpoint.hpp>
#include <nop/models/normalized.hpp>
#include <nop/models/tfno.hpp>
#include <nop/models/uno.hpp>

#include "any_model.hpp"
#include "kernels.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
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

/// The model in a file if it is an `Inner`, with or without normalizers, else null.
template <class Inner, real Real>
std::unique_ptr<AnyModel<Real>> make_if(const std::string& name, const SafeTensors& file,
                                        const std::string& source) {
  using Outer = Normalized<Inner>;
  if (name == Outer::name)
    return std::make_unique<Model<Inner, Real>>(model_from_file<Outer>("", file, source));
  if (name != Inner::name) return nullptr;
  auto inner = model_from_file<Inner>("", file, source);
  Outer outer(
      {.model = inner.config(), .input = NormalizerKind::none, .output = NormalizerKind::none},
      Initializer::zeros(detail::number_count(file.tensors)));
  outer.model() = std::move(inner);
  return std::make_unique<Model<Inner, Real>>(std::move(outer));
}

template <std::size_t Dim, real Real>
std::unique_ptr<AnyModel<Real>> make_model(const SafeTensors& file, const std::string& source) {
  const auto& name = detail::metadata_entry(file, "nop.model", source);
  if (auto model = make_if<Tfno<Dim, Cpu, Real>, Real>(name, file, source)) return model;
  if (auto model = make_if<Uno<Dim, Cpu, Real, WeightForms::all>, Real>(name, file, source))
    return model;
  throw FormatError(source, 0,
                    "expected a model Fno or Uno, normalised or not, got '" + name + "'");
}

}  // namespace nop::c
