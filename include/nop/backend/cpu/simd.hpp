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
#include <utility>

namespace nop::cpu {

/// A register of the widest kind that the program is compiled for.
template <class Real>
using Batch = xsimd::batch<std::remove_const_t<Real>>;

/// How many numbers it holds, and how many of it there are.
template <class Real>
inline constexpr std::size_t lanes = Batch<Real>::size;
template <class Real>
inline constexpr std::size_t registers = sizeof(Batch<Real>) == 64 ? 32 : 16;

namespace detail {

/// The numbers at these places of a register a and, behind it, b: one instruction or two.
template <class B, std::size_t... Place>
[[gnu::always_inline]] inline B picked(const B& a, const B& b, std::index_sequence<Place...>) {
#ifdef __clang__
  return B(__builtin_shufflevector(a.data, b.data, Place...));
#else
  using Index = std::conditional_t<sizeof(typename B::value_type) == 4, int, long long>;
  using Places [[gnu::vector_size(sizeof(B))]] = Index;
  return B(__builtin_shuffle(a.data, b.data, Places{Place...}));
#endif
}

template <class Real, std::size_t... Lane>
[[gnu::always_inline]] inline Batch<Real> reversed(const Batch<Real>& a,
                                                   std::index_sequence<Lane...>) {
  return picked(a, a, std::index_sequence<(sizeof...(Lane) - 1 - Lane)...>{});
}

}  // namespace detail

/// The numbers of a register from the last to the first.
template <class Real>
[[gnu::always_inline]] inline Batch<Real> reversed(const Batch<Real>& a) {
  return detail::reversed<Real>(a, std::make_index_sequence<lanes<Real>>{});
}

}  // namespace nop::cpu
