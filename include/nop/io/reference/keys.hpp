// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/expects.hpp>
#include <nop/layers/norm.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <vector>

/// \file
/// What the reference library calls the parameters of our models, and of what shape they are there.

namespace nop {

/// The models of the reference library, told apart by their keys.
enum class ReferenceFamily {
  fno,  ///< blocks of many layers; its TFNO is one whose weights are made of factors
  uno   ///< a list of blocks of one layer each
};
constexpr auto enumerator_names(ReferenceFamily) {
  return std::to_array<const char*>({"FNO", "UNO"});
}

/// What the keys of a model depend on.
struct ReferenceNaming {
  ReferenceFamily family  = ReferenceFamily::fno;
  NormKind norm           = NormKind::none;
  std::size_t skip_kernel = 1;  ///< points along each axis of the kernel of a linear skip
};

namespace detail {

/// The parts of a path between its dots.
inline std::vector<std::string> path_parts(const std::string& path) {
  std::vector<std::string> parts(1);
  for (const char c : path)
    if (c == '.')
      parts.emplace_back();
    else
      parts.back() += c;
  return parts;
}

/// What a parameter of a norm is called behind `fno_blocks.norm.i.`.
inline std::string norm_key(const std::vector<std::string>& parts, NormKind norm) {
  const std::string& last = parts.back();
  if (norm == NormKind::adaptive)  // number 1 in its MLP is the activation
    return (parts[5] == "0" ? "mlp.0." : "mlp.2.") + last;
  if (norm == NormKind::batch) return "norm." + (last == "running_variance" ? "running_var" : last);
  return last;
}

/// The key of a parameter of an Fno on real fields.
inline std::string real_reference_key(const std::vector<std::string>& parts,
                                      const std::string& path, const ReferenceNaming& naming) {
  if (parts.size() == 3 && parts[0] != "layers")
    return parts[0] + ".fcs." + parts[1] + '.' + parts[2];
  expects(parts.size() > 3 && parts[0] == "layers",
          "reference_key: expected the path of a parameter of an Fno or a Uno, got '", path, "'");
  const std::string &layer = parts[1], &kind = parts[2], &last = parts.back();
  const std::string map_of_channels = layer + (last == "gate" ? ".weight" : ".conv.weight");
  if (kind == "convolution")
    return "fno_blocks.convs." + layer + '.' +
           (parts.size() > 5   ? "weight.factors.factor_" + last
            : parts.size() > 4 ? "weight." + last
            : last == "weight" ? "weight.tensor"
                               : last);
  if (kind == "skip")
    return "fno_blocks.fno_skips." + (naming.skip_kernel > 1 ? layer + ".weight" : map_of_channels);
  if (kind == "mlp_skip") return "fno_blocks.channel_mlp_skips." + map_of_channels;
  if (kind == "mlp") return "fno_blocks.channel_mlp." + layer + ".fcs." + parts[3] + '.' + last;
  const auto is_number = [](const std::string& part) {
    return !part.empty() && part.size() < 10 &&
           part.find_first_not_of("0123456789") == std::string::npos;
  };
  expects(kind == "norm" && is_number(layer) && is_number(parts[3]) &&
              (naming.norm != NormKind::adaptive || parts.size() > 5),
          "reference_key: expected the path of a parameter of an Fno or a Uno, got '", path, "'");
  return "fno_blocks.norm." + std::to_string(2 * std::stoul(layer) + std::stoul(parts[3])) + '.' +
         norm_key(parts, naming.norm);
}

/// On complex fields a layer of real fields is two, "fr" and "fi", behind its name and number.
inline std::string fno_reference_key(const std::string& path, const ReferenceNaming& naming) {
  auto parts       = path_parts(path);
  const auto twice = std::find_if(parts.begin(), parts.end(), [](const std::string& part) {
    return part == "real" || part == "imaginary";
  });
  if (twice == parts.end()) return real_reference_key(parts, path, naming);
  const std::string of_part = *twice == "real" ? ".fr" : ".fi";
  parts.erase(twice);
  auto key        = real_reference_key(parts, path, naming);
  std::size_t end = key.find('.');
  if (parts[0] == "layers") end = key.find('.', key.find('.', end + 1) + 1);
  return key.insert(end, of_part);
}

}  // namespace detail

/// The reference library's key for a parameter or kept tensor of an Fno or a Uno of ours, such as
/// "fno_blocks.convs.0.weight.tensor" for "layers.0.convolution.weight". Throws PreconditionError
/// for another path.
inline std::string reference_key(const std::string& path, const ReferenceNaming& naming = {}) {
  if (naming.family == ReferenceFamily::fno) return detail::fno_reference_key(path, naming);
  const auto first = path.find('.'), second = path.find('.', first + 1);
  const std::string part = path.substr(0, first);
  if (second != std::string::npos && part == "horizontal_skips")
    return path.substr(0, second) + (path.ends_with("gate") ? ".weight" : ".conv.weight");
  if (second == std::string::npos || part != "layers")
    return detail::fno_reference_key(path, naming);
  const std::string blocks = "fno_blocks";
  return blocks + path.substr(first, second - first) +
         detail::fno_reference_key("layers.0" + path.substr(second), naming).substr(blocks.size());
}

/// The shape that the reference library gives what a file of ours has in the shape `ours`, on a
/// grid of `axes` axes: there, what is the same at every point has axes of one point.
inline std::vector<std::size_t> reference_shape(const std::string& path,
                                                const std::vector<std::size_t>& ours,
                                                std::size_t axes) {
  auto shape              = ours;
  const auto parts        = detail::path_parts(path);
  const std::string& last = parts.back();
  const std::string kind  = parts.size() > 2 ? parts[2] : "";
  if (last == "gate" || (last == "bias" && kind == "convolution")) {
    shape.insert(shape.end(), axes, 1);
    if (last == "gate") shape.insert(shape.begin(), 1);
  } else if (last == "weight" && shape.size() == 2 && kind != "norm" && kind != "convolution") {
    shape.push_back(1);  // a map of channels is a convolution of one point
  }
  return shape;
}

}  // namespace nop
