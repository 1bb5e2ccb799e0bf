// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// g++ 12 takes the undefined registers of its own AVX-512 intrinsics for mistakes (GCC bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
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
