// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/tile_product.cuh>

#include "support/cuda.hpp"
#include "support/device_array.hpp"
#include "support/random_product.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>

namespace nop::test::tile_product_test {

namespace {

const auto multiply = [](const ProductSize& size, const auto& a, const auto& b, const auto& c,
                         Update update) { nop::cuda::multiply_by_tiles(size, a, b, c, update); };

}  // namespace

TEST_CASE_TEMPLATE("products of all sizes around those of tiles agree with plain loops", T, float,
                   double, std::complex<float>, std::complex<double>) {
  for (const Form left : {Form::plain, Form::adjoint})
    for (const Form right : {Form::plain, Form::adjoint})
      for (const bool summed : {false, true})
        for (const ProductSize size : {ProductSize{2, 1, 17, 65},
                                       {3, 64, 16, 64},
                                       {1, 67, 35, 3},
                                       {2, 130, 3, 70},
                                       {7, 5, 1, 4},
                                       {40, 3, 15, 9}}) {
          CAPTURE(left);
          CAPTURE(right);
          CAPTURE(summed);
          CAPTURE(size.rows);
          const RandomProduct<DeviceMemory, T> packed{
              size, {left}, {right}, {Form::plain, 0, summed}};
          const RandomProduct<DeviceMemory, T> spread{size,
                                                      {left, 2, true, 3, 1},
                                                      {right, 1, false, 4, 2},
                                                      {Form::plain, 3, summed, 5, 1},
                                                      Update::add};
          CHECK(packed.error_of(multiply) < rounding<T>);
          CHECK(spread.error_of(multiply) < rounding<T>);
        }
}

TEST_CASE_TEMPLATE("a depth that is cut into parts, within and across matrices, is summed up", T,
                   float, std::complex<double>) {
  const std::size_t more = emulated ? 1 : 20;
  for (const Form left : {Form::plain, Form::adjoint})
    for (const Update update : {Update::overwrite, Update::add})
      for (const ProductSize size : {ProductSize{1, 7, 5000 * more, 5},
                                     {1, 70, 513, 66},
                                     {300 * more, 6, 7, 5},
                                     {900 * more, 3, 1, 4},
                                     {5, 9, 611 * more, 33},
                                     {2, 20, 256, 20}}) {
        CAPTURE(size.batch);
        CAPTURE(size.depth);
        const RandomProduct<DeviceMemory, T> product{
            size, {left}, {Form::adjoint, 1}, {Form::plain, 2, true}, update};
        CHECK(product.error_of(multiply) < 4 * rounding<T>);
        CHECK(product.by(multiply) == product.by(multiply));
      }
}

}  // namespace nop::test::tile_product_test
