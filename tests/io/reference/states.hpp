// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/io/array.hpp>
#include <nop/io/named_arrays.hpp>

#include <complex>
#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace nop::test {

inline std::filesystem::path reference_file(const std::string& name) {
  return std::filesystem::path(NOP_TEST_DATA) / "reference" / name;
}

using Extents = std::vector<std::size_t>;

/// Tensors of zeros of these shapes; spectral weights are complex.
inline NamedArrays tensors_of(const std::vector<std::pair<std::string, Extents>>& shapes) {
  NamedArrays tensors;
  for (const auto& [key, shape] : shapes) {
    std::size_t size = 1;
    for (const std::size_t extent : shape) size *= extent;
    if (key.find("convs.") != std::string::npos && key.find(".weight") != std::string::npos)
      tensors.add(key, make_array(std::vector<std::complex<float>>(size), shape));
    else
      tensors.add(key, make_array(std::vector<float>(size), shape));
  }
  return tensors;
}

/// An Fno of 2 dimensions, 3 + 2 channels in, 1 out, 4 between, one layer, and other tensors.
inline std::vector<std::pair<std::string, Extents>> small_fno(
    const std::vector<std::pair<std::string, Extents>>& others = {}) {
  std::vector<std::pair<std::string, Extents>> shapes{
      {"fno_blocks.convs.0.bias", {4, 1, 1}}, {"fno_blocks.convs.0.weight.tensor", {4, 4, 6, 3}},
      {"lifting.fcs.0.weight", {6, 5, 1}},    {"lifting.fcs.0.bias", {6}},
      {"lifting.fcs.1.weight", {4, 6, 1}},    {"lifting.fcs.1.bias", {4}},
      {"projection.fcs.0.weight", {8, 4, 1}}, {"projection.fcs.0.bias", {8}},
      {"projection.fcs.1.weight", {1, 8, 1}}, {"projection.fcs.1.bias", {1}}};
  shapes.insert(shapes.end(), others.begin(), others.end());
  return shapes;
}

}  // namespace nop::test
