// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/io/array.hpp>
#include <nop/io/element_type.hpp>
#include <nop/io/json.hpp>
#include <nop/io/torch_checkpoint.hpp>

#include <cstddef>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

/// \file
/// A state dict as text, in which a fuzzer changes one word and not the whole: first a line of JSON
/// with what the file says of the model and one with what the caller does, then one for each
/// tensor, with its kind of numbers, key and shape:
///
///     {"n_modes": [4, 4]}
///     null
///     c fno_blocks.convs.0.weight.tensor 4 4 4 3

namespace nop::fuzz {

struct ReferenceInput {
  TorchCheckpoint checkpoint;
  Json given;
};

/// Nothing for a text that is none, or has many numbers. The numbers are zeros.
inline std::optional<ReferenceInput> reference_of_text(const std::string& text) {
  constexpr std::size_t most_numbers = std::size_t{1} << 16;
  std::istringstream lines(text);
  std::string stored, given, line;
  if (!std::getline(lines, stored) || !std::getline(lines, given)) return std::nullopt;
  ReferenceInput input{{}, parse_json(given, {"given"})};
  input.checkpoint.metadata = parse_json(stored, {"stored"});
  std::size_t numbers       = 0;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string kind, key;
    std::vector<std::size_t> shape;
    if (!(words >> kind >> key)) continue;
    std::size_t size = 1;
    for (std::size_t extent = 0; words >> extent;) {
      shape.push_back(extent);
      if (extent > most_numbers || (size *= extent) > most_numbers) return std::nullopt;
    }
    numbers += size;
    if (numbers > most_numbers || input.checkpoint.tensors.contains(key)) return std::nullopt;
    const auto type = kind == "c"   ? ElementType::complex64
                      : kind == "d" ? ElementType::float64
                      : kind == "i" ? ElementType::int64
                                    : ElementType::float32;
    input.checkpoint.tensors.add(
        key, Array(type, shape, std::vector<std::byte>(size * byte_size(type))));
  }
  return input;
}

/// The text of a checkpoint.
inline std::string text_of_reference(const TorchCheckpoint& checkpoint, const Json& given) {
  std::string text = checkpoint.metadata.dump() + "\n" + given.dump() + "\n";
  for (const auto& [key, array] : checkpoint.tensors) {
    const auto type = array.element_type();
    text += (holds_complex(type)            ? "c "
             : type == ElementType::float64 ? "d "
             : type == ElementType::int64   ? "i "
                                            : "f ") +
            key;
    for (const std::size_t extent : array.shape()) text += " " + std::to_string(extent);
    text += "\n";
  }
  return text;
}

}  // namespace nop::fuzz
