// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/enumerator.hpp>
#include <nop/core/expects.hpp>
#include <nop/io/file.hpp>
#include <nop/io/json.hpp>
#include <nop/io/model_file.hpp>

#include "any_model.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace nop::c {

/// The model in a file, of whatever kind and dimension. Throws FormatError where there is none, and
/// as `read_model_file` does.
template <real Real>
std::unique_ptr<AnyModel<Real>> load(const std::filesystem::path& path,
                                     const ReferenceOptions& options = {}) {
  const auto file = read_model_file(path, options);
  if (file.kind.numbers == FieldNumbers::complex)
    throw FormatError(file.source, 0, "expected a model of real fields, got one of complex fields");
  switch (file.kind.dimensions) {
    case 1:
      return make_model<1, Real>(file);
    case 2:
      return make_model<2, Real>(file);
    case 3:
      return make_model<3, Real>(file);
    default:
      throw FormatError(
          file.source, 0,
          "expected a model of 1, 2 or 3 dimensions, got " + std::to_string(file.kind.dimensions));
  }
}

/// How a model was made: an object in JSON, or the path of a file with one.
inline Json arguments_from(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first != std::string::npos && text[first] == '{') return parse_json(text, {"the arguments"});
  return parse_json(read_file(text), {text});
}

inline Semantics semantics_named(std::string_view name) {
  const auto found = find_enumerator<Semantics>(name);
  expects(found.has_value(),
          "nop_load_reference: expected semantics exact, head, v2_0 or v1_0, got '", name, "'");
  return *found;
}

/// What is said beside a file; a null pointer for what is not.
inline ReferenceOptions options_from(const char* arguments, const char* semantics,
                                     const char* state) {
  ReferenceOptions options;
  if (arguments != nullptr) options.arguments = arguments_from(arguments);
  if (semantics != nullptr) options.semantics = semantics_named(semantics);
  if (state != nullptr) options.state = state;
  return options;
}

}  // namespace nop::c
