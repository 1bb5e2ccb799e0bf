// SPDX-License-Identifier: BSD-3-Clause
#pragma once

/// \file
/// The library and its backend nop::Cuda; for files that nvcc compiles.

#include <nop/backend/cuda.hpp>
#include <nop/nop.hpp>
