// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/memory.cuh>
#include <nop/backend/cuda/runtime.cuh>
#include <nop/core/error.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/scalar.hpp>

#include <cublas_v2.h>

#include <algorithm>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <type_traits>

/// \file
/// Products by cuBLAS, in the full accuracy of their elements.

namespace nop::cuda {

/// Throws BackendError, with the names of the call and of the status, unless all went well.
inline void check(cublasStatus_t status, const char* call) {
  if (status != CUBLAS_STATUS_SUCCESS) throw BackendError(call, cublasGetStatusName(status));
}

/// The handle of all products, on the stream of all work. Its workspace is ours and stays where it
/// is, so that products can be captured in a graph; the handle itself has to be made before.
inline cublasHandle_t cublas() {
  static const cublasHandle_t only = [] {
    constexpr std::size_t workspace = std::size_t{32} << 20U;  // what NVIDIA advises for Hopper
    cudaStreamCaptureStatus capture = cudaStreamCaptureStatusNone;
    check(cudaStreamIsCapturing(stream(), &capture), "cudaStreamIsCapturing");
    if (capture != cudaStreamCaptureStatusNone)
      throw BackendError("cublasCreate", "the first product is not to be captured as a graph");
    cublasHandle_t made = nullptr;
    check(cublasCreate(&made), "cublasCreate");
    check(cublasSetStream(made, stream()), "cublasSetStream");  // which forgets the workspace
    check(cublasSetWorkspace(made, allocate(workspace), workspace), "cublasSetWorkspace");
    check(cublasSetMathMode(made, CUBLAS_DEFAULT_MATH), "cublasSetMathMode");  // no TF32
    return made;
  }();
  return only;
}

namespace detail {

/// cuBLAS's functions for one type of elements, and what it calls that type.
template <class Element>
struct CublasProduct;
template <>
struct CublasProduct<float> {
  using Number                      = float;
  static constexpr auto one         = cublasSgemm_64;
  static constexpr auto batch       = cublasSgemmStridedBatched_64;
  static constexpr const char* name = "cublasSgemm";
};
template <>
struct CublasProduct<double> {
  using Number                      = double;
  static constexpr auto one         = cublasDgemm_64;
  static constexpr auto batch       = cublasDgemmStridedBatched_64;
  static constexpr const char* name = "cublasDgemm";
};
template <>
struct CublasProduct<std::complex<float>> {
  using Number                      = cuComplex;
  static constexpr auto one         = cublasCgemm_64;
  static constexpr auto batch       = cublasCgemmStridedBatched_64;
  static constexpr const char* name = "cublasCgemm";
};
template <>
struct CublasProduct<std::complex<double>> {
  using Number                      = cuDoubleComplex;
  static constexpr auto one         = cublasZgemm_64;
  static constexpr auto batch       = cublasZgemmStridedBatched_64;
  static constexpr const char* name = "cublasZgemm";
};

/// The same array, as cuBLAS takes it.
template <class Element>
auto for_cublas(Element* data) {
  using Number = typename CublasProduct<std::remove_const_t<Element>>::Number;
  return reinterpret_cast<std::conditional_t<std::is_const_v<Element>, const Number, Number>*>(
      data);
}

/// The distance of two rows of `length` elements. That of a single row is of no meaning, but cuBLAS
/// has a look at it.
constexpr std::int64_t row_distance(std::size_t row_step, std::size_t length) {
  return static_cast<std::int64_t>(std::max({row_step, length, std::size_t{1}}));
}

/// Are these rows one after another? cuBLAS knows no others.
template <class Element>
constexpr bool rows_apart(const Matrices<Element>& m, std::size_t rows, std::size_t columns) {
  return (m.form == Form::plain ? rows : columns) <= 1 ||
         m.row_step >= (m.form == Form::plain ? columns : rows);
}

}  // namespace detail

/// Can cuBLAS read and write matrices that lie so?
template <class Element>
constexpr bool cublas_can(const ProductSize& size, const Matrices<const Element>& a,
                          const Matrices<const Element>& b, const Matrices<Element>& c) {
  return detail::rows_apart(a, size.rows, size.depth) &&
         detail::rows_apart(b, size.depth, size.columns) &&
         detail::rows_apart(c, size.rows, size.columns);
}

/// c = a b, or c += a b, for a batch of row-major matrices; no extent is 0, and no two results are
/// the same. cuBLAS sees the transposes, column by column: c^T = b^T a^T.
template <class Element>
void multiply_by_cublas(const ProductSize& size, const Matrices<const Element>& a,
                        const Matrices<const Element>& b, const Matrices<Element>& c,
                        Update update) {
  using Product        = detail::CublasProduct<Element>;
  const auto operation = [](Form form) { return form == Form::plain ? CUBLAS_OP_N : CUBLAS_OP_C; };
  const auto integer   = [](std::size_t n) { return static_cast<std::int64_t>(n); };
  const auto distance  = [](const auto& m, std::size_t rows, std::size_t columns) {
    return detail::row_distance(m.row_step, m.form == Form::plain ? columns : rows);
  };
  const std::int64_t a_row = distance(a, size.rows, size.depth);
  const std::int64_t b_row = distance(b, size.depth, size.columns);
  const std::int64_t c_row = distance(c, size.rows, size.columns);
  const Element one = 1, kept = update == Update::add ? 1 : 0;
  const auto* const scale    = detail::for_cublas(&one);
  const auto* const old      = detail::for_cublas(&kept);
  constexpr std::size_t most = most_blocks_across;  // of a batch at a time
  for (std::size_t first = 0; first < size.batch; first += most) {
    const std::size_t count = std::min(most, size.batch - first);
    const auto* const left  = detail::for_cublas(a.data + first * a.batch_step);
    const auto* const right = detail::for_cublas(b.data + first * b.batch_step);
    auto* const result      = detail::for_cublas(c.data + first * c.batch_step);
    if (count == 1)
      check(Product::one(cublas(), operation(b.form), operation(a.form), integer(size.columns),
                         integer(size.rows), integer(size.depth), scale, right, b_row, left, a_row,
                         old, result, c_row),
            Product::name);
    else
      check(Product::batch(cublas(), operation(b.form), operation(a.form), integer(size.columns),
                           integer(size.rows), integer(size.depth), scale, right, b_row,
                           integer(b.batch_step), left, a_row, integer(a.batch_step), old, result,
                           c_row, integer(c.batch_step), integer(count)),
            Product::name);
  }
}

}  // namespace nop::cuda
