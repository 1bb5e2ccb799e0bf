// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/complex.cuh>
#include <nop/backend/cuda/runtime.cuh>
#include <nop/core/operand.hpp>
#include <nop/core/scalar.hpp>

#include <cstddef>
#include <cstdint>

/// \file
/// What the kernels of products are written with.

namespace nop::cuda {

/// Adjacent elements that are read and written in one access, of at most 16 bytes.
template <class Element, unsigned Size>
struct alignas(Size * sizeof(Element)) Vector {
  static_assert(Size * sizeof(Element) <= 16, "a thread accesses at most 16 bytes at once");
  Element part[Size];  // NOLINT(*-avoid-c-arrays): unlike std::array it has no functions

  __device__ static Vector zero() {
    Vector all;
    for (unsigned i = 0; i < Size; ++i) all.part[i] = Element(0);
    return all;
  }
};

/// The number of elements in 16 bytes.
template <class Element>
inline constexpr unsigned in_16_bytes = 16 / sizeof(Element);

template <unsigned Size, class Element>
__device__ __forceinline__ Vector<Element, Size> read_vector(const Element* at) {
  return *reinterpret_cast<const Vector<Element, Size>*>(at);
}
template <unsigned Size, class Element>
__device__ __forceinline__ void write_vector(Element* at, const Vector<Element, Size>& value) {
  *reinterpret_cast<Vector<Element, Size>*>(at) = value;
}

/// sum += a b in fused steps, of which a complex product takes four.
template <real Real>
__device__ __forceinline__ void add_product(Real& sum, Real a, Real b) {
  sum += a * b;
}
template <real Real>
__device__ __forceinline__ void add_product(Complex<Real>& sum, Complex<Real> a, Complex<Real> b) {
  sum.re += a.re * b.re;
  sum.re -= a.im * b.im;
  sum.im += a.re * b.im;
  sum.im += a.im * b.re;
}

/// The complex conjugate, which a real number is itself.
template <scalar Number>
__device__ __forceinline__ Number conjugate(Number x) {
  if constexpr (complex<Number>) return conj(x);
  return x;
}

/// Calls `write(i, read(i))` for every i below `count`, with the threads of the block. So many
/// reads of a thread are on their way before the first is waited for.
template <unsigned Ahead, class Read, class Write>
__device__ __forceinline__ void move_by_block(unsigned count, const Read& read,
                                              const Write& write) {
  for (unsigned first = threadIdx.x; first < count; first += Ahead * blockDim.x) {
    decltype(read(0U)) some[Ahead];  // NOLINT(*-avoid-c-arrays)
#pragma unroll
    for (unsigned n = 0; n < Ahead; ++n)
      if (first + n * blockDim.x < count) some[n] = read(first + n * blockDim.x);
#pragma unroll
    for (unsigned n = 0; n < Ahead; ++n)
      if (first + n * blockDim.x < count) write(first + n * blockDim.x, some[n]);
  }
}

/// The same matrices, as device code takes them.
template <class Element>
Matrices<on_device<Element>> as_on_device(const Matrices<Element>& m) {
  return {as_on_device(m.data), m.row_step, m.batch_step, m.form};
}

/// May rows of these matrices be taken apart into vectors of so many elements?
template <class Element>
bool in_vectors(const Matrices<Element>& m, std::size_t row_length, unsigned size) {
  return row_length % size == 0 && m.row_step % size == 0 && m.batch_step % size == 0 &&
         reinterpret_cast<std::uintptr_t>(m.data) % (size * sizeof(Element)) == 0;
}

}  // namespace nop::cuda
