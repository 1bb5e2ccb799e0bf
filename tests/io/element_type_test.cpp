// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/element_type.hpp>

#include <doctest/doctest.h>

#include <complex>
#include <cstdint>

namespace nop::test::element_type_test {
namespace {

static_assert(element_type_of<bool> == ElementType::boolean);
static_assert(element_type_of<std::int8_t> == ElementType::int8);
static_assert(element_type_of<std::uint64_t> == ElementType::uint64);
static_assert(element_type_of<float> == ElementType::float32);
static_assert(element_type_of<std::complex<double>> == ElementType::complex128);
static_assert(!array_element<long double> && !array_element<char*> && !array_element<const float>);

TEST_CASE("a C++ type and its element type have the same size") {
  const auto check_one = []<class T>() { CHECK(byte_size(element_type_of<T>) == sizeof(T)); };
  const auto check     = [&]<class... T>() { (check_one.template operator()<T>(), ...); };
  check.template operator()<bool, std::int8_t, std::int16_t, std::int32_t, std::int64_t,
                            std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t, float,
                            double, std::complex<float>, std::complex<double>>();
  CHECK(byte_size(ElementType::float16) == 2);
  CHECK(byte_size(ElementType::bfloat16) == 2);
}

TEST_CASE("every element type has a name and is of one kind") {
  for (int i = 0; i <= static_cast<int>(ElementType::complex128); ++i) {
    const auto type = static_cast<ElementType>(i);
    CHECK(name_of(type) != "unknown");
    CHECK_FALSE((holds_complex(type) && holds_integer(type)));
  }
  CHECK(holds_integer(ElementType::boolean));
  CHECK_FALSE(holds_integer(ElementType::float16));
}

}  // namespace
}  // namespace nop::test::element_type_test
