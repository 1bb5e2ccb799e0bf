// SPDX-License-Identifier: BSD-3-Clause
#pragma once

/// \file
/// The library on the CPU: models, training and files. Reference solvers are in <nop/pde/...>,
/// pictures in <nop/io/picture.hpp> and <nop/io/line_plot.hpp>, which ask for cairo.

#include <nop/autodiff/evaluate.hpp>
#include <nop/autodiff/gradient_check.hpp>
#include <nop/autodiff/members.hpp>
#include <nop/autodiff/tape.hpp>
#include <nop/backend/cpu.hpp>
#include <nop/core/rng.hpp>
#include <nop/io/checkpoint.hpp>
#include <nop/layers/spectral_conv.hpp>
#include <nop/layers/to.hpp>
#include <nop/models/fno.hpp>
#include <nop/models/normalized.hpp>
#include <nop/models/tfno.hpp>
#include <nop/models/uno.hpp>
#include <nop/ops/reduce.hpp>
#include <nop/training/adam.hpp>
#include <nop/training/loss.hpp>
#include <nop/training/mean_loss.hpp>
#include <nop/training/read_dataset.hpp>
#include <nop/training/schedule.hpp>
#include <nop/training/sobolev.hpp>
#include <nop/training/trainer.hpp>
#include <nop/version.hpp>
