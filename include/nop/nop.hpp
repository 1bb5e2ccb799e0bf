// SPDX-License-Identifier: BSD-3-Clause
#pragma once

/// \file
/// Everyday use on the CPU: Fno, Tfno, Uno and Normalized, their training on pairs of fields, and
/// nop's own files. To be included beside it: <nop/io/reference.hpp>, models that PyTorch trained;
/// other models, <nop/models/...>; diffusion, <nop/diffusion/...>; reference solvers,
/// <nop/pde/...>; <nop/metrics/...>, whose frechet_distance.hpp asks for Eigen;
/// <nop/training/read_images.hpp>, which asks for zlib; pictures, <nop/io/picture.hpp>,
/// line_plot.hpp, scatter_plot.hpp and image_grid.hpp, which ask for cairo.

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
