// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/npy_header.hpp>

#include "hostile.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nop::test::npy_header_test {
namespace {

/// A version 1.0 header around a dictionary.
std::string with_dictionary(std::string_view dictionary) {
  return std::string("\x93NUMPY\x01\0", 8) + static_cast<char>(dictionary.size() & 0xff) +
         static_cast<char>(dictionary.size() >> 8) + std::string(dictionary);
}

NpyHeader header_of(std::string_view text) {
  const MemoryFile file(test::bytes_of(text), "test");
  return read_npy_header(file);
}

NpyHeader header_with(std::string_view dictionary) {
  return header_of(with_dictionary(dictionary));
}

std::size_t error_offset(std::string_view dictionary) {
  try {
    header_with(dictionary);
  } catch (const FormatError& error) {
    return error.offset();
  }
  return 0;
}

TEST_CASE("the header is, byte for byte, the one NumPy writes") {
  const auto header = npy_header_text(make_array(std::vector<float>(6), {2, 3}));
  const std::string start("\x93NUMPY\x01\0\x76\0", 10);
  const std::string dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  CHECK(header == start + dictionary + std::string(118 - 1 - dictionary.size(), ' ') + "\n");
}

TEST_CASE("every header ends at a multiple of 64 bytes and is read back") {
  std::vector<std::size_t> shape;
  for (int axis = 0; axis <= 64; ++axis) {
    const auto header =
        npy_header_text(Array(ElementType::int16, shape, std::vector<std::byte>(2)));
    CHECK(header.size() % 64 == 0);
    CHECK(header_of(header).shape == shape);
    CHECK(header_of(header).data_offset == header.size());
    shape.push_back(1);
  }
  CHECK_THROWS_AS(npy_header_text(Array(ElementType::int16, shape, std::vector<std::byte>(2))),
                  PreconditionError);
}

TEST_CASE("every element type but bfloat16 has its code") {
  const std::string_view codes[] = {"|b1", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4",
                                    "<u8", "<f2", "",    "<f4", "<f8", "<c8", "<c16"};
  for (int i = 0; i <= static_cast<int>(ElementType::complex128); ++i) {
    const auto type = static_cast<ElementType>(i);
    const Array array(type, {0}, {});
    if (type == ElementType::bfloat16) {
      CHECK_THROWS_AS(npy_header_text(array), PreconditionError);
      continue;
    }
    const auto text = npy_header_text(array);
    CHECK(text.find("'" + std::string(codes[i]) + "', 'fortran") != std::string::npos);
    CHECK(header_of(text).type == type);
  }
}

TEST_CASE("dictionaries that others write are read too") {
  const auto header =
      header_with("{\"shape\": (3L, 4L,), 'fortran_order':True,'descr':\n'>c16'}   \n");
  CHECK(header.shape == std::vector<std::size_t>{3, 4});
  CHECK(header.memory_order == MemoryOrder::column_major);
  CHECK(header.byte_order == ByteOrder::big_endian);
  CHECK(header.type == ElementType::complex128);
  CHECK(header_with("{'descr': '=f8', 'fortran_order': False, 'shape': ()}").shape.empty());
  CHECK(header_with("{'descr': '<u1', 'fortran_order': False, 'shape': (0,)}").shape ==
        std::vector<std::size_t>{0});
}

TEST_CASE("versions 2.0 and 3.0 have a length of four bytes") {
  const std::string dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (5,), }\n";
  for (const char version : {'\2', '\3'}) {
    const auto length = static_cast<char>(dictionary.size());
    const auto header = header_of(std::string("\x93NUMPY") + version + '\0' + length +
                                  std::string(3, '\0') + dictionary);
    CHECK(header.shape == std::vector<std::size_t>{5});
    CHECK(header.data_offset == 12 + dictionary.size());
  }
  CHECK_THROWS_AS(header_of(std::string("\x93NUMPY\4\0\1\0\0\0\0\0\0", 15)), FormatError);
  CHECK_THROWS_AS(header_of(std::string("\x93NUMPY\2\0\xff\xff\xff\xff", 12)), FormatError);
}

TEST_CASE("dictionaries that are wrong in any way are refused") {
  for (const std::string_view dictionary :
       {"",
        "{}",
        "{'descr': '<f4', 'fortran_order': False}",
        "{'descr': '<f4', 'shape': ()}",
        "{'fortran_order': False, 'shape': ()}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': [3, 4]}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3 4)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3,,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-3,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3.0,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': ()}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (), 'more': 1}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': ()}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': ()} x",
        "{'descr': '<f4' 'fortran_order': False, 'shape': ()}",
        "{'descr': '<f4, 'fortran_order': False, 'shape': ()}",
        "{'descr': '<f4\", 'fortran_order': False, 'shape': ()}",
        "{'descr': '<f3', 'fortran_order': False, 'shape': ()}",
        "{'descr': '|f4', 'fortran_order': False, 'shape': ()}",
        "{'descr': 'f4', 'fortran_order': False, 'shape': ()}",
        "{'descr': '', 'fortran_order': False, 'shape': ()}",
        "{'descr': '<U5', 'fortran_order': False, 'shape': ()}",
        "{'descr': __import__('os'), 'fortran_order': False, 'shape': ()}"}) {
    CAPTURE(dictionary);
    CHECK_THROWS_AS(header_with(dictionary), FormatError);
  }
  std::string axes;
  for (int axis = 0; axis < 65; ++axis) axes += "1,";
  CHECK_THROWS_AS(header_with("{'descr': '<f4', 'fortran_order': False, 'shape': (" + axes + ")}"),
                  FormatError);
}

TEST_CASE("an error names the byte") {
  CHECK(error_offset("{'descr': '<f3', 'fortran_order': False, 'shape': ()}") == 20);
  CHECK(error_offset("{'descr': '<f4', 'fortran_order': False, 'shape': (2, x)}") == 10 + 54);
}

TEST_CASE("Python objects and structures are refused by name") {
  CHECK_THROWS_WITH_AS(header_with("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}"),
                       "test: byte 20: npy header: Python objects are never unpickled",
                       FormatError);
  CHECK_THROWS_WITH_AS(
      header_with("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}"),
      "test: byte 20: npy header: structured elements are not supported", FormatError);
}

}  // namespace
}  // namespace nop::test::npy_header_test
