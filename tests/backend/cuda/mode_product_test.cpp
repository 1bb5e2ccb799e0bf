// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/mode_product.cuh>

#include "support/cuda.hpp"
#include "support/device_array.hpp"
#include "support/random_product.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>

namespace nop::test::mode_product_test {

namespace {

const auto multiply = [](const ProductSize& size, const auto& a, const auto& b, const auto& c,
                         Update update) { nop::cuda::multiply_modes(size, a, b, c, update); };

}  // namespace

TEST_CASE_TEMPLATE("channels are mixed mode by mode as by plain loops", T, std::complex<float>,
                   std::complex<double>) {
  const std::size_t modes = emulated ? 3 : 300;
  for (const Form form : {Form::plain, Form::adjoint})
    for (const std::size_t rows : {1U, 2U, 3U, 5U, 8U, 13U, 16U, 21U, 32U})
      for (const std::size_t depth : {1U, 6U, 33U, 64U})
        for (const std::size_t columns : {1U, 2U, 20U, 63U, 64U}) {
          CAPTURE(form);
          CAPTURE(rows);
          CAPTURE(depth);
          CAPTURE(columns);
          const Update update = rows % 2 == 0 ? Update::overwrite : Update::add;
          CHECK(
              RandomProduct<DeviceMemory, T>{{modes, rows, depth, columns}, {}, {form}, {}, update}
                  .error_of(multiply) < rounding<T>);
        }
}

TEST_CASE_TEMPLATE("factors that are larger than shared memory, or lie apart", T,
                   std::complex<float>, std::complex<double>) {
  for (const Form form : {Form::plain, Form::adjoint})
    for (const Update update : {Update::overwrite, Update::add})
      for (const ProductSize size :
           {ProductSize{2, 16, 300, 128}, {2, 7, 129, 131}, {1, 40, 70, 300}, {5, 4, 257, 2}}) {
        CAPTURE(form);
        CAPTURE(size.rows);
        const RandomProduct<DeviceMemory, T> packed{size, {}, {form}, {}, update};
        const RandomProduct<DeviceMemory, T> even{size,
                                                  {Form::plain, 2, false, 4},
                                                  {form, 2, false, 2, 2},
                                                  {Form::plain, 2, false, 6, 4},
                                                  update};
        const RandomProduct<DeviceMemory, T> odd{size,
                                                 {Form::plain, 1, false, 3, 1},
                                                 {form, 3, true, 0, 1},
                                                 {Form::plain, 2, false, 5, 3},
                                                 update};
        CHECK(packed.error_of(multiply) < 2 * rounding<T>);
        CHECK(even.error_of(multiply) < 2 * rounding<T>);
        CHECK(odd.error_of(multiply) < 2 * rounding<T>);
        CHECK(packed.by(multiply).size() != 0);
      }
}

TEST_CASE_TEMPLATE("mixing has the same bits twice", T, std::complex<float>) {
  for (const Form form : {Form::plain, Form::adjoint}) {
    const RandomProduct<DeviceMemory, T> product{{3, 8, 70, 66}, {}, {form}, {}};
    CHECK(product.by(multiply) == product.by(multiply));
  }
}

TEST_CASE("matrices are small if 32 bits count what is in them") {
  using Number     = std::complex<float>;
  const auto small = [](const ProductSize& size, std::size_t row_step) {
    return nop::cuda::small_matrices<Number>(size, {nullptr, row_step, 0}, {nullptr, row_step, 0},
                                             {nullptr, row_step, 0});
  };
  CHECK(small({4096, 32, 128, 128}, 128));
  CHECK_FALSE(small({4096, 32, 128, 128}, std::size_t{1} << 24U));
  CHECK_FALSE(small({std::size_t{1} << 31U, 1, 1, 1}, 1));
  CHECK_FALSE(small({1, 1, 1, std::size_t{1} << 31U}, 1));
}

}  // namespace nop::test::mode_product_test
