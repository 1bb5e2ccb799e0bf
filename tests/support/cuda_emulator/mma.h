// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "cuda_runtime.h"

/// \file
/// The tensor cores' matrix fragments, on the host: every lane of a warp holds the whole matrix.

// NOLINTBEGIN: the names are CUDA's
namespace nvcuda::wmma {

struct matrix_a {};
struct matrix_b {};
struct accumulator {};
struct row_major {};
struct col_major {};
namespace precision {
struct tf32 {};
}  // namespace precision
enum layout_t { mem_row_major, mem_col_major };

template <class T>
struct ElementOf {
  using type = T;
};
template <>
struct ElementOf<precision::tf32> {
  using type = float;
};

template <class Use, int M, int N, int K, class T, class Layout = void>
struct fragment {
  static constexpr int rows         = std::is_same_v<Use, matrix_b> ? K : M;
  static constexpr int columns      = std::is_same_v<Use, matrix_a> ? K : N;
  static constexpr int num_elements = rows * columns;
  typename ElementOf<T>::type x[rows * columns];
};

template <class Use, int M, int N, int K, class T, class Layout, class Value>
void fill_fragment(fragment<Use, M, N, K, T, Layout>& f, const Value& value) {
  for (auto& x : f.x) x = value;
}
template <class Use, int M, int N, int K, class T, class Layout, class Element>
  requires(!std::is_void_v<Layout>)
void load_matrix_sync(fragment<Use, M, N, K, T, Layout>& f, const Element* memory, unsigned step) {
  using F = fragment<Use, M, N, K, T, Layout>;
  for (int r = 0; r < F::rows; ++r)
    for (int c = 0; c < F::columns; ++c)
      f.x[r * F::columns + c] =
          std::is_same_v<Layout, row_major>
              ? memory[static_cast<unsigned>(r) * step + static_cast<unsigned>(c)]
              : memory[static_cast<unsigned>(c) * step + static_cast<unsigned>(r)];
  __syncwarp();
}
template <int M, int N, int K, class T, class Element>
void load_matrix_sync(fragment<accumulator, M, N, K, T>& f, const Element* memory, unsigned step,
                      layout_t layout) {
  for (int r = 0; r < M; ++r)
    for (int c = 0; c < N; ++c)
      f.x[r * N + c] = layout == mem_row_major
                           ? memory[static_cast<unsigned>(r) * step + static_cast<unsigned>(c)]
                           : memory[static_cast<unsigned>(c) * step + static_cast<unsigned>(r)];
  __syncwarp();
}
template <int M, int N, int K, class T, class Element>
void store_matrix_sync(Element* memory, const fragment<accumulator, M, N, K, T>& f, unsigned step,
                       layout_t layout) {
  for (int r = 0; r < M; ++r)
    for (int c = 0; c < N; ++c)
      (layout == mem_row_major
           ? memory[static_cast<unsigned>(r) * step + static_cast<unsigned>(c)]
           : memory[static_cast<unsigned>(c) * step + static_cast<unsigned>(r)]) = f.x[r * N + c];
  __syncwarp();
}
template <int M, int N, int K, class TA, class LA, class TB, class LB, class TC>
void mma_sync(fragment<accumulator, M, N, K, TC>& d, const fragment<matrix_a, M, N, K, TA, LA>& a,
              const fragment<matrix_b, M, N, K, TB, LB>& b,
              const fragment<accumulator, M, N, K, TC>& c) {
  for (int i = 0; i < M; ++i)
    for (int j = 0; j < N; ++j) {
      auto sum = c.x[i * N + j];
      for (int k = 0; k < K; ++k) sum += a.x[i * K + k] * b.x[k * N + j];
      d.x[i * N + j] = sum;
    }
}
/// Rounds to the 10 bits of mantissa that the tensor cores read.
inline float __float_to_tf32(float x) {
  unsigned bits = __float_as_uint(x);
  bits += 0x1000U;
  return __uint_as_float(bits & ~0x1FFFU);
}

}  // namespace nvcuda::wmma
// NOLINTEND
