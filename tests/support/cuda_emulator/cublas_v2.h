// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "cuda_runtime.h"

#include <complex>
#include <cstddef>
#include <cstdint>

/// \file
/// As much of cuBLAS as the backend Cuda uses, by plain loops on the host.

// NOLINTBEGIN: the names are cuBLAS's
struct cuComplex {
  float x, y;
};
struct cuDoubleComplex {
  double x, y;
};
struct cublasContext {};
using cublasHandle_t = cublasContext*;
enum cublasStatus_t {
  CUBLAS_STATUS_SUCCESS         = 0,
  CUBLAS_STATUS_NOT_INITIALIZED = 1,
  CUBLAS_STATUS_INVALID_VALUE   = 7,
};
enum cublasOperation_t { CUBLAS_OP_N = 0, CUBLAS_OP_T = 1, CUBLAS_OP_C = 2 };
enum cublasMath_t { CUBLAS_DEFAULT_MATH = 0, CUBLAS_PEDANTIC_MATH = 2 };

inline const char* cublasGetStatusString(cublasStatus_t status) {
  return status == CUBLAS_STATUS_SUCCESS ? "the operation completed successfully"
                                         : "an unsupported value or parameter was passed";
}
inline const char* cublasGetStatusName(cublasStatus_t status) {
  return status == CUBLAS_STATUS_SUCCESS ? "CUBLAS_STATUS_SUCCESS" : "CUBLAS_STATUS_INVALID_VALUE";
}
inline cublasStatus_t cublasCreate(cublasHandle_t* handle) {
  *handle = new cublasContext;
  return CUBLAS_STATUS_SUCCESS;
}
inline cublasStatus_t cublasDestroy(cublasHandle_t handle) {
  delete handle;
  return CUBLAS_STATUS_SUCCESS;
}
inline cublasStatus_t cublasSetStream(cublasHandle_t, cudaStream_t) {
  return CUBLAS_STATUS_SUCCESS;
}
inline cublasStatus_t cublasSetWorkspace(cublasHandle_t, void*, std::size_t) {
  return CUBLAS_STATUS_SUCCESS;
}
inline cublasStatus_t cublasSetMathMode(cublasHandle_t, cublasMath_t) {
  return CUBLAS_STATUS_SUCCESS;
}

namespace nop::test::cuda_emulator {

/// C = alpha op(A) op(B) + beta C for each of a batch, column-major.
template <class Number, class Theirs>
cublasStatus_t multiply(cublasOperation_t form_a, cublasOperation_t form_b, std::int64_t rows,
                        std::int64_t columns, std::int64_t depth, const Theirs* alpha,
                        const Theirs* a, std::int64_t lda, std::int64_t step_a, const Theirs* b,
                        std::int64_t ldb, std::int64_t step_b, const Theirs* beta, Theirs* c,
                        std::int64_t ldc, std::int64_t step_c, std::int64_t batch) {
  if (rows < 0 || columns < 0 || depth < 0 || batch < 0 || ldc < std::max<std::int64_t>(1, rows) ||
      lda < std::max<std::int64_t>(1, form_a == CUBLAS_OP_N ? rows : depth) ||
      ldb < std::max<std::int64_t>(1, form_b == CUBLAS_OP_N ? depth : columns))
    return CUBLAS_STATUS_INVALID_VALUE;
  const auto number = [](const Theirs* at) {
    Number value;
    std::memcpy(static_cast<void*>(&value), at, sizeof value);
    return value;
  };
  const auto entry = [=](const Theirs* m, cublasOperation_t form, std::int64_t ld, std::int64_t i,
                         std::int64_t j) {
    const Number value = number(form == CUBLAS_OP_N ? m + i + j * ld : m + j + i * ld);
    if constexpr (sizeof(Number) != sizeof(Theirs) || !std::is_floating_point_v<Number>)
      return form == CUBLAS_OP_C ? std::conj(value) : value;
    else
      return value;
  };
  const Number scale = number(alpha), kept = number(beta);
  ask([=] {
    for (std::int64_t n = 0; n < batch; ++n)
      for (std::int64_t j = 0; j < columns; ++j)
        for (std::int64_t i = 0; i < rows; ++i) {
          Number sum{};
          for (std::int64_t k = 0; k < depth; ++k)
            sum +=
                entry(a + n * step_a, form_a, lda, i, k) * entry(b + n * step_b, form_b, ldb, k, j);
          Theirs* const at = c + n * step_c + i + j * ldc;
          Number result    = scale * sum;
          if (kept != Number{}) result += kept * number(at);  // else what is there is not read
          std::memcpy(at, &result, sizeof result);
        }
  });
  return CUBLAS_STATUS_SUCCESS;
}

}  // namespace nop::test::cuda_emulator

#define NOP_EMULATED_PRODUCT(letter, Number, Theirs)                                               \
  inline cublasStatus_t cublas##letter##gemmStridedBatched_64(                                     \
      cublasHandle_t, cublasOperation_t form_a, cublasOperation_t form_b, std::int64_t rows,       \
      std::int64_t columns, std::int64_t depth, const Theirs* alpha, const Theirs* a,              \
      std::int64_t lda, long long step_a, const Theirs* b, std::int64_t ldb, long long step_b,     \
      const Theirs* beta, Theirs* c, std::int64_t ldc, long long step_c, std::int64_t batch) {     \
    return nop::test::cuda_emulator::multiply<Number>(form_a, form_b, rows, columns, depth, alpha, \
                                                      a, lda, step_a, b, ldb, step_b, beta, c,     \
                                                      ldc, step_c, batch);                         \
  }                                                                                                \
  inline cublasStatus_t cublas##letter##gemmStridedBatched(                                        \
      cublasHandle_t, cublasOperation_t form_a, cublasOperation_t form_b, int rows, int columns,   \
      int depth, const Theirs* alpha, const Theirs* a, int lda, long long step_a, const Theirs* b, \
      int ldb, long long step_b, const Theirs* beta, Theirs* c, int ldc, long long step_c,         \
      int batch) {                                                                                 \
    return nop::test::cuda_emulator::multiply<Number>(form_a, form_b, rows, columns, depth, alpha, \
                                                      a, lda, step_a, b, ldb, step_b, beta, c,     \
                                                      ldc, step_c, batch);                         \
  }                                                                                                \
  inline cublasStatus_t cublas##letter##gemm_64(                                                   \
      cublasHandle_t, cublasOperation_t form_a, cublasOperation_t form_b, std::int64_t rows,       \
      std::int64_t columns, std::int64_t depth, const Theirs* alpha, const Theirs* a,              \
      std::int64_t lda, const Theirs* b, std::int64_t ldb, const Theirs* beta, Theirs* c,          \
      std::int64_t ldc) {                                                                          \
    return nop::test::cuda_emulator::multiply<Number>(form_a, form_b, rows, columns, depth, alpha, \
                                                      a, lda, 0, b, ldb, 0, beta, c, ldc, 0, 1);   \
  }
NOP_EMULATED_PRODUCT(S, float, float)
NOP_EMULATED_PRODUCT(D, double, double)
NOP_EMULATED_PRODUCT(C, std::complex<float>, cuComplex)
NOP_EMULATED_PRODUCT(Z, std::complex<double>, cuDoubleComplex)
#undef NOP_EMULATED_PRODUCT
// NOLINTEND
