// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/io/array.hpp>
#include <nop/io/file.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nop {

/// Which axis of an array is contiguous in its file.
enum class MemoryOrder : std::uint8_t { row_major, column_major };

/// Which byte of a number comes first in its file.
enum class ByteOrder : std::uint8_t { little_endian, big_endian };

/// What stands before the elements in a .npy file.
struct NpyHeader {
  ElementType type;
  ByteOrder byte_order     = ByteOrder::little_endian;
  MemoryOrder memory_order = MemoryOrder::row_major;
  std::vector<std::size_t> shape;
  std::size_t data_offset = 0;  ///< The byte at which the elements begin.
};

namespace detail {

/// As NumPy: more axes than this are a mistake.
inline constexpr std::size_t npy_rank_limit = 64;
/// 64 axes and the three names take far less.
inline constexpr std::size_t npy_header_limit = 65536;
inline constexpr std::string_view npy_magic{"\x93NUMPY", 6};

/// The codes of a `descr` without the byte order, e.g. "f4".
struct NpyCode {
  std::string_view code;
  ElementType type;
};
inline constexpr std::array npy_codes{
    NpyCode{"b1", ElementType::boolean},   NpyCode{"i1", ElementType::int8},
    NpyCode{"i2", ElementType::int16},     NpyCode{"i4", ElementType::int32},
    NpyCode{"i8", ElementType::int64},     NpyCode{"u1", ElementType::uint8},
    NpyCode{"u2", ElementType::uint16},    NpyCode{"u4", ElementType::uint32},
    NpyCode{"u8", ElementType::uint64},    NpyCode{"f2", ElementType::float16},
    NpyCode{"f4", ElementType::float32},   NpyCode{"f8", ElementType::float64},
    NpyCode{"c8", ElementType::complex64}, NpyCode{"c16", ElementType::complex128}};

/// Reads the dictionary {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } as data: it is
/// Python text, but nothing is evaluated.
class NpyDictionary {
 public:
  NpyDictionary(std::string_view text, std::size_t offset, const std::string& source)
      : text_(text), offset_(offset), source_(source) {}

  [[nodiscard]] NpyHeader parse() {
    NpyHeader header{};
    bool has_type = false, has_order = false, has_shape = false;
    const auto first_time = [&](bool& seen) {
      if (std::exchange(seen, true)) refuse("a name comes twice");
    };
    take('{');
    while (!taken('}')) {
      const auto name = quoted();
      take(':');
      if (name == "descr") {
        first_time(has_type);
        parse_type(header);
      } else if (name == "fortran_order") {
        first_time(has_order);
        header.memory_order = truth() ? MemoryOrder::column_major : MemoryOrder::row_major;
      } else if (name == "shape") {
        first_time(has_shape);
        header.shape = tuple();
      } else {
        refuse("unknown name '" + std::string(name) + "'");
      }
      if (!taken(',') && peek() != '}') refuse("expected ',' or '}'");
    }
    if (!has_type || !has_order || !has_shape)
      refuse("'descr', 'fortran_order' or 'shape' is missing");
    if (peek() != '\0' || at_ != text_.size()) refuse("something follows the dictionary");
    return header;
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw FormatError(source_, offset_ + at_, "npy header: " + what);
  }

  /// The next character that is not blank; '\0' at the end.
  char peek() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  bool taken(char expected) {
    if (peek() != expected) return false;
    ++at_;
    return true;
  }

  void take(char expected) {
    if (!taken(expected)) refuse(std::string("expected '") + expected + "'");
  }

  std::string_view quoted() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') refuse("expected a quoted text");
    const std::size_t first = at_ + 1;
    const std::size_t last  = text_.find_first_of("'\"\\\n", first);
    if (last == std::string_view::npos || text_[last] != quote) refuse("a text does not end");
    at_ = last + 1;
    return text_.substr(first, last - first);
  }

  bool truth() {
    peek();
    for (const auto& [word, value] : {std::pair{"False", false}, std::pair{"True", true}})
      if (text_.substr(at_).starts_with(word)) {
        at_ += std::string_view(word).size();
        return value;
      }
    refuse("expected True or False");
  }

  std::size_t number() {
    constexpr auto limit    = static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max());
    std::size_t value       = 0;
    const std::size_t first = (peek(), at_);
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
      const auto digit = static_cast<std::size_t>(text_[at_] - '0');
      if (value > (limit - digit) / 10) refuse("an extent that no memory holds");
      value = 10 * value + digit;
    }
    if (at_ == first) refuse("expected an extent, a whole number that is not negative");
    if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // Python 2 wrote long numbers so.
    return value;
  }

  std::vector<std::size_t> tuple() {
    std::vector<std::size_t> extents;
    take('(');
    while (!taken(')')) {
      if (extents.size() == npy_rank_limit) refuse("more than 64 axes");
      extents.push_back(number());
      if (!taken(',') && (peek() != ')' || extents.size() == 1)) refuse("expected ','");
    }
    return extents;
  }

  void parse_type(NpyHeader& header) {
    if (peek() == '[') refuse("structured elements are not supported");
    const std::size_t start = at_;
    const auto text         = quoted();
    const auto known        = [&](const NpyCode& entry) {
      return text.size() > 1 && entry.code == text.substr(1) &&
             std::string_view("<>=|").find(text[0]) != std::string_view::npos &&
             (text[0] != '|' || byte_size(entry.type) == 1);
    };
    for (const NpyCode& entry : npy_codes)
      if (known(entry)) {
        header.type       = entry.type;
        header.byte_order = text[0] == '>' ? ByteOrder::big_endian : ByteOrder::little_endian;
        return;
      }
    at_ = start;
    if (text.find('O') != std::string_view::npos) refuse("Python objects are never unpickled");
    refuse("element type '" + std::string(text) + "' is not supported");
  }

  std::string_view text_;
  std::size_t offset_;
  const std::string& source_;
  std::size_t at_ = 0;
};

}  // namespace detail

/// Reads the header of a .npy file, versions 1.0 to 3.0; a FormatError for anything else.
template <byte_source Source>
NpyHeader read_npy_header(Source& file) {
  const std::string& name = file.name();
  const auto start        = read_part(file, 0, 8);
  for (std::size_t i = 0; i < detail::npy_magic.size(); ++i)
    if (start[i] != static_cast<std::byte>(detail::npy_magic[i]))
      throw FormatError(name, i, "not a .npy file: its first bytes are not \\x93NUMPY");
  const auto major = std::to_integer<int>(start[6]);
  if (major < 1 || major > 3 || start[7] != std::byte{0})
    throw FormatError(name, 6, "npy version " + std::to_string(major) + " is not known");
  const std::size_t length_bytes = major == 1 ? 2 : 4;
  std::size_t length             = 0;
  const auto coded               = read_part(file, 8, length_bytes);
  for (std::size_t i = 0; i < length_bytes; ++i)
    length |= std::to_integer<std::size_t>(coded[i]) << (8 * i);
  if (length > detail::npy_header_limit)
    throw FormatError(name, 8, "a header of " + std::to_string(length) + " bytes");
  const std::size_t offset = 8 + length_bytes;
  const auto bytes         = read_part(file, offset, length);
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  auto header        = detail::NpyDictionary(text, offset, name).parse();
  header.data_offset = offset + length;
  return header;
}

/// The header that NumPy itself would write: version 1.0, row-major, little endian, padded with
/// blanks so that the elements begin at a multiple of 64 bytes.
inline std::string npy_header_text(const Array& array) {
  expects(array.element_type() != ElementType::bfloat16, "npy: NumPy has no bfloat16");
  expects(array.shape().size() <= detail::npy_rank_limit, "npy: at most 64 axes, got ",
          array.shape().size());
  std::string text = "{'descr': '";
  text += byte_size(array.element_type()) == 1 ? '|' : '<';
  for (const auto& [code, type] : detail::npy_codes)
    if (type == array.element_type()) text += code;
  text += "', 'fortran_order': False, 'shape': (";
  for (std::size_t axis = 0; axis < array.shape().size(); ++axis)
    text += (axis == 0 ? "" : " ") + std::to_string(array.shape()[axis]) +
            (axis + 1 < array.shape().size() || axis == 0 ? "," : "");
  text += "), }";
  constexpr std::size_t prefix = 10, alignment = 64;
  text.append(alignment - 1 - (prefix + text.size()) % alignment, ' ');
  text += '\n';
  const auto low  = static_cast<char>(text.size() & 0xff);
  const auto high = static_cast<char>(text.size() >> 8);
  return std::string(detail::npy_magic) + '\x01' + '\0' + low + high + text;
}

}  // namespace nop
