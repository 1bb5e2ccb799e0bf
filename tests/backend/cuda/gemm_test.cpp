// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda.hpp>

#include "support/backend_array.hpp"
#include "support/product_cases.hpp"
#include "support/random_product.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <vector>

namespace nop::test::cuda::gemm_test {

using nop::cuda::ProductEngine;

namespace {

constexpr auto engines = {ProductEngine::automatic, ProductEngine::cublas, ProductEngine::modes,
                          ProductEngine::outer, ProductEngine::tiles};

auto multiply_by(ProductEngine engine) {
  return [engine](const ProductSize& size, const auto& a, const auto& b, const auto& c,
                  Update update) { nop::cuda::multiply(size, a, b, c, update, engine); };
}

template <class T>
ProductEngine best(const ProductSize& size, Form a, Form b, bool summed = false) {
  const std::size_t a_row = a == Form::plain ? size.depth : size.rows;
  const std::size_t b_row = b == Form::plain ? size.columns : size.depth;
  return nop::cuda::detail::likely_best<T>(
      size, {nullptr, a_row, size.rows * size.depth, a},
      {nullptr, b_row, size.depth * size.columns, b},
      {nullptr, size.columns, summed ? 0 : size.rows * size.columns});
}

}  // namespace

TEST_CASE_TEMPLATE("a batch of products in every form and layout agrees with plain loops", T, float,
                   double, std::complex<float>, std::complex<double>) {
  for (const ProductEngine engine : engines) {
    CAPTURE(static_cast<int>(engine));
    check_products_of_every_form<Cuda, T>(multiply_by(engine));
  }
}

TEST_CASE_TEMPLATE("products larger than a block agree with plain loops", T, float,
                   std::complex<double>) {
  check_large_products<Cuda, T>({{1, 130, 90, 70},
                                 {1, 70, 90, 200},
                                 {2, 3, 3000, 4},
                                 {1, 3, 9000, 4},
                                 {70, 6, 9, 8},
                                 {1, 1, 1, 5000},
                                 {2, 100, 100, 1}},
                                multiply_by(ProductEngine::automatic));
}

TEST_CASE_TEMPLATE("a sum over a batch that lies as one matrix, and over one that does not", T,
                   double, std::complex<float>) {
  for (const ProductEngine engine : {ProductEngine::cublas, ProductEngine::tiles})
    for (const std::size_t distance : {0U, 2U})
      for (const Update update : {Update::overwrite, Update::add}) {
        const RandomProduct<Cuda, T> product{{5, 9, 6, 7},
                                             {Form::adjoint, 0, false, distance},
                                             {Form::plain, 0, false, distance},
                                             {Form::plain, 1, true},
                                             update};
        CHECK(product.error_of(multiply_by(engine)) < rounding<T>);
      }
}

TEST_CASE_TEMPLATE("a product of nothing is zero and adds nothing", T, float,
                   std::complex<double>) {
  check_products_of_nothing<Cuda, T>(multiply_by(ProductEngine::automatic));
}

TEST_CASE("rows that overlap are multiplied too, though cuBLAS cannot") {
  const std::vector<double> numbers = {1, 2, 3, 4};
  const BackendArray<Cuda, double> a(numbers);
  for (const ProductEngine engine : engines) {  // [1 2; 2 3] [1 2; 1 2]
    BackendArray<Cuda, double> c(4, -1);
    nop::cuda::multiply<double>({1, 2, 2, 2}, {a.data(), 1, 0}, {a.data(), 0, 0}, {c.data(), 2, 0},
                                Update::overwrite, engine);
    CHECK(c.values() == std::vector<double>{3, 6, 5, 10});
  }
}

TEST_CASE_TEMPLATE("the same product has the same bits twice", T, float, std::complex<double>) {
  for (const ProductSize size : {ProductSize{1, 20, 3000, 30}, {40, 16, 16, 30}, {300, 4, 33, 4}})
    for (const bool summed : {false, true}) {
      const RandomProduct<Cuda, T> product{size, {}, {Form::adjoint}, {Form::plain, 0, summed}};
      CHECK(product.by(multiply_by(ProductEngine::automatic)) ==
            product.by(multiply_by(ProductEngine::automatic)));
    }
}

TEST_CASE("who multiplies is decided by the sizes") {
  constexpr Form plain = Form::plain, adjoint = Form::adjoint;
  using Number = std::complex<float>;
  CHECK(best<Number>({300, 16, 64, 64}, plain, plain) == ProductEngine::modes);
  CHECK(best<Number>({300, 16, 64, 64}, plain, adjoint) == ProductEngine::modes);
  CHECK(best<Number>({300, 64, 16, 64}, adjoint, plain) == ProductEngine::outer);
  CHECK(best<Number>({300, 64, 64, 64}, plain, plain) == ProductEngine::cublas);
  CHECK(best<Number>({3, 16, 64, 64}, plain, plain) == ProductEngine::cublas);
  CHECK(best<float>({300, 16, 64, 64}, plain, plain) == ProductEngine::cublas);
  CHECK(best<float>({16, 64, 4096, 64}, plain, adjoint, true) == ProductEngine::tiles);
  CHECK(best<float>({1, 64, 100000, 64}, adjoint, plain) == ProductEngine::tiles);
  CHECK(best<float>({16, 1024, 4096, 1024}, plain, adjoint, true) == ProductEngine::cublas);
  CHECK(best<float>({16, 1024, 4, 1024}, plain, adjoint, true) == ProductEngine::tiles);
}

}  // namespace nop::test::cuda::gemm_test
