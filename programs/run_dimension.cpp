// SPDX-License-Identifier: BSD-3-Clause
// Runs models of NOP_DIMENSIONS dimensions.
#include <nop/core/expects.hpp>
#include <nop/core/tensor.hpp>

#include "run_model.hpp"

#include <algorithm>
#include <span>
#include <vector>

namespace nop::program {

namespace {

/// The element of a model's fields.
template <class Model>
struct ElementOf : detail::ReferenceTraits<Model> {};
template <class Model>
struct ElementOf<Normalized<Model>> : ElementOf<Model> {};

template <class Model>
Array run_as(const ModelFile& file, const Array& input) {
  using Element              = typename ElementOf<Model>::Element;
  constexpr std::size_t rank = Model::dimensions + 2;
  expects(input.shape().size() == rank, "expected an input of ", rank,
          " axes, [batch, channel, grid...], got one of shape ", detail::shape_text(input.shape()));
  Shape<rank> shape;
  std::copy(input.shape().begin(), input.shape().end(), shape.extents.begin());
  const auto model  = model_from<Model>(file);
  const auto values = input.template values<Element>();
  const auto result = model(Tensor<Element, rank, Cpu>(shape, std::span<const Element>(values)));
  return make_array(result.to_host(), {result.shape().begin(), result.shape().end()});
}

}  // namespace

template <std::size_t Dim>
Array run_model(const ModelFile& file, const Array& input, Precision precision) {
  const auto run = [&]<class Model>(std::type_identity<Model>) {
    return run_as<Model>(file, input);
  };
  return precision == Precision::twofold ? with_model_type<Dim, double>(file.kind, run)
                                         : with_model_type<Dim, float>(file.kind, run);
}

template Array run_model<NOP_DIMENSIONS>(const ModelFile&, const Array&, Precision);

}  // namespace nop::program
