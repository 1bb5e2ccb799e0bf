// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/npy.hpp>

#include "hostile.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

namespace nop::test::npy_test {
namespace {

Array parse_npy(std::string_view text) {
  const MemoryFile file(test::bytes_of(text), "test");
  return read_npy_from(file);
}

std::string npy(std::string_view type, std::string_view order, std::string_view shape,
                std::string_view elements) {
  const std::string dictionary = "{'descr': '" + std::string(type) +
                                 "', 'fortran_order': " + std::string(order) +
                                 ", 'shape': " + std::string(shape) + ", }\n";
  return std::string("\x93NUMPY\x01\0", 8) + static_cast<char>(dictionary.size()) + '\0' +
         dictionary + std::string(elements);
}

template <class T>
std::vector<T> counted(std::size_t count) {
  std::vector<T> values(count);
  std::iota(values.begin(), values.end(), T(1));
  return values;
}

TEST_CASE_TEMPLATE("an array of every type survives a file", T, std::int8_t, std::int16_t,
                   std::int32_t, std::int64_t, std::uint8_t, std::uint16_t, std::uint32_t,
                   std::uint64_t, float, double) {
  const test::TemporaryFolder folder;
  for (const std::vector<std::size_t>& shape :
       {std::vector<std::size_t>{24}, {2, 3, 4}, {24, 1, 1, 1}}) {
    const auto array = make_array(counted<T>(24), shape);
    write_npy(folder / "x.npy", array);
    CHECK(read_npy(folder / "x.npy") == array);
  }
}

TEST_CASE("complex numbers, truth values, halves, single numbers and nothing survive a file") {
  const test::TemporaryFolder folder;
  const bool truth[]                       = {true, false};
  const std::complex<float> single[]       = {{1, 2}, {-3, 4}};
  const std::complex<double> twice[]       = {{1, 2}, {-3, 4}};
  const std::vector<std::byte> half_of_one = {std::byte{0}, std::byte{0x3c}};
  for (const Array& array :
       {make_array(truth, {2}), make_array(single, {1, 2}), make_array(twice, {2, 1}),
        Array(ElementType::float16, {1}, half_of_one), make_array(std::vector<float>{7}, {}),
        make_array(std::vector<float>{}, {0, 5})}) {
    write_npy(folder / "x.npy", array);
    CHECK(read_npy(folder / "x.npy") == array);
  }
}

TEST_CASE("a file is, byte for byte, what NumPy writes") {
  const test::TemporaryFolder folder;
  write_npy(folder / "x.npy", make_array(std::vector<std::int16_t>{1, -2}, {2}));
  const std::string dictionary = "{'descr': '<i2', 'fortran_order': False, 'shape': (2,), }";
  CHECK(test::text_of(read_file(folder / "x.npy")) ==
        std::string("\x93NUMPY\x01\0\x76\0", 10) + dictionary +
            std::string(117 - dictionary.size(), ' ') + "\n" + std::string("\1\0\xfe\xff", 4));
}

TEST_CASE("big-endian numbers are turned round, complex ones part by part") {
  CHECK(parse_npy(npy(">i2", "False", "(2,)", {"\1\2\xff\xfe", 4})).values<double>() ==
        std::vector<double>{258, -2});
  CHECK(parse_npy(npy(">f4", "False", "()", {"\x3f\x80\0\0", 4})).values<float>()[0] == 1);
  CHECK(parse_npy(npy(">f8", "False", "()", {"\x3f\xf0\0\0\0\0\0\0", 8})).values<float>()[0] == 1);
  CHECK(parse_npy(npy(">c8", "False", "()", {"\x3f\x80\0\0\xc0\0\0\0", 8}))
            .values<std::complex<float>>()[0] == std::complex<float>(1, -2));
  CHECK(parse_npy(npy(">u1", "False", "()", "\7")).values<float>()[0] == 7);
}

TEST_CASE("column-major arrays become row-major") {
  const auto two = parse_npy(npy("|u1", "True", "(2, 3)", {"\0\1\2\3\4\5", 6}));
  CHECK(two.shape() == std::vector<std::size_t>{2, 3});
  CHECK(two.values<float>() == std::vector<float>{0, 2, 4, 1, 3, 5});
  const auto big = parse_npy(npy(">u2", "True", "(2, 2)", {"\0\1\0\2\0\3\0\4", 8}));
  CHECK(big.values<float>() == std::vector<float>{1, 3, 2, 4});
  CHECK(parse_npy(npy("|u1", "True", "(3,)", "\1\2\3")).values<float>() ==
        std::vector<float>{1, 2, 3});
  CHECK(parse_npy(npy("|u1", "True", "(0, 3)", "")).size() == 0);
}

TEST_CASE("column-major arrays of any rank and element size agree with the plain formula") {
  for (const std::vector<std::size_t>& shape :
       {std::vector<std::size_t>{70, 41}, {3, 4, 5}, {2, 3, 4, 5}, {1, 7, 1, 2, 3}, {40, 1}}) {
    const std::size_t count = std::accumulate(shape.begin(), shape.end(), std::size_t{1},
                                              [](auto a, auto b) { return a * b; });
    for (const std::size_t size : {1u, 2u, 4u, 8u, 16u}) {
      std::vector<std::byte> bytes(count * size), expected(count * size);
      for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<std::byte>(i * 31 % 251);
      for (std::size_t to = 0; to < count; ++to) {
        std::size_t rest = to, from = 0, stride = count;
        for (std::size_t axis = shape.size(); axis-- > 0;) {
          stride /= shape[axis];
          from += rest % shape[axis] * stride;
          rest /= shape[axis];
        }
        for (std::size_t k = 0; k < size; ++k) expected[to * size + k] = bytes[from * size + k];
      }
      CHECK(detail::row_major(bytes, shape, size) == expected);
    }
  }
}

TEST_CASE("the elements must be exactly as many as the header says") {
  CHECK_NOTHROW(parse_npy(npy("<f4", "False", "(2,)", "12345678")));
  CHECK_THROWS_AS(parse_npy(npy("<f4", "False", "(2,)", "1234567")), FormatError);
  CHECK_THROWS_AS(parse_npy(npy("<f4", "False", "(2,)", "123456789")), FormatError);
  CHECK_THROWS_AS(parse_npy(npy("<f4", "False", "(0, 2)", "x")), FormatError);
}

TEST_CASE("claims of terabytes take no memory") {
  for (const auto* shape :
       {"(1000000000000,)", "(4611686018427387904, 4)", "(9223372036854775807,)",
        "(2147483648, 2147483648, 4)", "(3037000500, 3037000500, 0)"})
    CHECK_THROWS_AS(parse_npy(npy("<f8", "False", shape, "12345678")), FormatError);
}

TEST_CASE("a damaged file is refused or read, never more") {
  for (const auto* order : {"False", "True"}) {
    const auto file = npy("<i2", order, "(2, 3)", "abcdefghijkl");
    test::check_every_damage(file, parse_npy);
  }
}

}  // namespace
}  // namespace nop::test::npy_test
