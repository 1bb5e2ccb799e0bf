// SPDX-License-Identifier: BSD-3-Clause
#pragma once

/// \file
/// The library and its backend nop::Cuda; for files that nvcc compiles.

#include <nop/backend/cuda.hpp>
#include <nop/layers/to.hpp>
#include <nop/models/captured_run.hpp>
#include <nop/nop.hpp>
#include <nop/training/captured_step.hpp>
