// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/io/array.hpp>
#include <nop/io/model_file.hpp>

#include <cstddef>
#include <string>

namespace nop::program {

/// In which precision a model runs.
enum class Precision { single, twofold };

/// What a model answers.
struct Answer {
  Array fields;
  std::string note;  ///< what has to be known of its grid; empty for nothing
};

/// What a model of so many dimensions makes of an input [batch, channel, grid...]. Compiled by
/// itself for every number of them.
template <std::size_t Dim>
Answer run_model(const ModelFile& file, const Array& input, Precision precision);

extern template Answer run_model<1>(const ModelFile&, const Array&, Precision);
extern template Answer run_model<2>(const ModelFile&, const Array&, Precision);
extern template Answer run_model<3>(const ModelFile&, const Array&, Precision);

}  // namespace nop::program
