// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu.hpp>
#include <nop/core/rng.hpp>
#include <nop/io/leaves.hpp>
#include <nop/io/reference/load.hpp>
#include <nop/models/tfno.hpp>
#include <nop/models/uno.hpp>

#include "fidelity/compare.hpp"
#include "models.hpp"
#include "support/tolerance.hpp"

#include <algorithm>
#include <array>
#include <complex>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace nop::test {

/// What the fields of a model are made of.
template <class Model>
using FieldElement = typename detail::ReferenceTraits<Model>::Element;

template <std::size_t Dim>
Shape<Dim> shape_of(const Json& json) {
  Shape<Dim> shape;
  shape.extents = json.get<std::array<std::size_t, Dim>>();
  return shape;
}

template <class Element, std::size_t Rank>
Tensor<Element, Rank, Cpu> tensor_of_array(const Array& array) {
  Shape<Rank> shape;
  std::copy(array.shape().begin(), array.shape().end(), shape.extents.begin());
  const auto values = array.values<Element>();
  return Tensor<Element, Rank, Cpu>(shape, std::span<const Element>(values));
}

/// The answer of a model on the grid, or the grids of its layers, that the case asks for.
template <class Model, class Field, class... Context>
auto asked(const Model& model, const Field& x, const FidelityCase& from,
           const Context&... context) {
  constexpr std::size_t dim = Model::dimensions;
  if (!from.about.contains("output_shape")) return model(x, context...);
  const auto& shape = from.about.at("output_shape");
  if (!shape[0].is_array()) return model(x, shape_of<dim>(shape), context...);
  LayerGrids<dim> grids;
  for (const auto& each : shape) grids.grids.push_back(shape_of<dim>(each));
  return model(x, grids, context...);
}

/// The answer of a model.
template <class Model>
auto answer_of(const Model& model, const FidelityCase& from) {
  using Element             = FieldElement<Model>;
  constexpr std::size_t dim = Model::dimensions;
  const auto x              = tensor_of_array<Element, dim + 2>(from.input);
  if constexpr (real<Element>)
    if (from.embedding)
      return asked(model, x, from, NormEmbedding{tensor_of_array<Element, 1>(*from.embedding)});
  return asked(model, x, from);
}

/// How far it is from `expected`; infinitely far where its shape is another.
template <class Result>
double error_of(const Result& got, const Array& expected) {
  if (!std::equal(got.shape().begin(), got.shape().end(), expected.shape().begin(),
                  expected.shape().end()))
    return std::numeric_limits<double>::infinity();
  return worst_error(got.to_host(), expected.values<element_of<Result>>());
}

/// The model that a case's state dict and arguments make.
template <class Model>
Model model_of(const FidelityCase& from, Semantics semantics, Contraction contraction) {
  const auto reference =
      describe_reference(find_reference_state(from.state, from.name),
                         {.arguments = from.arguments(), .semantics = semantics});
  auto config               = reference_config<Model>(reference);
  config.weight.contraction = contraction;
  config.interpolation      = reference_interpolation(Model::dimensions);
  Model model(config, Initializer::zeros(1 << 24));
  leaves_from_arrays(model, "", detail::renamed_tensors(model, reference), from.name);
  if constexpr (requires { model.set_modes(config.modes); })
    if (from.about.contains("set_n_modes"))
      model.set_modes(shape_of<Model::dimensions>(from.about.at("set_n_modes")));
  return model;
}

/// Compares with the same model in both precisions.
template <class Single, class Double>
Comparison compare_models(const FidelityCase& from) {
  constexpr auto semantics = Semantics::v2_0;
  expects(from.about.at("semantics") == enumerator_name(semantics),
          "fidelity: expected answers of semantics v2_0, got ",
          from.about.at("semantics").get<std::string>());
  Comparison result{};
  const auto single     = model_of<Single>(from, semantics, Contraction::automatic);
  const auto y          = answer_of(single, from);
  result.in_float       = error_of(y, from.output);
  result.our_rounding   = error_of(y, from.output_float64);
  result.their_rounding = worst_error(from.output.values<FieldElement<Double>>(),
                                      from.output_float64.values<FieldElement<Double>>());
  for (std::size_t axis = 2; axis < from.input.shape().size(); ++axis)
    result.has_single_points |= from.input.shape()[axis] == 1;
  const auto in_double = [&](Semantics here, Contraction contraction) {
    return error_of(answer_of(model_of<Double>(from, here, contraction), from),
                    from.output_float64);
  };
  for (const auto contraction : {Contraction::factorised, Contraction::rebuilt})
    result.in_double = std::max(result.in_double, in_double(semantics, contraction));
  result.exact = in_double(Semantics::exact, Contraction::automatic);
  using Grid   = Shape<Single::dimensions>;
  if constexpr (requires { single.differs_from_exact(Grid{}); })
    if (!from.about.contains("output_shape")) {
      Grid grid;
      std::copy(from.input.shape().begin() + 2, from.input.shape().end(), grid.extents.begin());
      result.differs_from_exact = single.differs_from_exact(grid);
    }
  return result;
}

template <std::size_t Dim>
Comparison compare_in(const FidelityCase& from) {
  constexpr auto all = WeightForms::all;
  if (from.is("UNO"))
    return compare_models<Uno<Dim, Cpu, float, all>, Uno<Dim, Cpu, double, all>>(from);
  return from.arguments().value("complex_data", false)
             ? compare_models<Tfno<Dim, Cpu, std::complex<float>>,
                              Tfno<Dim, Cpu, std::complex<double>>>(from)
             : compare_models<Tfno<Dim, Cpu, float>, Tfno<Dim, Cpu, double>>(from);
}

}  // namespace nop::test
