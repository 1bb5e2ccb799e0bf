// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu.hpp>
#include <nop/core/error.hpp>
#include <nop/core/expects.hpp>
#include <nop/io/checkpoint.hpp>
#include <nop/io/config_json.hpp>
#include <nop/io/file.hpp>
#include <nop/io/reference/load.hpp>
#include <nop/io/reference/model.hpp>
#include <nop/io/reference/read.hpp>
#include <nop/io/safetensors.hpp>
#include <nop/models/normalized.hpp>
#include <nop/models/tfno.hpp>
#include <nop/models/uno.hpp>

#include <algorithm>
#include <complex>
#include <cstddef>
#include <filesystem>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

/// \file
/// Files with models of which it is known only when a program runs what they hold.

namespace nop {

/// Does a model stand between normalizers?
enum class ModelUnits {
  its_own,  ///< no
  physical  ///< yes: a Normalized one
};

/// Which model a file holds.
struct ModelKind {
  ReferenceFamily family;
  FieldNumbers numbers;
  std::size_t dimensions;
  ModelUnits units = ModelUnits::its_own;
};

/// "FNO of 2 dimensions, real fields"
inline std::string describe(const ModelKind& kind) {
  return enumerator_name(kind.family) + " of " + std::to_string(kind.dimensions) +
         (kind.dimensions == 1 ? " dimension, " : " dimensions, ") + enumerator_name(kind.numbers) +
         " fields" + (kind.units == ModelUnits::physical ? ", between normalizers" : "");
}

/// A file with a model: one of ours, or one of the reference library.
struct ModelFile {
  std::string source;
  ModelKind kind;
  std::variant<SafeTensors, ReferenceModel> content;

  /// How many numbers its tensors hold.
  [[nodiscard]] std::size_t numbers() const {
    return std::visit([](const auto& file) { return detail::number_count(file.tensors); }, content);
  }
  /// Is any of its tensors in double precision?
  [[nodiscard]] bool holds_double() const {
    return std::visit(
        [](const auto& file) {
          return std::any_of(file.tensors.begin(), file.tensors.end(), [](const auto& entry) {
            const auto type = entry.second.element_type();
            return type == ElementType::float64 || type == ElementType::complex128;
          });
        },
        content);
  }
};

namespace detail {

inline ModelKind kind_of(const SafeTensors& file, const std::string& source) {
  std::string name             = metadata_entry(file, "nop.model", source);
  const std::string& axes      = metadata_entry(file, "nop.dimensions", source);
  const std::string normalized = "Normalized<";
  const bool in_units          = name.starts_with(normalized) && name.ends_with('>');
  if (in_units) name = name.substr(normalized.size(), name.size() - normalized.size() - 1);
  if ((name != "Fno" && name != "Uno") || axes.size() != 1 || axes[0] < '1' || axes[0] > '9')
    throw FormatError(
        source, 0, "a model that is no Fno or Uno: '" + name + "', of '" + axes + "' dimensions");
  return {.family     = name == "Fno" ? ReferenceFamily::fno : ReferenceFamily::uno,
          .numbers    = holds_complex_model(file) ? FieldNumbers::complex : FieldNumbers::real,
          .dimensions = static_cast<std::size_t>(axes[0] - '0'),
          .units      = in_units ? ModelUnits::physical : ModelUnits::its_own};
}

/// A .safetensors file begins with the size of its header, which begins with a brace; others with
/// the mark of an archive.
inline bool is_safetensors(const std::filesystem::path& path) {
  const InputFile file(path);
  return file.size() > 8 && static_cast<char>(read_part(file, 8, 1)[0]) == '{';
}

}  // namespace detail

/// Reads a file with a model, whatever it is. Throws FormatError where it holds none, and as
/// `read_reference` does; PreconditionError where one of ours is given options, which it needs none
/// of.
inline ModelFile read_model_file(const std::filesystem::path& path,
                                 const ReferenceOptions& options = {}) {
  if (!detail::is_safetensors(path)) {
    auto model = read_reference(path, options);
    const ModelKind kind{
        .family = model.family, .numbers = model.numbers, .dimensions = model.dimensions};
    return {path.string(), kind, std::move(model)};
  }
  expects(options.arguments.is_null() && !options.semantics && !options.state,
          "read_model_file: expected no options on a model of nop, which says all of itself: ",
          path.string());
  auto file       = read_safetensors(path);
  const auto kind = detail::kind_of(file, path.string());
  return {path.string(), kind, std::move(file)};
}

/// The model of a file as a `Model`, in its precision.
template <storable_model Model>
Model model_from(const ModelFile& file) {
  if (const auto* const ours = std::get_if<SafeTensors>(&file.content))
    return model_from_file<Model>("", *ours, file.source);
  if constexpr (reference_model<Model>)
    return model_from_reference<Model>(std::get<ReferenceModel>(file.content));
  else
    throw PreconditionError("model_from: a model of the reference library has no normalizers");
}

/// Calls `use(std::type_identity<Model>())` for the model type of a kind, of `Dim` dimensions,
/// whose fields are made of `Real`. Throws PreconditionError for a kind that there is no type for.
template <std::size_t Dim, real Real, class Use>
auto with_model_type(const ModelKind& kind, const Use& use) {
  using Forms = WeightForms;
  expects(kind.dimensions == Dim, "with_model_type: expected a model of ", Dim,
          " dimensions, got one of ", kind.dimensions);
  const bool is_complex = kind.numbers == FieldNumbers::complex;
  expects(!is_complex || (kind.family == ReferenceFamily::fno && kind.units == ModelUnits::its_own),
          "with_model_type: expected a model of complex fields to be an Fno without normalizers");
  if (kind.units == ModelUnits::physical)
    return kind.family == ReferenceFamily::fno
               ? use(std::type_identity<Normalized<Tfno<Dim, Cpu, Real>>>())
               : use(std::type_identity<Normalized<Uno<Dim, Cpu, Real, Forms::all>>>());
  if (kind.family == ReferenceFamily::uno)
    return use(std::type_identity<Uno<Dim, Cpu, Real, Forms::all>>());
  if (!is_complex) return use(std::type_identity<Tfno<Dim, Cpu, Real>>());
  return use(std::type_identity<Tfno<Dim, Cpu, std::complex<Real>>>());
}

}  // namespace nop
