// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/io/checkpoint.hpp>

#include "any_model.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace nop::c {

/// The model in a file, of whatever kind and dimension. Throws FormatError where there is none.
///
/// Every format that `nop_load` reads is here: one that is not nop's own would be recognised, and
/// read, before the next line.
template <real Real>
std::unique_ptr<AnyModel<Real>> load(const std::filesystem::path& path) {
  const auto file        = read_safetensors(path);
  const auto source      = path.string();
  const auto& dimensions = detail::metadata_entry(file, "nop.dimensions", source);
  if (detail::holds_complex_model(file))
    throw FormatError(source, 0, "expected a model of real fields, got one of complex fields");
  if (dimensions == "1") return make_model<1, Real>(file, source);
  if (dimensions == "2") return make_model<2, Real>(file, source);
  if (dimensions == "3") return make_model<3, Real>(file, source);
  throw FormatError(source, 0, "expected a model of 1, 2 or 3 dimensions, got " + dimensions);
}

}  // namespace nop::c
