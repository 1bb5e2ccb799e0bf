// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/members.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/tensor.hpp>
#include <nop/io/leaves.hpp>
#include <nop/io/reference/keys.hpp>

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

/// The reference's name for a parameter of an Fno of ours, of a Uno, of an Fno with batch norms.
inline std::string reference_name(const std::string& path) { return reference_key(path); }
inline std::string uno_reference_name(const std::string& path) {
  return reference_key(path, {.family = ReferenceFamily::uno});
}
inline std::string batch_norm_reference_name(const std::string& path) {
  return reference_key(path, {.norm = NormKind::batch});
}

/// The names of all parameters and kept tensors in the order of the reference.
template <class Model, class Name = decltype(&reference_name)>
std::set<std::string> reference_names(const Model& model, const Name& name = reference_name) {
  std::set<std::string> names;
  for_each_leaf(model, [&](const std::string& path, const auto&) { names.insert(name(path)); });
  return names;
}

/// Gives every parameter and kept tensor of a module the values that the reference's tensor of that
/// name has, of an Fno unless told otherwise; variances are larger by 1.
template <class Model, class Name = decltype(&reference_name)>
void fill_with_golden_values(Model& model, const Name& name = reference_name) {
  const auto names = reference_names(model, name);
  for_each_leaf(model, [&](const std::string& path, auto& leaf) {
    auto& value   = detail::tensor_of(leaf);
    using Value   = std::remove_cvref_t<decltype(value)>;
    using Element = typename Value::Element;
    using Real    = real_of<Element>;
    const auto j  = static_cast<std::size_t>(std::distance(names.begin(), names.find(name(path))));
    const auto shape = value.shape();
    std::vector<Element> values(element_count(shape));
    // Theirs has some axes in front that ours has behind.
    std::size_t front = 0;
    if constexpr (requires { leaf.file_layout(); }) front = axes_in_front(leaf.file_layout());
    const std::size_t modes    = element_count(shape, 0, Value::rank - front);
    const std::size_t channels = values.size() / modes;
    const Real least           = path.ends_with("variance") ? Real(1) : Real(0);
    for (std::size_t ours = 0; ours < values.size(); ++ours) {
      const std::size_t i = front == 0 ? ours : ours % channels * modes + ours / channels;
      if constexpr (complex<Element>)
        values[ours] = {golden_value<Real>(2 * i, j), golden_value<Real>(2 * i + 1, j)};
      else
        values[ours] = least + golden_value<Real>(i, j);
    }
    value = Value(shape, std::span<const Element>(values));
  });
}

/// The input of the reference: entry k is 2 h(k, 1000).
/// Of a complex one, 2 h(2k, 1000) + 2i h(2k + 1, 1000).
template <scalar Element, class Backend, std::size_t Rank>
Tensor<Element, Rank, Backend> golden_input(const Shape<Rank>& shape) {
  using Real = real_of<Element>;
  std::vector<Element> values(element_count(shape));
  for (std::size_t k = 0; k < values.size(); ++k)
    if constexpr (complex<Element>)
      values[k] = {2 * golden_value<Real>(2 * k, 1000), 2 * golden_value<Real>(2 * k + 1, 1000)};
    else
      values[k] = 2 * golden_value<Real>(k, 1000);
  return Tensor<Element, Rank, Backend>(shape, std::span<const Element>(values));
}

}  // namespace nop::test
