// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/complex.cuh>
#include <nop/backend/cuda/time_points.cuh>
#include <nop/backend/cuda/time_product.cuh>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/time_mixing.hpp>

namespace nop::cuda {

/// y = x + sigma(K x), see TimeMixing, for fields of the extents `box`.
///
/// With all steps of a tile's points at hand a block computes
///
///     S = A x,    Z = M S,    y = x + sigma(D Z)
///
/// where A and D, analysis and synthesis, are small matrices along time and M the channels' matrix
/// for each frequency: one pass over memory, and for 4 steps and 2 modes 5 C^2 multiplications a
/// point instead of the 16 C^2 of a dense kernel. What S and Z are stays in shared memory and in
/// registers. Where there are many modes, a few of them are done at a time, and D Z is added up in
/// y.
template <real Real>
void mix_time(const Shape<4>& box, const Real* x, const TimeMixing<Real>& mixing, Real* y) {
  time_mixing::multiply<Real>({.box        = time_mixing::time_box<Real>(box, x, y),
                               .in         = {x, 0},
                               .weight     = as_on_device(mixing.weight),
                               .transposed = false,
                               .added      = {x, 0},
                               .out        = {y, mixing.from},
                               .continues  = false,
                               .finish     = time_mixing::Finish::answer,
                               .activation = mixing.activation},
                              mixing.modes);
}

}  // namespace nop::cuda
