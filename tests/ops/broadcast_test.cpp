// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/ops/broadcast.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <complex>
#include <cstddef>
#include <vector>

namespace nop::test::broadcast_test {

using Complex = std::complex<double>;

namespace {

/// Every pair of shapes whose extents are those of the box or 1.
template <class Visit>
void for_each_pair_of_shapes(const Shape<3>& box, const Visit& visit) {
  for (unsigned choice = 0; choice < 64; ++choice) {
    Shape<3> a = box, b = box;
    for (unsigned axis = 0; axis < 3; ++axis) {
      if ((choice >> axis & 1U) != 0) a[axis] = 1;
      if ((choice >> (axis + 3) & 1U) != 0) b[axis] = 1;
    }
    CAPTURE(a);
    CAPTURE(b);
    visit(a, b);
  }
}

}  // namespace

TEST_CASE_TEMPLATE(
    "each value meets every value that stands at its place, or at one repeated there", Element,
    float, double, std::complex<float>, Complex) {
  for_each_pair_of_shapes({3, 4, 5}, [](const Shape<3>& p, const Shape<3>& q) {
    const auto a = random_field<Element>(p, 1), b = random_field<Element>(q, 2);
    const auto of = [](const auto& x, std::size_t i, std::size_t j, std::size_t k) {
      const auto last = [&](std::size_t axis, std::size_t at) {
        return std::min(at, x.extent(axis) - 1);
      };
      return x.view()(last(0, i), last(1, j), last(2, k));
    };
    Shape<3> box;
    for (std::size_t axis = 0; axis < 3; ++axis) box[axis] = std::max(p[axis], q[axis]);
    std::vector<Element> expected;
    for (std::size_t i = 0; i < box[0]; ++i)
      for (std::size_t j = 0; j < box[1]; ++j)
        for (std::size_t k = 0; k < box[2]; ++k)
          expected.push_back(of(a, i, j, k) * of(b, i, j, k));
    const auto product = nop::broadcast_multiply(a, b);
    CHECK(product.shape() == box);
    CHECK(nop::test::worst_error(product.to_host(), expected) < nop::test::rounding<Element>);
  });
}

TEST_CASE("a product with repeated values has right gradients") {
  for_each_pair_of_shapes({3, 2, 4}, [](const Shape<3>& p, const Shape<3>& q) {
    const auto a = random_field<Complex>(p, 1), b = random_field<Complex>(q, 2);
    nop::test::check_gradients(nop::broadcast_multiply, a, b);
    nop::test::check_adjoint([&](const auto& x) { return nop::broadcast_multiply(x, b); }, a);
    nop::test::check_ways_to_call(nop::broadcast_multiply, a, b);
    nop::test::check_gradients(nop::broadcast_multiply, random_field(p, 3), random_field(q, 4));
  });
}

TEST_CASE("a product with repeated values refuses extents that neither agree nor are 1") {
  const nop::Tensor<float, 3, nop::Cpu> a({2, 3, 4}), b({2, 1, 3});
  CHECK_THROWS_WITH_AS(nop::broadcast_multiply(a, b),
                       "broadcast_multiply: expected extents that are equal or 1, got [2, 3, 4] "
                       "and [2, 1, 3]",
                       nop::PreconditionError);
}

}  // namespace nop::test::broadcast_test
