// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu.hpp>
#include <nop/core/rng.hpp>

#include "fidelity/compare.hpp"
#include "fidelity/reference_model.hpp"
#include "support/tolerance.hpp"

#include <algorithm>
#include <complex>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace nop::test {

/// A model for fields of this element, by the arguments of the reference's.
template <std::size_t Dim, scalar Element>
struct FnoOf {
  using Model = Tfno<Dim, Cpu, Element>;
  static auto config(const FidelityCase& from, Semantics semantics) {
    return fno_config<Model, Element>(from, semantics);
  }
};
template <std::size_t Dim, scalar Element>
struct UnoOf {
  using Model = Uno<Dim, Cpu, Element, WeightForms::all>;
  static auto config(const FidelityCase& from, Semantics semantics) {
    return uno_config<Model>(from, semantics);
  }
};

template <class Element, std::size_t Rank>
Tensor<Element, Rank, Cpu> tensor_of_array(const Array& array) {
  Shape<Rank> shape;
  std::copy(array.shape().begin(), array.shape().end(), shape.extents.begin());
  const auto values = array.values<Element>();
  return Tensor<Element, Rank, Cpu>(shape, std::span<const Element>(values));
}

/// The answer of a model.
template <class Model, scalar Element>
auto answer_of(const Model& model, const FidelityCase& from) {
  constexpr std::size_t dim = Model::dimensions;
  const auto x              = tensor_of_array<Element, dim + 2>(from.input);
  auto grid                 = model.output_grid(grid_of(x.shape()));
  if (from.about.contains("output_shape")) grid = shape_of<dim>(from.about.at("output_shape"));
  if constexpr (real<Element>)
    if (from.embedding)
      return model(x, grid, NormEmbedding{tensor_of_array<Element, 1>(*from.embedding)});
  return model(x, grid);
}

/// How far it is from `expected`; infinitely far where its shape is another.
template <class Result>
double error_of(const Result& got, const Array& expected) {
  if (!std::equal(got.shape().begin(), got.shape().end(), expected.shape().begin(),
                  expected.shape().end()))
    return std::numeric_limits<double>::infinity();
  return worst_error(got.to_host(), expected.values<element_of<Result>>());
}

template <class Of, scalar Element>
typename Of::Model model_of(const FidelityCase& from, Semantics semantics,
                            Contraction contraction) {
  auto config               = Of::config(from, semantics);
  config.weight.contraction = contraction;
  typename Of::Model model(config, Initializer::zeros(1 << 24));
  set_state(model, from);
  if constexpr (requires { model.set_modes(config.modes); })
    if (from.about.contains("set_n_modes"))
      model.set_modes(shape_of<Of::Model::dimensions>(from.about.at("set_n_modes")));
  return model;
}

/// Compares with the models `Of` makes.
template <template <std::size_t, class> class Of, std::size_t Dim, scalar Single, scalar Double>
Comparison compare_models(const FidelityCase& from) {
  constexpr auto semantics = Semantics::v2_0;
  expects(from.about.at("semantics") == enumerator_name(semantics),
          "fidelity: expected answers of semantics v2_0, got ",
          from.about.at("semantics").get<std::string>());
  Comparison result{};
  const auto single   = model_of<Of<Dim, Single>, Single>(from, semantics, Contraction::automatic);
  const auto y        = answer_of<decltype(single), Single>(single, from);
  result.in_float     = error_of(y, from.output);
  result.our_rounding = error_of(y, from.output_float64);
  result.their_rounding =
      worst_error(from.output.values<Double>(), from.output_float64.values<Double>());
  for (std::size_t axis = 2; axis < from.input.shape().size(); ++axis)
    result.has_single_points |= from.input.shape()[axis] == 1;
  const auto in_double = [&](Semantics here, Contraction contraction) {
    const auto model = model_of<Of<Dim, Double>, Double>(from, here, contraction);
    return error_of(answer_of<decltype(model), Double>(model, from), from.output_float64);
  };
  for (const auto contraction : {Contraction::factorised, Contraction::rebuilt})
    result.in_double = std::max(result.in_double, in_double(semantics, contraction));
  result.exact = in_double(Semantics::exact, Contraction::automatic);
  if constexpr (requires { single.differs_from_exact(Shape<Dim>{}); })
    if (!from.about.contains("output_shape")) {
      Shape<Dim> grid;
      std::copy(from.input.shape().begin() + 2, from.input.shape().end(), grid.extents.begin());
      result.differs_from_exact = single.differs_from_exact(grid);
    }
  return result;
}

template <std::size_t Dim>
Comparison compare_in(const FidelityCase& from) {
  if (from.is("UNO")) return compare_models<UnoOf, Dim, float, double>(from);
  return from.arguments().value("complex_data", false)
             ? compare_models<FnoOf, Dim, std::complex<float>, std::complex<double>>(from)
             : compare_models<FnoOf, Dim, float, double>(from);
}

}  // namespace nop::test
