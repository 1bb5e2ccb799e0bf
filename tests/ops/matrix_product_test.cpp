// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/ops/matrix_product.hpp>

#include "support/layer_battery.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <utility>
#include <vector>

namespace nop::test::matrix_product_test {
namespace {

/// conj for numbers of any kind.
template <nop::scalar Element>
Element conjugate(Element value) {
  if constexpr (nop::complex<Element>)
    return std::conj(value);
  else
    return value;
}

Shape<4> factor_shape(std::size_t rows, std::size_t columns, Form form) {
  if (form == Form::adjoint) std::swap(rows, columns);
  return {2, 3, rows, columns};
}

template <class Visit>
void for_each_pair_of_forms(const Visit& visit) {
  for (const Form a : {Form::plain, Form::adjoint})
    for (const Form b : {Form::plain, Form::adjoint}) {
      CAPTURE((a == Form::adjoint));
      CAPTURE((b == Form::adjoint));
      visit(a, b);
    }
}

}  // namespace

TEST_CASE_TEMPLATE("a matrix product is the sum of products, for each of the axes before", Element,
                   float, double, std::complex<float>, std::complex<double>) {
  const std::size_t rows = 5, depth = 19, columns = 18;
  for_each_pair_of_forms([&](Form form_a, Form form_b) {
    const auto a  = random_field<Element>(factor_shape(rows, depth, form_a), 1);
    const auto b  = random_field<Element>(factor_shape(depth, columns, form_b), 2);
    const auto at = [](const auto& m, Form form, std::size_t batch, std::size_t i, std::size_t j) {
      const auto matrix = m.view();
      return form == Form::plain ? matrix(batch / 3, batch % 3, i, j)
                                 : conjugate(matrix(batch / 3, batch % 3, j, i));
    };
    std::vector<Element> expected;
    for (std::size_t batch = 0; batch < 6; ++batch)
      for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 0; j < columns; ++j) {
          Element sum = 0;
          for (std::size_t k = 0; k < depth; ++k)
            sum += at(a, form_a, batch, i, k) * at(b, form_b, batch, k, j);
          expected.push_back(sum);
        }
    const auto c = matrix_product(a, form_a, b, form_b);
    CHECK(c.shape() == Shape<4>{2, 3, rows, columns});
    CHECK(nop::test::worst_error(c.to_host(), expected) < nop::test::rounding<Element>);
  });
}

TEST_CASE_TEMPLATE("a matrix product has right gradients", Element, double, std::complex<double>) {
  for_each_pair_of_forms([](Form form_a, Form form_b) {
    const auto a        = random_field<Element>(factor_shape(2, 3, form_a), 1);
    const auto b        = random_field<Element>(factor_shape(3, 4, form_b), 2);
    const auto function = [=](const auto& x, const auto& y) {
      return matrix_product(x, form_a, y, form_b);
    };
    nop::test::check_gradients(function, a, b);
    nop::test::check_ways_to_call(function, a, b);
  });
}

TEST_CASE("a matrix product refuses what does not fit, and works on any backend") {
  using Field = nop::Tensor<double, 3, nop::Cpu>;
  CHECK_THROWS_WITH_AS(matrix_product(Field({2, 3, 4}), Field({2, 3, 4})),
                       "matrix_product: expected factors that fit, got [2, 3, 4] and [2, 3, 4]",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS(
      matrix_product(Field({2, 3, 4}), Form::adjoint, Field({2, 5, 4}), Form::plain),
      "matrix_product: expected factors that fit, got [2, 3, 4] as its adjoint and [2, 5, 4]",
      nop::PreconditionError);
  CHECK_THROWS_AS(matrix_product(Field({2, 3, 4}), Field({3, 4, 3})), nop::PreconditionError);

  using Toy       = nop::test::ToyBackend;
  const auto toys = matrix_product(nop::test::random_tensor<double, Toy>(Shape{2, 3, 4}, 1),
                                   nop::test::random_tensor<double, Toy>(Shape{2, 4, 2}, 2));
  const auto c = matrix_product(random_field(Shape{2, 3, 4}, 1), random_field(Shape{2, 4, 2}, 2));
  CHECK(nop::test::worst_error(toys.to_host(), c.to_host()) < 1e-14);
}

}  // namespace nop::test::matrix_product_test
