// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/named_arrays.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace nop::test::named_arrays_test {
namespace {

Array number(float value) { return make_array(std::vector<float>{value}, {}); }

TEST_CASE("named arrays keep their order and are found by name") {
  NamedArrays arrays;
  CHECK(arrays.empty());
  arrays.add("z", number(1));
  arrays.add("a", number(2));
  CHECK(arrays.size() == 2);
  CHECK(arrays.contains("a"));
  CHECK_FALSE(arrays.contains("b"));
  CHECK(arrays.at("z") == number(1));
  std::string order;
  for (const auto& [name, array] : arrays) order += name;
  CHECK(order == "za");
  CHECK(arrays == NamedArrays{{"z", number(1)}, {"a", number(2)}});
}

TEST_CASE("a name that is there already, or not at all, is refused") {
  NamedArrays arrays{{"x", number(1)}, {"y", number(1)}};
  CHECK_THROWS_WITH_AS(arrays.add("x", number(2)), "NamedArrays: 'x' is there already",
                       PreconditionError);
  CHECK(arrays.at("x") == number(1));
  CHECK_THROWS_WITH_AS((void)arrays.at("u"), "NamedArrays: no 'u' among 'x' 'y'",
                       PreconditionError);
}

}  // namespace
}  // namespace nop::test::named_arrays_test
