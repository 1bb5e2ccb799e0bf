// SPDX-License-Identifier: BSD-3-Clause
#pragma once

/// \file
/// Whom the cases are computed by: the sources of the works are compiled once for each backend.

#ifdef NOP_BENCH_CUDA
#include <nop/backend/cuda.hpp>
#elif __has_include("kernels.hpp")  // of programs that are linked with what was compiled once
#include "kernels.hpp"
#else
#include <nop/backend/cpu.hpp>
#endif

#include <cstddef>

namespace bench {

#ifdef NOP_BENCH_CUDA
using Backend = nop::Cuda;
/// Fields that a layer reads in turns are so many bytes together that no cache holds them.
inline constexpr std::size_t cold_bytes = std::size_t{192} << 20U;
#else
using Backend                           = nop::Cpu;
inline constexpr std::size_t cold_bytes = 0;
#endif

}  // namespace bench
