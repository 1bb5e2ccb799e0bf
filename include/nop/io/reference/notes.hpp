// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/io/config_json.hpp>
#include <nop/io/json.hpp>
#include <nop/io/reference/model.hpp>
#include <nop/io/reference/state.hpp>
#include <nop/layers/reference_semantics.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace nop::detail {

/// The semantics that a model of this layout may have been trained with.
inline std::vector<Semantics> training_semantics(ReferenceLayout layout) {
  switch (layout) {
    case ReferenceLayout::current:
      return {Semantics::head, Semantics::v2_0, Semantics::v1_0};
    case ReferenceLayout::v0_3:
      return {Semantics::v1_0};
    default:
      return {};
  }
}

/// "head, v2_0 or v1_0"
inline std::string names_of(const std::vector<Semantics>& semantics) {
  std::string text;
  for (std::size_t i = 0; i < semantics.size(); ++i)
    text += (i == 0                     ? ""
             : i + 1 < semantics.size() ? ", "
                                        : " or ") +
            enumerator_name(semantics[i]);
  return text;
}

/// What its weights were trained with, as far as the layout tells.
inline std::string trained_with(const ReferenceModel& model) {
  const auto semantics = training_semantics(model.layout);
  return names_of(semantics) + (semantics.size() > 1 ? ", as the version that trained it was" : "");
}

/// Is one of these numbers, in lists of lists, another than 1?
inline bool has_other_than_one(const Json& numbers) {
  if (!numbers.is_array()) return numbers != 1;
  return std::any_of(numbers.begin(), numbers.end(), has_other_than_one);
}

/// May layers answer on another grid than they are asked on?
inline bool changes_grid(const ReferenceModel& model) {
  const Json scaling =
      model.arguments[model.family == ReferenceFamily::uno ? "uno_scalings"
                                                           : "resolution_scaling_factor"];
  return scaling.is_null() ? model.family == ReferenceFamily::uno : has_other_than_one(scaling);
}

/// When do numbers differ from those of the library that trained the model?
inline std::string semantics_note(const ReferenceModel& model) {
  if (training_semantics(model.layout).empty())
    return "the numbers are those of " + enumerator_name(model.layout) +
           " on grids that hold all modes";
  const std::string trained = trained_with(model);
  if (model.semantics != Semantics::exact) return {};
  if (model.numbers == FieldNumbers::complex)
    return "of complex fields the reference library computes something else on every grid; for its "
           "numbers choose the semantics " +
           trained;
  if (changes_grid(model) && model.dimensions > 1)
    return "where layers change the grid the reference library computes something else; for its "
           "numbers choose the semantics " +
           trained;
  return "on even grids that hold an even number of modes the numbers are those of the reference "
         "library; on others it computes something else, for which choose the semantics " +
         trained;
}

/// What a user has to know of a model.
inline std::vector<std::string> notes_on(const ReferenceModel& model) {
  std::vector<std::string> notes;
  if (auto note = semantics_note(model); !note.empty()) notes.push_back(std::move(note));
  if (model.naming.norm == NormKind::adaptive)
    notes.emplace_back("its norms have to be told an embedding in every call");
  return notes;
}

}  // namespace nop::detail
