// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/cublas.cuh>

#include "support/cuda.hpp"
#include "support/device_array.hpp"
#include "support/random_product.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <vector>

namespace nop::test::cublas_test {

namespace cuda = nop::cuda;

namespace {

const auto multiply = [](const ProductSize& size, const auto& a, const auto& b, const auto& c,
                         Update update) { cuda::multiply_by_cublas(size, a, b, c, update); };

}  // namespace

TEST_CASE("a status that is no success becomes an error that names it and the call") {
  CHECK_NOTHROW(cuda::check(CUBLAS_STATUS_SUCCESS, "cublasNothing"));
  CHECK_THROWS_WITH_AS(cuda::check(CUBLAS_STATUS_INVALID_VALUE, "cublasNothing"),
                       "cublasNothing: CUBLAS_STATUS_INVALID_VALUE", BackendError);
}

TEST_CASE("the handle is made once") { CHECK(cuda::cublas() == cuda::cublas()); }

TEST_CASE_TEMPLATE("cuBLAS multiplies row-major matrices in every form", T, float, double,
                   std::complex<float>, std::complex<double>) {
  for (const Form left : {Form::plain, Form::adjoint})
    for (const Form right : {Form::plain, Form::adjoint})
      for (const Update update : {Update::overwrite, Update::add})
        for (const ProductSize size :
             {ProductSize{1, 5, 7, 4}, {3, 5, 7, 4}, {2, 1, 9, 1}, {4, 33, 1, 20}, {1, 1, 1, 70}}) {
          CAPTURE(left);
          CAPTURE(right);
          CAPTURE(size.rows);
          const RandomProduct<DeviceMemory, T> packed{size, {left}, {right}, {}, update};
          const RandomProduct<DeviceMemory, T> spread{size,
                                                      {left, 2, false, 3, 1},
                                                      {right, 1, true, 0, 2},
                                                      {Form::plain, 3, false, 5, 1},
                                                      update};
          CHECK(packed.error_of(multiply) < rounding<T>);
          CHECK(spread.error_of(multiply) < rounding<T>);
        }
}

TEST_CASE("a batch may be larger than a grid is deep") {
  const RandomProduct<DeviceMemory, float> product{
      {70001, 2, 1, 2}, {}, {Form::plain, 0, true}, {}};
  CHECK(product.error_of(multiply) < rounding<float>);
}

#ifndef NOP_CUDA_EMULATED
TEST_CASE("a product that is captured in a graph is computed whenever that is started") {
  const std::vector<double> numbers = {1, 2, 3, 4};
  const cuda::Scratch<double> a(4), c(4);
  cuda::copy_from_host(numbers.data(), a.data(), 4);
  cuda::copy_from_host(numbers.data(), c.data(), 4);
  cuda::cublas();
  cudaGraph_t graph        = nullptr;
  cudaGraphExec_t runnable = nullptr;
  cuda::check(cudaStreamBeginCapture(cuda::stream(), cudaStreamCaptureModeThreadLocal), "begin");
  cuda::multiply_by_cublas<double>({1, 2, 2, 2}, {a.data(), 2, 0}, {a.data(), 2, 0},
                                   {c.data(), 2, 0}, Update::add);
  cuda::check(cudaStreamEndCapture(cuda::stream(), &graph), "end");
  cuda::check(cudaGraphInstantiate(&runnable, graph, 0), "instantiate");
  for (int i = 0; i < 2; ++i) cuda::check(cudaGraphLaunch(runnable, cuda::stream()), "launch");
  std::vector<double> got(4);
  cuda::copy_to_host<double>(c.data(), got.data(), 4);
  CHECK(got == std::vector<double>{1 + 14, 2 + 20, 3 + 30, 4 + 44});
  cuda::check(cudaGraphExecDestroy(runnable), "destroy");
  cuda::check(cudaGraphDestroy(graph), "destroy");
}
#endif

TEST_CASE("floats are multiplied in the accuracy of floats") {
  const std::size_t n = emulated ? 64 : 512;
  const RandomProduct<DeviceMemory, float> product{{1, n, n, n}, {}, {}, {}};
  CHECK(product.error_of(multiply) < 3e-6);
}

TEST_CASE("rows that overlap are not for cuBLAS, except that there is only one") {
  const float* const none = nullptr;
  const auto can          = [&](const ProductSize& size, std::size_t a_row, std::size_t b_row) {
    return cuda::cublas_can<float>(size, {none, a_row, 0}, {none, b_row, 0, Form::adjoint},
                                            {nullptr, size.columns, 0});
  };
  CHECK(can({1, 4, 5, 6}, 5, 5));
  CHECK_FALSE(can({1, 4, 5, 6}, 4, 5));
  CHECK_FALSE(can({1, 4, 5, 6}, 5, 4));
  CHECK(can({1, 1, 5, 6}, 0, 5));
  CHECK(can({1, 4, 5, 1}, 5, 0));
}

}  // namespace nop::test::cublas_test
