// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/scalar.hpp>
#include <nop/core/tensor.hpp>
#include <nop/io/json.hpp>
#include <nop/io/npz.hpp>
#include <nop/io/reference/load.hpp>
#include <nop/io/reference/model.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

/// \file
/// Models that tools/make_reference_fixtures.py made with PyTorch: their state dicts, an input and
/// the output.

namespace nop::test {

inline std::filesystem::path reference_fixture(const std::string& name) {
  return std::filesystem::path(NOP_TEST_DATA) / "reference" / name;
}

/// The largest difference between what a model computes and what PyTorch did, as a part of the
/// largest number.
template <class Model>
double difference_from_pytorch(const Model& model, const std::string& name) {
  using Element              = typename detail::ReferenceTraits<Model>::Element;
  constexpr std::size_t rank = Model::dimensions + 2;
  const auto arrays          = read_npz(reference_fixture(name + ".npz"));
  const Array &x = arrays.at("x"), &y = arrays.at("y");
  Shape<rank> shape;
  std::copy(x.shape().begin(), x.shape().end(), shape.extents.begin());
  const auto input = x.values<Element>(), expected = y.values<Element>();
  const Tensor<Element, rank, Cpu> field(shape, std::span<const Element>(input));
  const auto result = model(field);
  REQUIRE(std::vector<std::size_t>(result.shape().begin(), result.shape().end()) == y.shape());
  const auto got = result.to_host();
  double largest = 0, difference = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    largest    = std::max(largest, static_cast<double>(std::abs(expected[i])));
    difference = std::max(difference, static_cast<double>(std::abs(got[i] - expected[i])));
  }
  REQUIRE(largest > 0);
  return difference / largest;
}

/// Loads a fixture and runs it.
template <class Model>
double loaded_difference(const std::string& name, const ReferenceOptions& options = {}) {
  return difference_from_pytorch(load_reference<Model>(reference_fixture(name + ".pt"), options),
                                 name);
}

}  // namespace nop::test
