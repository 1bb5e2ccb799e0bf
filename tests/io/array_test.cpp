// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/array.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <complex>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

namespace nop::test::array_test {
namespace {

using Shapes = std::vector<std::size_t>;

Array of_bits(ElementType type, const std::vector<std::uint16_t>& bits) {
  const auto bytes = std::as_bytes(std::span(bits));
  return {type, {bits.size()}, {bytes.begin(), bytes.end()}};
}

TEST_CASE("an array gives back the values it was made from") {
  const std::vector<double> values{1.5, -2, 0.1, 1e300, -0.0, 7};
  const auto array = make_array(values, {2, 3});
  CHECK(array.element_type() == ElementType::float64);
  CHECK(array.shape() == Shapes{2, 3});
  CHECK(array.size() == 6);
  CHECK(array.values<double>() == values);
}

TEST_CASE("rank 0 is one number, and an extent of 0 is no number") {
  CHECK(make_array(std::vector<float>{3}, {}).values<float>() == std::vector<float>{3});
  CHECK(make_array(std::vector<float>{}, {2, 0, 3}).size() == 0);
}

TEST_CASE_TEMPLATE("every integer type becomes reals, complex numbers and whole numbers", T, bool,
                   std::int8_t, std::int16_t, std::int32_t, std::int64_t, std::uint8_t,
                   std::uint16_t, std::uint32_t, std::uint64_t) {
  const T values[]  = {T(0), T(1), std::numeric_limits<T>::is_signed ? T(-1) : T(1)};
  const auto array  = make_array(values, {3});
  const double last = std::numeric_limits<T>::is_signed ? -1 : 1;
  CHECK(array.template values<double>() == std::vector<double>{0, 1, last});
  CHECK(array.template values<std::complex<float>>() ==
        std::vector<std::complex<float>>{0, 1, static_cast<float>(last)});
  CHECK(array.template values<std::int64_t>() ==
        std::vector<std::int64_t>{0, 1, static_cast<std::int64_t>(last)});
}

TEST_CASE("reals are rounded to the precision asked for") {
  const auto array = make_array(std::vector<double>{0.1}, {1});
  CHECK(array.values<float>()[0] == 0.1f);
  CHECK(array.values<std::complex<float>>()[0] == std::complex<float>(0.1f));
}

TEST_CASE("complex numbers keep both parts, and are never read as reals") {
  const std::vector<std::complex<double>> values{{1, -2}, {0.25, 4}};
  const auto array = make_array(values, {2});
  CHECK(array.values<std::complex<double>>() == values);
  CHECK(array.values<std::complex<float>>()[1] == std::complex<float>(0.25f, 4));
  CHECK_THROWS_WITH_AS((void)array.values<double>(),
                       "Array::values: real values asked of an array of complex128",
                       PreconditionError);
  CHECK_THROWS_AS((void)array.values<std::int64_t>(), PreconditionError);
}

TEST_CASE("whole numbers are not read from reals, nor beyond their range") {
  CHECK_THROWS_AS((void)make_array(std::vector<float>{1}, {1}).values<std::int64_t>(),
                  PreconditionError);
  const std::vector<std::uint64_t> large{std::numeric_limits<std::uint64_t>::max()};
  CHECK_THROWS_AS((void)make_array(large, {1}).values<std::int64_t>(), PreconditionError);
  CHECK(make_array(large, {1}).values<double>()[0] == 0x1p64);
}

TEST_CASE("float16 is widened exactly, subnormals and infinities too") {
  const auto array =
      of_bits(ElementType::float16, {0x0000, 0x8000, 0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x83ff,
                                     0x7c00, 0xfc00, 0x7e00, 0x3555});
  const auto values = array.values<float>();
  CHECK(values[0] == 0);
  CHECK(std::signbit(values[1]));
  CHECK(values[2] == 1);
  CHECK(values[3] == -2);
  CHECK(values[4] == 65504);
  CHECK(values[5] == 0x1p-14f);
  CHECK(values[6] == 0x1p-24f);
  CHECK(values[7] == -1023 * 0x1p-24f);
  CHECK(values[8] == std::numeric_limits<float>::infinity());
  CHECK(values[9] == -std::numeric_limits<float>::infinity());
  CHECK(std::isnan(values[10]));
  CHECK(values[11] == 0x555p-12f);
}

TEST_CASE("bfloat16 is the upper half of a float") {
  const auto values =
      of_bits(ElementType::bfloat16, {0x3f80, 0xc040, 0x7f80, 0x0001}).values<double>();
  CHECK(values[0] == 1);
  CHECK(values[1] == -3);
  CHECK(std::isinf(values[2]));
  CHECK(values[3] == 0x1p-133);
}

TEST_CASE("a boolean is true for any byte but 0") {
  const Array array(ElementType::boolean, {3}, {std::byte{0}, std::byte{1}, std::byte{7}});
  CHECK(array.values<float>() == std::vector<float>{0, 1, 1});
}

TEST_CASE("a shape that does not hold the bytes is refused, with both named") {
  CHECK_THROWS_WITH_AS(make_array(std::vector<float>(5), {2, 3}),
                       "Array: shape [2, 3] of float32 does not take 20 bytes", PreconditionError);
  CHECK_THROWS_AS(make_array(std::vector<float>(1), {0}), PreconditionError);
}

TEST_CASE("a shape that overflows has no byte count") {
  const std::size_t huge = std::size_t{1} << 62;
  CHECK_FALSE(byte_count(Shapes{huge, 4}, ElementType::int8));
  CHECK_FALSE(byte_count(Shapes{huge, 0, huge}, ElementType::int8));
  CHECK_FALSE(byte_count(Shapes{huge}, ElementType::complex128));
  CHECK(byte_count(Shapes{huge, 0}, ElementType::int8) == 0);
  CHECK(byte_count(Shapes{3, 5}, ElementType::float64) == 120);
  CHECK_THROWS_AS(make_array(std::vector<float>{}, {huge, huge}), PreconditionError);
}

}  // namespace
}  // namespace nop::test::array_test
