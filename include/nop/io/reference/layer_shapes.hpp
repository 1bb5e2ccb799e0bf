// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/io/array.hpp>
#include <nop/io/named_arrays.hpp>
#include <nop/io/reference/keys.hpp>
#include <nop/layers/spectral_weight/form.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace nop {

/// Are the values of a field real or complex numbers?
enum class FieldNumbers { real, complex };
constexpr auto enumerator_names(FieldNumbers) {
  return std::to_array<const char*>({"real", "complex"});
}

/// The weights of one spectral convolution, by the shapes of its tensors.
struct SpectralShape {
  std::size_t in_channels;
  std::size_t out_channels;
  std::vector<std::size_t> stored;  ///< coefficients per axis
  SpectralWeightForm form;          ///< with the ranks that are there
  std::string key;                  ///< of a tensor that tells
};

/// A state dict of the current layout, asked by the paths that its tensors have in a model of ours.
class ReferenceTensors {
 public:
  ReferenceTensors(const NamedArrays& tensors, std::string source)
      : tensors_(tensors), source_(std::move(source)) {
    naming_.family =
        tensors.contains("fno_blocks.0.convs.0.bias") ? ReferenceFamily::uno : ReferenceFamily::fno;
    numbers_ =
        tensors.contains("lifting.fr.fcs.0.weight") ? FieldNumbers::complex : FieldNumbers::real;
  }

  [[nodiscard]] ReferenceFamily family() const { return naming_.family; }
  [[nodiscard]] FieldNumbers numbers() const { return numbers_; }
  [[nodiscard]] const std::string& source() const { return source_; }

  /// The key of a path, where "*" stands for what complex fields have two of.
  [[nodiscard]] std::string key(std::string path) const {
    if (const auto star = path.find(".*"); star != std::string::npos)
      path.replace(star, 2, numbers_ == FieldNumbers::complex ? ".real" : "");
    return reference_key(path, naming_);
  }
  [[nodiscard]] const std::vector<std::size_t>* find(const std::string& path) const {
    return find_key(key(path));
  }
  [[nodiscard]] const std::vector<std::size_t>* find_key(const std::string& key) const {
    return tensors_.contains(key) ? &tensors_.at(key).shape() : nullptr;
  }
  /// The shape of the tensor of a path, which has so many axes; else a FormatError.
  [[nodiscard]] const std::vector<std::size_t>& at(const std::string& path,
                                                   std::size_t axes) const {
    const auto* const shape = find(path);
    if (shape == nullptr)
      throw FormatError(source_, 0, "the tensor '" + key(path) + "' is missing");
    if (shape->size() != axes)
      throw FormatError(source_, 0,
                        "the tensor '" + key(path) + "' should have " + std::to_string(axes) +
                            " axes, but is of shape " + detail::shape_text(*shape));
    expect_numbers(*shape, key(path));
    return *shape;
  }

  /// Throws FormatError for a tensor without numbers.
  void expect_numbers(const std::vector<std::size_t>& shape, const std::string& key) const {
    if (std::find(shape.begin(), shape.end(), 0U) != shape.end())
      throw FormatError(source_, 0, "the tensor '" + key + "' is empty");
  }

  /// How many of something there are: paths with 0, 1, ... between two texts.
  [[nodiscard]] std::size_t count(const std::string& before, const std::string& behind) const {
    std::size_t count = 0;
    while (find(before + std::to_string(count) + behind) != nullptr) ++count;
    return count;
  }

  /// How many axes a grid has: those of a convolution's bias but for its channels.
  [[nodiscard]] std::size_t dimensions() const {
    const std::string path = "layers.0.convolution.bias";
    const auto* const bias = find(path);
    if (bias == nullptr) throw FormatError(source_, 0, "the tensor '" + key(path) + "' is missing");
    if (bias->size() < 2 || bias->size() > 5)
      throw FormatError(source_, 0,
                        "the tensor '" + key(path) + "' should have 2 to 5 axes, but is of shape " +
                            detail::shape_text(*bias));
    return bias->size() - 1;
  }

  /// The weights of a layer.
  [[nodiscard]] SpectralShape spectral(std::size_t layer) const {
    const std::string path = "layers." + std::to_string(layer) + ".convolution.weight";
    SpectralWeightForm form;
    auto extents = std::vector<std::size_t>{};
    std::string told_by;
    if (const auto* const dense = find(path)) {
      extents = *dense;
      told_by = key(path);
    } else {
      const std::size_t axes = count(path + ".factors.", "");
      for (std::size_t axis = 0; axis < axes; ++axis) add_factor(path, axis, axes, form, extents);
      told_by = key(path + ".factors.0");
    }
    expect_numbers(extents, told_by);
    const std::size_t axes = dimensions();
    if (extents.size() != axes + 1 && extents.size() != axes + 2)
      throw FormatError(
          source_, 0,
          "the weights at '" + told_by + "' should have one or two axes of channels and " +
              std::to_string(axes) + " of modes, but are of shape " + detail::shape_text(extents));
    const std::size_t channels = extents.size() - axes;
    form.mixing                = channels == 1 ? ChannelMixing::separable : ChannelMixing::full;
    return {extents[0],
            extents[channels - 1],
            {extents.begin() + static_cast<std::ptrdiff_t>(channels), extents.end()},
            form,
            told_by};
  }

 private:
  void add_factor(const std::string& path, std::size_t axis, std::size_t axes,
                  SpectralWeightForm& form, std::vector<std::size_t>& extents) const {
    const std::string factor = path + ".factors." + std::to_string(axis);
    if (find(path + ".core") != nullptr) {
      form.kind = SpectralWeightKind::tucker;
      extents.push_back(at(factor, 2)[0]);
      form.ranks.push_back(at(factor, 2)[1]);
    } else if (find(path + ".weights") != nullptr) {
      form.kind = SpectralWeightKind::cp;
      extents.push_back(at(factor, 2)[0]);
      form.ranks = at(path + ".weights", 1);
    } else {
      form.kind = SpectralWeightKind::tensor_train;
      extents.push_back(at(factor, 3)[1]);
      if (axis + 1 < axes) form.ranks.push_back(at(factor, 3)[2]);
    }
  }

  const NamedArrays& tensors_;
  std::string source_;
  ReferenceNaming naming_;
  FieldNumbers numbers_;
};

}  // namespace nop
