// SPDX-License-Identifier: BSD-3-Clause
// Runs models of NOP_DIMENSIONS dimensions.
#include <nop/core/expects.hpp>
#include <nop/core/tensor.hpp>

#include "models.hpp"
#include "run_model.hpp"
#include "semantics_note.hpp"

#include <algorithm>
#include <complex>
#include <span>
#include <vector>

namespace nop::program {

namespace {

/// Makes the classes of all models of these dimensions. g++ 12 breaks down over the constraints of
/// one that is first made inside a generic lambda.
template <class Real>
constexpr bool are_made = sizeof(Tfno<NOP_DIMENSIONS, Cpu, Real>) > 0 &&
                          sizeof(Tfno<NOP_DIMENSIONS, Cpu, std::complex<Real>>) > 0 &&
                          sizeof(Uno<NOP_DIMENSIONS, Cpu, Real, WeightForms::all>) > 0 &&
                          sizeof(Normalized<Tfno<NOP_DIMENSIONS, Cpu, Real>>) > 0 &&
                          sizeof(Normalized<Uno<NOP_DIMENSIONS, Cpu, Real, WeightForms::all>>) > 0;
static_assert(are_made<float> && are_made<double>);

/// The element of a model's fields.
template <class Model>
struct ElementOf : detail::ReferenceTraits<Model> {};
template <class Model>
struct ElementOf<Normalized<Model>> : ElementOf<Model> {};

template <class Model>
Answer run_as(const ModelFile& file, const Array& input) {
  using Element              = typename ElementOf<Model>::Element;
  constexpr std::size_t rank = Model::dimensions + 2;
  expects(input.shape().size() == rank, "expected an input of ", rank,
          " axes, [batch, channel, grid...], got one of shape ", detail::shape_text(input.shape()));
  Shape<rank> shape;
  std::copy(input.shape().begin(), input.shape().end(), shape.extents.begin());
  const auto model  = model_from<Model>(file);
  const auto values = input.template values<Element>();
  const auto result = model(Tensor<Element, rank, Cpu>(shape, std::span<const Element>(values)));
  return {make_array(result.to_host(), {result.shape().begin(), result.shape().end()}),
          semantics_note(model, file, grid_of(shape))};
}

}  // namespace

template <std::size_t Dim>
Answer run_model(const ModelFile& file, const Array& input, Precision precision) {
  const auto run = [&]<class Model>(std::type_identity<Model>) {
    return run_as<Model>(file, input);
  };
  return precision == Precision::twofold ? with_model_type<Dim, double>(file.kind, run)
                                         : with_model_type<Dim, float>(file.kind, run);
}

template Answer run_model<NOP_DIMENSIONS>(const ModelFile&, const Array&, Precision);

}  // namespace nop::program
