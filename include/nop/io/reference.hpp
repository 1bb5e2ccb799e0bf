// SPDX-License-Identifier: BSD-3-Clause
#pragma once

/// \file
/// Models that PyTorch trained with the reference library, neuraloperator, and its relatives:
/// `load_reference`, `read_reference` and `save_reference`.

#include <nop/io/reference/load.hpp>
#include <nop/io/reference/read.hpp>
#include <nop/io/reference/save.hpp>
