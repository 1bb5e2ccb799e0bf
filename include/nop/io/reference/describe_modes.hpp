// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/io/json.hpp>
#include <nop/io/reference/arguments.hpp>
#include <nop/io/reference/layer_shapes.hpp>
#include <nop/io/reference/values.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace nop::detail {

/// Finds out how many modes a model has and what its spectral weights are made of.
class ReferenceModesDescriber {
 public:
  ReferenceModesDescriber(const ReferenceTensors& tensors, ReferenceArguments& arguments)
      : tensors_(tensors), arguments_(arguments), axes_(tensors.dimensions()) {}

  /// Of an FNO: those in use, and those that weights are stored for.
  void describe(const SpectralShape& shape) {
    const Json* const most = arguments_.said("max_n_modes");
    const Json* const used = arguments_.said("n_modes");
    if (most == nullptr || most->is_null()) {
      if (used != nullptr) check("n_modes", *used, shape, *used);
      arguments_.confirm("n_modes", used != nullptr ? as_list(*used) : usual_modes(shape.stored),
                         shape.key);
      arguments_.or_assume("max_n_modes", nullptr,
                           "no tensor tells whether fewer modes are in use");
      return;
    }
    if (counts_of_reference("max_n_modes", *most, axes_, arguments_) != shape.stored)
      arguments_.contradict("max_n_modes", *most, shape.stored, shape.key);
    arguments_.confirm("max_n_modes", as_list(*most), shape.key);
    if (used == nullptr) {
      arguments_.or_miss("n_modes", "how many modes of max_n_modes are in use; no tensor tells");
      return;
    }
    const auto modes = counts_of_reference("n_modes", *used, axes_, arguments_);
    for (std::size_t axis = 0; axis < axes_; ++axis)
      if ((is_half(axis) ? modes[axis] / 2 + 1 : modes[axis]) > shape.stored[axis])
        arguments_.contradict("n_modes", *used, usual_modes(shape.stored), shape.key);
    arguments_.confirm("n_modes", as_list(*used), shape.key);
  }
  /// Of a UNO, for each layer.
  void describe_each(std::size_t depth) {
    Json modes     = Json::array();
    const auto key = tensors_.spectral(0).key;
    for (std::size_t layer = 0; layer < depth; ++layer)
      modes.push_back(usual_modes(tensors_.spectral(layer).stored));
    if (const Json* const said = arguments_.said("uno_n_modes")) {
      if (!said->is_array() || said->size() != depth)
        arguments_.contradict("uno_n_modes", *said, modes, key);
      for (std::size_t layer = 0; layer < depth; ++layer)
        check("uno_n_modes", (*said)[layer], tensors_.spectral(layer), *said);
      modes = *said;
    }
    arguments_.confirm("uno_n_modes", modes, key);
  }

  void weights(const SpectralShape& shape) {
    const Json kind = factorization_for_reference(shape.form.kind);
    if (const Json* said = arguments_.said("factorization");
        said != nullptr && bare_name(*said) != bare_name(kind) &&
        bare_name(*said) != (kind.is_null() ? "dense" : "complex" + bare_name(kind)))
      arguments_.contradict("factorization", *said, kind, shape.key);
    arguments_.confirm("factorization", kind, shape.key);
    arguments_.infer("separable", shape.form.mixing == ChannelMixing::separable, shape.key);
    if (shape.form.kind != SpectralWeightKind::dense &&
        (tensors_.family() == ReferenceFamily::fno || arguments_.said("rank") != nullptr))
      arguments_.or_assume("rank", shape.form.ranks, "the ranks themselves");
    else if (shape.form.kind != SpectralWeightKind::dense)
      arguments_.or_miss("rank", "of the factors of all layers");
  }

 private:
  [[nodiscard]] bool is_half(std::size_t axis) const {
    return axis + 1 == axes_ && tensors_.numbers() == FieldNumbers::real;
  }
  /// An even number on the half axis, where an odd one has as many coefficients.
  [[nodiscard]] Json usual_modes(const std::vector<std::size_t>& stored) const {
    Json list = Json::array();
    for (std::size_t axis = 0; axis < axes_; ++axis)
      list.push_back(is_half(axis) ? std::max<std::size_t>(1, 2 * (stored[axis] - 1))
                                   : stored[axis]);
    return list;
  }
  void check(const std::string& name, const Json& said, const SpectralShape& shape,
             const Json& whole) const {
    const auto modes = counts_of_reference(name, said, axes_, arguments_);
    for (std::size_t axis = 0; axis < axes_; ++axis)
      if ((is_half(axis) ? modes[axis] / 2 + 1 : modes[axis]) != shape.stored[axis])
        arguments_.contradict(name, whole, usual_modes(shape.stored), shape.key);
  }
  static Json as_list(const Json& value) { return value.is_array() ? value : Json::array({value}); }

  const ReferenceTensors& tensors_;
  ReferenceArguments& arguments_;
  std::size_t axes_;
};

}  // namespace nop::detail
