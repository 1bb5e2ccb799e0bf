// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/members.hpp>
#include <nop/core/error.hpp>
#include <nop/core/scalar.hpp>
#include <nop/io/array.hpp>
#include <nop/io/leaves.hpp>
#include <nop/io/reference/config.hpp>
#include <nop/io/reference/keys.hpp>
#include <nop/io/reference/model.hpp>
#include <nop/io/reference/read.hpp>
#include <nop/io/safetensors.hpp>
#include <nop/layers/init.hpp>

#include <cstddef>
#include <filesystem>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

namespace nop {

namespace detail {

/// The type of ours that a model needs, such as "Tfno<2, Cpu, std::complex<float>>".
inline std::string type_for(const ReferenceModel& model) {
  const bool dense      = model.weight.kind == SpectralWeightKind::dense;
  const std::string dim = std::to_string(model.dimensions);
  if (model.family == ReferenceFamily::uno)
    return dense ? "Uno<" + dim + ">" : "Uno<" + dim + ", Cpu, float, WeightForms::all>";
  return (dense ? "Fno<" : "Tfno<") + dim +
         (model.numbers == FieldNumbers::complex ? ", Cpu, std::complex<float>>" : ">");
}

template <class Model>
void expect_type(const ReferenceModel& model) {
  using Traits = ReferenceTraits<Model>;
  expects(Model::dimensions == model.dimensions && Traits::family == model.family &&
              complex<typename Traits::Element> == (model.numbers == FieldNumbers::complex) &&
              (Traits::forms == WeightForms::all || model.weight.kind == SpectralWeightKind::dense),
          "load_reference: ", model.source, " holds a model for ", type_for(model), ", got ",
          Traits::forms == WeightForms::all && Traits::family == ReferenceFamily::fno ? "Tfno"
                                                                                      : Model::name,
          "<", Model::dimensions, "> of ", complex<typename Traits::Element> ? "complex" : "real",
          " fields");
}

inline void expect_all_said(const ReferenceModel& model) {
  std::string text;
  for (const auto& [name, reason] : model.arguments.missing())
    text += (text.empty() ? "'" : "; '") + name + "' (" + reason + ")";
  expects(text.empty(), "load_reference: ", model.source, ": expected to be told ", text);
}

/// The tensors under our names and in our shapes. All of a model's are there, and no others.
template <class Model>
SafeTensors renamed_tensors(const Model& model, const ReferenceModel& reference) {
  SafeTensors file;
  std::set<std::string> used;
  const auto add = [&](const std::string& path, const std::vector<std::size_t>& shape,
                       bool is_complex) {
    const auto key = reference_key(path, reference.naming);
    const Array& array =
        array_for_leaf(reference.tensors, key, reference_shape(path, shape, Model::dimensions),
                       is_complex, reference.source);
    const auto bytes = array.bytes();
    file.tensors.add(path, Array(array.element_type(), shape, {bytes.begin(), bytes.end()}));
    used.insert(key);
  };
  for_each_leaf(model, [&](const std::string& path, const auto& leaf) {
    add(path, file_shape(leaf.shape(), layout_of(leaf)),
        complex<typename std::remove_cvref_t<decltype(leaf)>::Element>);
  });
  for (const auto& [key, array] : reference.tensors)
    if (!used.contains(key) && !key.ends_with("num_batches_tracked"))
      throw FormatError(reference.source, 0,
                        "the tensor '" + key + "' of shape " + shape_text(array.shape()) +
                            " belongs to no part of the model that the others make");
  return file;
}

}  // namespace detail

/// The Config of the model that a file describes. Throws PreconditionError where `Model` is of
/// another kind or something has to be said that the file does not say, FormatError where values
/// make no sense.
template <reference_model Model>
typename Model::Config reference_config(const ReferenceModel& reference) {
  detail::expect_type<Model>(reference);
  detail::expect_all_said(reference);
  const detail::ReferenceConfig<Model::dimensions> config(reference);
  if constexpr (detail::ReferenceTraits<Model>::family == ReferenceFamily::fno)
    return config.template fno<typename Model::Config>();
  else
    return config.template uno<typename Model::Config>();
}

/// The model that a file describes, with its numbers in the precision of `Model`.
template <reference_model Model>
Model model_from_reference(const ReferenceModel& reference) {
  const auto config = reference_config<Model>(reference);
  try {
    Model model(config, Initializer::zeros(detail::model_budget(reference.tensors)));
    leaves_from_arrays(model, "", detail::renamed_tensors(model, reference), reference.source);
    return model;
  } catch (const PreconditionError& error) {
    throw FormatError(reference.source, 0,
                      std::string("the arguments do not fit: ") + error.what());
  }
}

/// Reads a model that PyTorch trained with the reference library, from its state dict or a
/// checkpoint that has it inside; numbers are converted to the model's precision. Throws
/// FormatError where the file is damaged or tensors contradict each other or what is said,
/// PreconditionError where it holds another kind of model or `options.arguments` has to say more.
///
///     const auto model = nop::load_reference<nop::Tfno<2>>("model.pt");
template <reference_model Model>
Model load_reference(const std::filesystem::path& path, const ReferenceOptions& options = {}) {
  return model_from_reference<Model>(read_reference(path, options));
}

}  // namespace nop
