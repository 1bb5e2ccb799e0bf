// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/io/array.hpp>
#include <nop/io/file.hpp>
#include <nop/io/json.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace nop::detail {

/// The length of the header comes first, in 8 bytes.
inline constexpr std::size_t safetensors_prefix       = 8;
inline constexpr std::size_t safetensors_header_limit = 100'000'000;
inline constexpr const char* metadata_name            = "__metadata__";

struct SafeTensorsType {
  std::string_view name;
  ElementType type;
};
inline constexpr std::array safetensors_types{
    SafeTensorsType{"BOOL", ElementType::boolean},  SafeTensorsType{"I8", ElementType::int8},
    SafeTensorsType{"I16", ElementType::int16},     SafeTensorsType{"I32", ElementType::int32},
    SafeTensorsType{"I64", ElementType::int64},     SafeTensorsType{"U8", ElementType::uint8},
    SafeTensorsType{"U16", ElementType::uint16},    SafeTensorsType{"U32", ElementType::uint32},
    SafeTensorsType{"U64", ElementType::uint64},    SafeTensorsType{"F16", ElementType::float16},
    SafeTensorsType{"BF16", ElementType::bfloat16}, SafeTensorsType{"F32", ElementType::float32},
    SafeTensorsType{"F64", ElementType::float64},   SafeTensorsType{"C64", ElementType::complex64}};

/// One tensor of the header. Once the header is checked, `begin` and `end` are bytes of the file.
struct SafeTensorsEntry {
  std::string name;
  ElementType type;
  std::vector<std::size_t> shape;
  std::size_t begin;
  std::size_t end;
};

struct SafeTensorsHeader {
  std::map<std::string, std::string> metadata;
  std::vector<SafeTensorsEntry> entries;
};

inline SafeTensorsEntry parse_entry(const std::string& name, const Json& value,
                                    const JsonOrigin& origin) {
  const auto refuse = [&](const std::string& what) {
    throw FormatError(origin.source, origin.offset, "tensor '" + name + "': " + what);
  };
  if (!value.is_object() || value.size() != 3) refuse("expected dtype, shape and data_offsets");
  const auto type_name = json_member<std::string>(value, "dtype", origin);
  const auto type      = std::find_if(safetensors_types.begin(), safetensors_types.end(),
                                      [&](const auto& known) { return known.name == type_name; });
  if (type == safetensors_types.end()) refuse("element type '" + type_name + "' is not supported");
  const auto shape   = json_member<std::vector<std::size_t>>(value, "shape", origin);
  const auto offsets = json_member<std::vector<std::size_t>>(value, "data_offsets", origin);
  if (offsets.size() != 2 || offsets[0] > offsets[1]) refuse("data_offsets are not begin and end");
  if (byte_count(shape, type->type) != offsets[1] - offsets[0])
    refuse("shape " + shape_text(shape) + " of " + type_name + " does not take " +
           std::to_string(offsets[1] - offsets[0]) + " bytes");
  return {name, type->type, shape, offsets[0], offsets[1]};
}

/// Checks that the tensors lie one after another and fill the rest of the file exactly.
inline void check_layout(const std::vector<SafeTensorsEntry>& entries, std::size_t data_size,
                         const JsonOrigin& origin) {
  std::vector<const SafeTensorsEntry*> sorted;
  for (const auto& entry : entries) sorted.push_back(&entry);
  std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) {
    return std::tie(a->begin, a->end) < std::tie(b->begin, b->end);
  });
  std::size_t end = 0;
  for (const auto* entry : sorted) {
    if (entry->begin != end)
      throw FormatError(origin.source, origin.offset,
                        "tensor '" + entry->name + "' begins at " + std::to_string(entry->begin) +
                            " where " + std::to_string(end) +
                            " was expected: a hole or an overlap");
    end = entry->end;
  }
  if (end != data_size)
    throw FormatError(origin.source, origin.offset,
                      "the tensors take " + std::to_string(end) + " bytes, but " +
                          std::to_string(data_size) + " follow the header");
}

/// The length of the JSON text, in the first eight bytes.
template <byte_source Source>
std::size_t read_header_length(Source& file) {
  std::size_t length = 0;
  const auto coded   = read_part(file, 0, safetensors_prefix);
  for (std::size_t i = 0; i < coded.size(); ++i)
    length |= std::to_integer<std::size_t>(coded[i]) << (8 * i);
  if (length > safetensors_header_limit || length > file.size() - safetensors_prefix)
    throw FormatError(
        file.name(), 0,
        "not a .safetensors file: it claims a header of " + std::to_string(length) + " bytes");
  return length;
}

/// Reads the header and checks all it claims: types, sizes, no holes, no overlaps, no repeated
/// names.
template <byte_source Source>
SafeTensorsHeader read_safetensors_header(Source& file) {
  const std::size_t length = read_header_length(file);
  const auto bytes         = read_part(file, safetensors_prefix, length);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const JsonOrigin origin{file.name(), safetensors_prefix};
  if (!text.starts_with('{'))
    throw FormatError(origin.source, origin.offset, "the header does not begin with '{'");
  const Json json = parse_json(text, origin);
  SafeTensorsHeader header;
  for (const auto& [name, value] : json.items()) {
    if (name != metadata_name) {
      header.entries.push_back(parse_entry(name, value, origin));
    } else {
      if (!value.is_object())
        throw FormatError(origin.source, origin.offset, "__metadata__ is no object");
      for (const auto& [key, note] : value.items())
        header.metadata[key] = json_value<std::string>(note, key, origin);
    }
  }
  const std::size_t data = safetensors_prefix + length;
  check_layout(header.entries, file.size() - data, origin);
  for (auto& entry : header.entries) {
    entry.begin += data;
    entry.end += data;
  }
  return header;
}

/// The bytes before the data: length, JSON, and blanks up to a multiple of 8. Here `begin` and
/// `end` count from the first byte of the data.
inline std::string header_text(const SafeTensorsHeader& header) {
  Json json = Json::object();
  if (!header.metadata.empty()) json[metadata_name] = header.metadata;
  for (const auto& entry : header.entries) {
    expects(entry.name != metadata_name, "safetensors: no tensor may be called '", metadata_name,
            "'");
    const auto type  = std::find_if(safetensors_types.begin(), safetensors_types.end(),
                                    [&](const auto& known) { return known.type == entry.type; });
    json[entry.name] = {{"dtype", std::string(type->name)},
                        {"shape", entry.shape},
                        {"data_offsets", {entry.begin, entry.end}}};
  }
  std::string text = json_text(json);
  text.append((8 - text.size() % 8) % 8, ' ');
  expects(text.size() <= safetensors_header_limit, "safetensors: a header of ", text.size(),
          " bytes");
  std::string prefix;
  for (std::size_t i = 0; i < safetensors_prefix; ++i)
    prefix += static_cast<char>((text.size() >> (8 * i)) & 0xff);
  return prefix + text;
}

}  // namespace nop::detail
