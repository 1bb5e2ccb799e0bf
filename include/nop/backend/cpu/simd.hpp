// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// g++ 12 takes the undefined registers of its own AVX-512 intrinsics for mistakes (GCC bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#if defined(__GNUC__) && !defined(__clang__) && !defined(__OPTIMIZE__) && defined(__AVX512BW__)
// Without optimization g++ has macros in the place of these two functions, whose casts the
// registers of xsimd 8 do not go through.
#include <immintrin.h>
#undef _mm512_mask_blend_epi8
#undef _mm512_mask_blend_epi16
inline __m512i _mm512_mask_blend_epi8(__mmask64 mask, __m512i no, __m512i yes) {
  return (__m512i)__builtin_ia32_blendmb_512_mask((__v64qi)no, (__v64qi)yes, mask);
}
inline __m512i _mm512_mask_blend_epi16(__mmask32 mask, __m512i no, __m512i yes) {
  return (__m512i)__builtin_ia32_blendmw_512_mask((__v32hi)no, (__v32hi)yes, mask);
}
#endif
#include <xsimd/xsimd.hpp>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#include <cstddef>
#include <type_traits>

namespace nop::cpu {

/// A register of the widest kind that the program is compiled for.
template <class Real>
using Batch = xsimd::batch<std::remove_const_t<Real>>;

/// How many numbers it holds, and how many of it there are.
template <class Real>
inline constexpr std::size_t lanes = Batch<Real>::size;
template <class Real>
inline constexpr std::size_t registers = sizeof(Batch<Real>) == 64 ? 32 : 16;

}  // namespace nop::cpu
