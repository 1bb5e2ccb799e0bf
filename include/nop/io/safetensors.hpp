// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/io/array.hpp>
#include <nop/io/file.hpp>
#include <nop/io/json.hpp>
#include <nop/io/named_arrays.hpp>
#include <nop/io/safetensors_header.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <map>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nop {

/// What a .safetensors file holds: notes, and arrays in the order of its header.
struct SafeTensors {
  std::map<std::string, std::string> metadata;
  NamedArrays tensors;

  friend bool operator==(const SafeTensors&, const SafeTensors&) = default;
};

namespace detail {

/// Complex numbers are no part of the format: such an array is written as reals with a last axis of
/// 2, and its name is listed under this key, as a JSON list.
inline constexpr const char* complex_note = "nop.complex";

inline ElementType real_part_of(ElementType type) {
  return type == ElementType::complex64    ? ElementType::float32
         : type == ElementType::complex128 ? ElementType::float64
                                           : type;
}

/// Takes the list of complex arrays out of the metadata; gives these arrays their type back.
inline void restore_complex(SafeTensorsHeader& header, const std::string& source) {
  const auto note = header.metadata.find(complex_note);
  if (note == header.metadata.end()) return;
  const JsonOrigin origin{source, safetensors_prefix};
  const auto names =
      json_value<std::vector<std::string>>(parse_json(note->second, origin), complex_note, origin);
  std::map<std::string_view, SafeTensorsEntry*> entries;
  for (auto& entry : header.entries) entries.emplace(entry.name, &entry);
  for (const auto& name : names) {
    const auto found      = entries.find(name);
    const auto fits_shape = [](const SafeTensorsEntry& entry) {
      return !entry.shape.empty() && entry.shape.back() == 2 &&
             (entry.type == ElementType::float32 || entry.type == ElementType::float64);
    };
    if (found == entries.end() || !fits_shape(*found->second))
      throw FormatError(source, origin.offset,
                        "nop.complex lists '" + name + "', which is no array of complex numbers");
    SafeTensorsEntry& entry = *found->second;
    entry.type =
        entry.type == ElementType::float32 ? ElementType::complex64 : ElementType::complex128;
    entry.shape.pop_back();
  }
  header.metadata.erase(note);
}

/// The places of the arrays by falling element size, so that every element lies at a multiple of
/// its own size and the file can be used where it lies.
inline std::vector<std::size_t> aligned_order(const NamedArrays& tensors) {
  std::vector<std::size_t> order(tensors.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto size = [&](std::size_t place) {
    return byte_size(real_part_of(
        (tensors.begin() + static_cast<std::ptrdiff_t>(place))->second.element_type()));
  };
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return size(a) != size(b) ? size(a) > size(b) : a < b;
  });
  return order;
}

inline std::string safetensors_header_text(const SafeTensors& file,
                                           const std::vector<std::size_t>& order) {
  SafeTensorsHeader header{file.metadata, {}};
  expects(!header.metadata.contains(complex_note), "safetensors: the metadata key '", complex_note,
          "' is taken");
  Json complex_names = Json::array();
  for (const auto& [name, array] : file.tensors) {
    SafeTensorsEntry entry{name, real_part_of(array.element_type()), array.shape(), 0, 0};
    if (holds_complex(array.element_type())) {
      entry.shape.push_back(2);
      complex_names.push_back(name);
    }
    entry.end = array.bytes().size();
    header.entries.push_back(std::move(entry));
  }
  std::size_t begin = 0;
  for (const std::size_t place : order) {
    auto& entry = header.entries[place];
    entry.begin = begin;
    begin       = entry.end += begin;
  }
  if (!complex_names.empty()) header.metadata[complex_note] = json_text(complex_names);
  return header_text(header);
}

}  // namespace detail

/// Reads a .safetensors file from any source. Every claim of its header is checked before memory is
/// taken; float16 and bfloat16 stay what they are until their values are asked for.
template <byte_source Source>
SafeTensors read_safetensors_from(Source& file) {
  auto header = detail::read_safetensors_header(file);
  detail::restore_complex(header, file.name());
  SafeTensors result{std::move(header.metadata), {}};
  for (auto& entry : header.entries)
    result.tensors.add(std::move(entry.name),
                       Array(entry.type, std::move(entry.shape),
                             read_part(file, entry.begin, entry.end - entry.begin)));
  return result;
}

/// Reads a .safetensors file.
inline SafeTensors read_safetensors(const std::filesystem::path& path) {
  const InputFile file(path);
  return read_safetensors_from(file);
}

/// Reads a .safetensors file that lies in memory; `name` is what errors call it.
inline SafeTensors parse_safetensors(std::span<const std::byte> bytes, const std::string& name) {
  const MemoryFile file(bytes, name);
  return read_safetensors_from(file);
}

/// Writes a .safetensors file, all or nothing. Names and metadata must be UTF-8; the metadata key
/// `nop.complex` is taken, and no tensor may be called `__metadata__`: else a PreconditionError.
inline void write_safetensors(const std::filesystem::path& path, const SafeTensors& file) {
  const auto order         = detail::aligned_order(file.tensors);
  const std::string header = detail::safetensors_header_text(file, order);
  write_atomically(path, [&](OutputFile& output) {
    output.write(header);
    for (const std::size_t place : order)
      output.write((file.tensors.begin() + static_cast<std::ptrdiff_t>(place))->second.bytes());
  });
}

}  // namespace nop
