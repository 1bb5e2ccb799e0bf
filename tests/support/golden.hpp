// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/members.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/tensor.hpp>
#include <nop/io/leaves.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <set>
#include <span>
#include <string>
#include <vector>

/// \file
/// Weights and inputs that come from a hash instead of a file, so that results of the reference
/// library (neuraloperator) can be written down as a few numbers. The reference gives its tensors,
/// sorted by name, the numbers 0, 1, ...; entry i of tensor j has the value h(i, j).

namespace nop::test {

/// h(i, j) in [-0.5, 0.5).
constexpr double golden_hash(std::uint32_t i, std::uint32_t j) {
  std::uint32_t x = ((i + 1) * 2654435761U) ^ ((j + 1) * 2246822519U);
  x ^= x >> 15U;
  x *= 2246822519U;
  x ^= x >> 13U;
  x *= 3266489917U;
  x ^= x >> 16U;
  return static_cast<double>(x) / 4294967296.0 - 0.5;
}

/// The same rounded to float, as the reference computes in.
template <real Real>
Real golden_value(std::size_t i, std::size_t j) {
  return static_cast<Real>(static_cast<float>(
      golden_hash(static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(j))));
}

/// The reference's name for a parameter of an Fno of ours.
inline std::string reference_name(const std::string& path) {
  std::vector<std::string> part(1);
  for (const char c : path)
    if (c == '.')
      part.emplace_back();
    else
      part.back() += c;
  if (part[0] != "layers") return part[0] + ".fcs." + part[1] + '.' + part[2];
  const std::string &layer = part[1], &kind = part[2], &last = part.back();
  const std::string skip_end = layer + (last == "gate" ? ".weight" : ".conv.weight");
  if (kind == "convolution")
    return "fno_blocks.convs." + layer + (last == "bias" ? ".bias" : ".weight.tensor");
  if (kind == "skip") return "fno_blocks.fno_skips." + skip_end;
  if (kind == "mlp_skip") return "fno_blocks.channel_mlp_skips." + skip_end;
  if (kind == "mlp") return "fno_blocks.channel_mlp." + layer + ".fcs." + part[3] + '.' + last;
  expects(kind == "norm", "reference_name: expected a parameter of an Fno, got ", path);
  return "fno_blocks.norm." + std::to_string(2 * std::stoi(layer) + std::stoi(part[3])) + '.' +
         last;
}

/// The reference's name for a parameter of a Uno of ours: there, each layer is blocks of depth one.
inline std::string uno_reference_name(const std::string& path) {
  const auto first = path.find('.'), second = path.find('.', first + 1);
  const std::string part = path.substr(0, first), layer = path.substr(first, second - first);
  if (part == "horizontal_skips") return part + layer + ".conv" + path.substr(second);
  if (part != "layers") return reference_name(path);
  const std::string blocks = "fno_blocks";
  return blocks + layer + reference_name("layers.0" + path.substr(second)).substr(blocks.size());
}

/// The reference's name for a parameter or kept tensor of an Fno of ours with batch norms: a norm
/// there holds another.
inline std::string batch_norm_reference_name(const std::string& path) {
  std::string name = reference_name(path);
  if (!name.starts_with("fno_blocks.norm.")) return name;
  name.insert(name.rfind('.'), ".norm");
  const auto variance = name.find("running_variance");
  return variance == std::string::npos ? name : name.substr(0, variance) + "running_var";
}

/// The names of all parameters and kept tensors in the order of the reference.
template <class Model, class Name>
std::set<std::string> reference_names(const Model& model, const Name& name) {
  std::set<std::string> names;
  for_each_leaf(model, [&](const std::string& path, const auto&) { names.insert(name(path)); });
  return names;
}

/// Gives every parameter and kept tensor the values that the reference's tensor of that name has;
/// variances are larger by 1.
template <class Model, class Name>
void fill_with_golden_values(Model& model, const Name& name) {
  const auto names = reference_names(model, name);
  for_each_leaf(model, [&](const std::string& path, auto& leaf) {
    auto& value   = detail::tensor_of(leaf);
    using Value   = std::remove_cvref_t<decltype(value)>;
    using Element = typename Value::Element;
    using Real    = real_of<Element>;
    const auto j  = static_cast<std::size_t>(std::distance(names.begin(), names.find(name(path))));
    const auto shape = value.shape();
    std::vector<Element> values(element_count(shape));
    if constexpr (complex<Element>) {  // ours [modes..., in, out], theirs [in, out, modes...]
      const std::size_t channels = shape[Value::rank - 2] * shape[Value::rank - 1];
      const std::size_t modes    = values.size() / channels;
      for (std::size_t mode = 0; mode < modes; ++mode)
        for (std::size_t pair = 0; pair < channels; ++pair) {
          const std::size_t i            = pair * modes + mode;
          values[mode * channels + pair] = {golden_value<Real>(2 * i, j),
                                            golden_value<Real>(2 * i + 1, j)};
        }
    } else {
      const Real least = path.ends_with("variance") ? 1 : 0;
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = least + golden_value<Real>(i, j);
    }
    value = Value(shape, std::span<const Element>(values));
  });
}

/// The input of the reference: entry k is 2 h(k, 1000).
template <real Real, class Backend, std::size_t Rank>
Tensor<Real, Rank, Backend> golden_input(const Shape<Rank>& shape) {
  std::vector<Real> values(element_count(shape));
  for (std::size_t k = 0; k < values.size(); ++k)
    values[k] =
        static_cast<Real>(static_cast<float>(2 * golden_hash(static_cast<std::uint32_t>(k), 1000)));
  return Tensor<Real, Rank, Backend>(shape, std::span<const Real>(values));
}

}  // namespace nop::test
