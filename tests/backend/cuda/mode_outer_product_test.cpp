// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/mode_outer_product.cuh>

#include "support/cuda.hpp"
#include "support/device_array.hpp"
#include "support/random_product.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>

namespace nop::test::mode_outer_product_test {

namespace {

const auto multiply = [](const ProductSize& size, const auto& a, const auto& b, const auto& c,
                         Update update) { nop::cuda::multiply_outer(size, a, b, c, update); };

}  // namespace

TEST_CASE_TEMPLATE("the gradient by the weights of each mode is that of plain loops", T,
                   std::complex<float>, std::complex<double>) {
  const std::size_t modes = emulated ? 3 : 300;
  for (const Update update : {Update::overwrite, Update::add})
    for (const std::size_t rows : {1U, 7U, 8U, 40U, 65U})
      for (const std::size_t depth : {1U, 2U, 16U, 35U})
        for (const std::size_t columns : {1U, 2U, 20U, 64U, 129U, 258U}) {
          CAPTURE(update);
          CAPTURE(rows);
          CAPTURE(depth);
          CAPTURE(columns);
          const RandomProduct<DeviceMemory, T> product{
              {modes, rows, depth, columns}, {Form::adjoint}, {}, {}, update};
          CHECK(product.error_of(multiply) < rounding<T>);
        }
}

TEST_CASE_TEMPLATE("factors and results that lie apart, and one for the whole batch", T,
                   std::complex<float>, std::complex<double>) {
  for (const Update update : {Update::overwrite, Update::add}) {
    const ProductSize size{4, 70, 9, 34};
    const RandomProduct<DeviceMemory, T> even{size,
                                              {Form::adjoint, 1, false, 3, 1},
                                              {Form::plain, 2, false, 4, 2},
                                              {Form::plain, 4, false, 2, 2},
                                              update};
    const RandomProduct<DeviceMemory, T> odd{size,
                                             {Form::adjoint, 1, false, 3, 1},
                                             {Form::plain, 1, true, 0, 3},
                                             {Form::plain, 3, false, 2, 1},
                                             update};
    CHECK(even.error_of(multiply) < rounding<T>);
    CHECK(odd.error_of(multiply) < rounding<T>);
    CHECK(odd.by(multiply) == odd.by(multiply));
  }
}

}  // namespace nop::test::mode_outer_product_test
