// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/reference/multiplied_out.hpp>

#include "io/hostile.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <string>
#include <vector>

namespace nop::test::multiplied_out_test {
namespace {

using Number  = std::complex<float>;
using Numbers = std::vector<Number>;

Array array(const Numbers& values, const std::vector<std::size_t>& shape) {
  return make_array(values, shape);
}
Array multiplied(NamedArrays parts, std::size_t most = 1000) {
  const ReferenceState state{"x.pt", "", ReferenceLayout::v0_2, std::move(parts)};
  detail::LayoutTensors tensors(state);
  auto product = detail::MultipliedOut(tensors, "w", most)();
  tensors.expect_all_used("this test");
  return product;
}
std::string refused(const NamedArrays& parts, std::size_t most = 1000) {
  return test::refusal([&] { multiplied(parts, most); });
}

const Array u = array({1, 2, 3, 4, 5, Number(0, 6)}, {3, 2});  // [i, r]
const Array v = array({7, 8, 9, 10}, {2, 2});                  // [j, s]

TEST_CASE("a Tucker core is multiplied by a matrix along each axis") {
  const Numbers core{1, Number(0, 1), 2, 3};  // [r, s]
  const auto product = multiplied(
      {{"w.core", array(core, {2, 2})}, {"w.factors.factor_0", u}, {"w.factors.factor_1", v}});
  CHECK(product.shape() == std::vector<std::size_t>{3, 2});
  const auto got = product.values<Number>(), a = u.values<Number>(), b = v.values<Number>();
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 2; ++j) {
      Number sum = 0;
      for (std::size_t r = 0; r < 2; ++r)
        for (std::size_t s = 0; s < 2; ++s) sum += core[r * 2 + s] * a[i * 2 + r] * b[j * 2 + s];
      CHECK(got[i * 2 + j] == sum);
    }
}

TEST_CASE("a CP decomposition is a sum of weighted products of vectors") {
  const auto product = multiplied({{"w.weights", array({2, Number(0, 1)}, {2})},
                                   {"w.factors.factor_0", u},
                                   {"w.factors.factor_1", v}});
  CHECK(product.shape() == std::vector<std::size_t>{3, 2});
  const auto got = product.values<Number>(), a = u.values<Number>(), b = v.values<Number>();
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 2; ++j)
      CHECK(got[i * 2 + j] ==
            Number(2) * a[i * 2] * b[j * 2] + Number(0, 1) * a[i * 2 + 1] * b[j * 2 + 1]);
}

TEST_CASE("a tensor train is a product of matrices") {
  const auto product =
      multiplied({{"w.factors.factor_0", array(u.values<Number>(), {1, 3, 2})},
                  {"w.factors.factor_1", array({1, 2, 3, Number(0, 1), 5, 6, 7, 8}, {2, 2, 2})},
                  {"w.factors.factor_2", array({1, Number(0, 2)}, {2, 1, 1})}});
  CHECK(product.shape() == std::vector<std::size_t>{3, 2, 1});
  const Numbers middle{1, 2, 3, Number(0, 1), 5, 6, 7, 8};  // [r, j, s]
  const auto got = product.values<Number>(), a = u.values<Number>();
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 2; ++j) {
      Number sum = 0;
      for (std::size_t r = 0; r < 2; ++r)
        for (std::size_t s = 0; s < 2; ++s)
          sum += a[i * 2 + r] * middle[(r * 2 + j) * 2 + s] * (s == 0 ? Number(1) : Number(0, 2));
      CHECK(got[i * 2 + j] == sum);
    }
}

TEST_CASE("factors that do not fit each other, are missing or make too much are refused") {
  const auto core = array(Numbers(4), {2, 2}), wide = array(Numbers(6), {2, 3});
  CHECK(refused({{"w.core", core}, {"w.factors.factor_0", u}}) ==
        "x.pt: byte 0: the tensor 'w.factors.factor_1' is missing");
  CHECK(refused({{"w.core", core}, {"w.factors.factor_0", wide}}) ==
        "x.pt: byte 0: the tensor 'w.factors.factor_0' of shape [2, 3] should have 2 axes, with 2 "
        "numbers along axis 1");
  CHECK(refused({{"w.factors.factor_0", array(Numbers(2), {1, 1, 2})}})
            .ends_with("the last factor of 'w' should end with 1, but ends with 2"));
  const NamedArrays parts{{"w.core", core}, {"w.factors.factor_0", u}, {"w.factors.factor_1", v}};
  CHECK_NOTHROW(multiplied(parts, 6));
  CHECK(refused(parts, 5) == "x.pt: byte 0: the factors of 'w' should make at most 5 numbers");
  CHECK(refused({}).find("'w.factors.factor_0' is missing") != std::string::npos);
}

}  // namespace
}  // namespace nop::test::multiplied_out_test
