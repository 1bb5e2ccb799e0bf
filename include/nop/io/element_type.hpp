// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <complex>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace nop {

/// What one element of an array in a file is.
enum class ElementType : std::uint8_t {
  boolean,
  int8,
  int16,
  int32,
  int64,
  uint8,
  uint16,
  uint32,
  uint64,
  float16,
  bfloat16,
  float32,
  float64,
  complex64,
  complex128
};

/// The bytes of one element, without padding.
constexpr std::size_t byte_size(ElementType type) {
  switch (type) {
    case ElementType::boolean:
    case ElementType::int8:
    case ElementType::uint8:
      return 1;
    case ElementType::int16:
    case ElementType::uint16:
    case ElementType::float16:
    case ElementType::bfloat16:
      return 2;
    case ElementType::int32:
    case ElementType::uint32:
    case ElementType::float32:
      return 4;
    case ElementType::int64:
    case ElementType::uint64:
    case ElementType::float64:
    case ElementType::complex64:
      return 8;
    case ElementType::complex128:
      return 16;
  }
  return 0;
}

/// The name people know it by, for messages.
constexpr std::string_view name_of(ElementType type) {
  switch (type) {
    case ElementType::boolean:
      return "boolean";
    case ElementType::int8:
      return "int8";
    case ElementType::int16:
      return "int16";
    case ElementType::int32:
      return "int32";
    case ElementType::int64:
      return "int64";
    case ElementType::uint8:
      return "uint8";
    case ElementType::uint16:
      return "uint16";
    case ElementType::uint32:
      return "uint32";
    case ElementType::uint64:
      return "uint64";
    case ElementType::float16:
      return "float16";
    case ElementType::bfloat16:
      return "bfloat16";
    case ElementType::float32:
      return "float32";
    case ElementType::float64:
      return "float64";
    case ElementType::complex64:
      return "complex64";
    case ElementType::complex128:
      return "complex128";
  }
  return "unknown";
}

/// Whether an element is a pair of a real and an imaginary part.
constexpr bool holds_complex(ElementType type) {
  return type == ElementType::complex64 || type == ElementType::complex128;
}

/// Whether an element is a whole number or a truth value.
constexpr bool holds_integer(ElementType type) { return type <= ElementType::uint64; }

namespace detail {
template <class T>
consteval int element_type_index() {
  if constexpr (std::same_as<T, bool>) return static_cast<int>(ElementType::boolean);
  if constexpr (std::same_as<T, std::int8_t>) return static_cast<int>(ElementType::int8);
  if constexpr (std::same_as<T, std::int16_t>) return static_cast<int>(ElementType::int16);
  if constexpr (std::same_as<T, std::int32_t>) return static_cast<int>(ElementType::int32);
  if constexpr (std::same_as<T, std::int64_t>) return static_cast<int>(ElementType::int64);
  if constexpr (std::same_as<T, std::uint8_t>) return static_cast<int>(ElementType::uint8);
  if constexpr (std::same_as<T, std::uint16_t>) return static_cast<int>(ElementType::uint16);
  if constexpr (std::same_as<T, std::uint32_t>) return static_cast<int>(ElementType::uint32);
  if constexpr (std::same_as<T, std::uint64_t>) return static_cast<int>(ElementType::uint64);
  if constexpr (std::same_as<T, float>) return static_cast<int>(ElementType::float32);
  if constexpr (std::same_as<T, double>) return static_cast<int>(ElementType::float64);
  if constexpr (std::same_as<T, std::complex<float>>)
    return static_cast<int>(ElementType::complex64);
  if constexpr (std::same_as<T, std::complex<double>>)
    return static_cast<int>(ElementType::complex128);
  return -1;
}
}  // namespace detail

/// A C++ type that an array in a file can be made from.
template <class T>
concept array_element = detail::element_type_index<T>() >= 0;

/// The element type that holds a C++ type without change.
template <array_element T>
inline constexpr ElementType element_type_of =
    static_cast<ElementType>(detail::element_type_index<T>());

}  // namespace nop
