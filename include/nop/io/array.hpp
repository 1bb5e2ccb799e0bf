// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/expects.hpp>
#include <nop/core/scalar.hpp>
#include <nop/io/element_type.hpp>
#include <nop/io/float16.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace nop {

static_assert(std::endian::native == std::endian::little, "nop/io: a little-endian machine");

/// The bytes of an array of this shape, or nothing where they would not fit an address space.
/// The limit holds for the extents other than 0 too, so partial products never overflow.
inline std::optional<std::size_t> byte_count(std::span<const std::size_t> shape, ElementType type) {
  constexpr auto limit = static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max());
  std::size_t bytes    = byte_size(type);
  bool is_empty        = false;
  for (const std::size_t extent : shape) {
    if (extent == 0) {
      is_empty = true;
    } else {
      if (bytes > limit / extent) return std::nullopt;
      bytes *= extent;
    }
  }
  return is_empty ? 0 : bytes;
}

namespace detail {

/// "[2, 3]"
inline std::string shape_text(std::span<const std::size_t> shape) {
  std::string text = "[";
  for (const std::size_t extent : shape)
    text += (text.size() > 1 ? ", " : "") + std::to_string(extent);
  return text + "]";
}

/// Turns big-endian numbers into little-endian ones, in place.
inline void reverse_bytes(std::span<std::byte> bytes, std::size_t number_size) {
  for (std::size_t i = 0; i + number_size <= bytes.size(); i += number_size) {
    const auto number = bytes.subspan(i, number_size);
    std::reverse(number.begin(), number.end());
  }
}

/// The upper half of a binary32.
inline float widen_bfloat16(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

template <class To, class Stored, class Convert>
std::vector<To> converted(std::span<const std::byte> bytes, Convert convert) {
  std::vector<To> values(bytes.size() / sizeof(Stored));
  for (std::size_t i = 0; i < values.size(); ++i) {
    Stored stored;
    std::memcpy(&stored, bytes.data() + i * sizeof(Stored), sizeof(Stored));
    values[i] = static_cast<To>(convert(stored));  // NOLINT(bugprone-signed-char-misuse)
  }
  return values;
}

template <class Stored, class To>
std::vector<To> converted(std::span<const std::byte> bytes) {
  return converted<To, Stored>(bytes, [](Stored stored) {
    if constexpr (complex<To> && !complex<Stored>)
      return static_cast<real_of<To>>(stored);
    else
      return stored;
  });
}

}  // namespace detail

/// An array as a file holds it: element type, shape, and the elements in row-major order, little
/// endian, without gaps. Any rank; rank 0 is one number.
class Array {
 public:
  /// Takes over `bytes`, whose number must be that of the shape: else a PreconditionError.
  Array(ElementType type, std::vector<std::size_t> shape, std::vector<std::byte> bytes)
      : type_(type), shape_(std::move(shape)), bytes_(std::move(bytes)) {
    const auto expected = byte_count(shape_, type_);
    expects(expected == bytes_.size(), "Array: shape ", detail::shape_text(shape_), " of ",
            name_of(type_), " does not take ", bytes_.size(), " bytes");
  }

  [[nodiscard]] ElementType element_type() const { return type_; }
  [[nodiscard]] const std::vector<std::size_t>& shape() const { return shape_; }
  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }
  /// The number of elements.
  [[nodiscard]] std::size_t size() const { return bytes_.size() / byte_size(type_); }

  /// The elements as T, row-major. Reals come from booleans, integers and reals (rounded to T where
  /// they must be), complex numbers from anything. A complex array asked for reals is a
  /// PreconditionError: nothing is thrown away silently.
  template <scalar T>
  [[nodiscard]] std::vector<T> values() const;

  /// The elements as whole numbers: from booleans and integers. Reals, and uint64 beyond the range
  /// of int64, are a PreconditionError.
  template <std::same_as<std::int64_t> T>
  [[nodiscard]] std::vector<T> values() const;

  friend bool operator==(const Array&, const Array&) = default;

 private:
  template <class T>
  [[nodiscard]] std::vector<T> integer_values() const;

  ElementType type_;
  std::vector<std::size_t> shape_;
  std::vector<std::byte> bytes_;
};

/// An array with a copy of `values` (float, double, complex or integers, contiguous, row-major).
/// The shape must hold exactly that many: else a PreconditionError.
template <std::ranges::contiguous_range Range>
  requires array_element<std::ranges::range_value_t<Range>>
Array make_array(const Range& values, std::vector<std::size_t> shape) {
  const auto bytes = std::as_bytes(std::span(std::ranges::data(values), std::ranges::size(values)));
  return Array(element_type_of<std::ranges::range_value_t<Range>>, std::move(shape),
               {bytes.begin(), bytes.end()});
}

template <class T>
std::vector<T> Array::integer_values() const {
  switch (type_) {
    case ElementType::boolean:
      return detail::converted<T, std::uint8_t>(bytes_, [](auto stored) { return stored != 0; });
    case ElementType::int8:
      return detail::converted<std::int8_t, T>(bytes_);
    case ElementType::int16:
      return detail::converted<std::int16_t, T>(bytes_);
    case ElementType::int32:
      return detail::converted<std::int32_t, T>(bytes_);
    case ElementType::int64:
      return detail::converted<std::int64_t, T>(bytes_);
    case ElementType::uint8:
      return detail::converted<std::uint8_t, T>(bytes_);
    case ElementType::uint16:
      return detail::converted<std::uint16_t, T>(bytes_);
    case ElementType::uint32:
      return detail::converted<std::uint32_t, T>(bytes_);
    case ElementType::uint64:
      return detail::converted<std::uint64_t, T>(bytes_);
    default:
      return {};
  }
}

template <scalar T>
std::vector<T> Array::values() const {
  if constexpr (real<T>)
    expects(!holds_complex(type_), "Array::values: real values asked of an array of ",
            name_of(type_));
  switch (type_) {
    case ElementType::float16:
      return detail::converted<T, std::uint16_t>(bytes_, detail::widen_float16);
    case ElementType::bfloat16:
      return detail::converted<T, std::uint16_t>(bytes_, detail::widen_bfloat16);
    case ElementType::float32:
      return detail::converted<float, T>(bytes_);
    case ElementType::float64:
      return detail::converted<double, T>(bytes_);
    case ElementType::complex64:
      if constexpr (complex<T>) return detail::converted<std::complex<float>, T>(bytes_);
      break;
    case ElementType::complex128:
      if constexpr (complex<T>) return detail::converted<std::complex<double>, T>(bytes_);
      break;
    default:
      break;
  }
  return integer_values<T>();
}

template <std::same_as<std::int64_t> T>
std::vector<T> Array::values() const {
  expects(holds_integer(type_), "Array::values: whole numbers asked of an array of ",
          name_of(type_));
  auto values = integer_values<T>();
  if (type_ == ElementType::uint64)
    for (const T value : values)
      expects(value >= 0, "Array::values: a uint64 beyond the range of int64");
  return values;
}

}  // namespace nop
