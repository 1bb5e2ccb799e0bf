// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/complex.cuh>
#include <nop/backend/cuda/memory.cuh>
#include <nop/backend/cuda/time_points.cuh>
#include <nop/backend/cuda/time_product.cuh>
#include <nop/backend/cuda/time_weight_gradient.cuh>
#include <nop/core/activation.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/time_mixing.hpp>

#include <complex>
#include <cstddef>

namespace nop::cuda {

/// The gradients by x and by the weight, each where it has a place, of a loss whose gradient by the
/// result of `mix_time` is dy. K x is made again, for
///
///     dv = dy sigma'(K x),    dx = dy + K^T dv,    dR(k) = weight(k) sum_p dV(k) conj(X(k))
///
/// where K^T has the conjugate transpose of each R(k), and dV and X are the coefficients of dv,
/// with zeros before its first step, and of x.
template <real Real>
void pull_mix_time(const Shape<4>& box, const Real* x, const TimeMixing<Real>& mixing,
                   const Real* dy, Real* dx, std::complex<Real>* dweight) {
  using time_mixing::Finish;
  if (dx == nullptr && dweight == nullptr) return;
  const bool is_linear   = mixing.activation == Activation::identity;
  const std::size_t of_y = is_linear ? 0 : box[0] * (box[1] - mixing.from) * box[2] * box[3];
  const Scratch<Real> scratch(of_y);
  const Real* const dv              = is_linear ? dy : scratch.data();
  const auto fields                 = time_mixing::time_box<Real>(box, x, dy, dx);
  const Complex<Real>* const weight = as_on_device(mixing.weight);
  const time_mixing::Steps<const Real> of_dy{dy, mixing.from}, of_dv{dv, mixing.from};
  if (!is_linear)
    time_mixing::multiply<Real>({.box        = fields,
                                 .in         = {x, 0},
                                 .weight     = weight,
                                 .transposed = false,
                                 .added      = of_dy,
                                 .out        = {scratch.data(), mixing.from},
                                 .continues  = false,
                                 .finish     = Finish::slope,
                                 .activation = mixing.activation},
                                mixing.modes);
  if (dweight != nullptr)
    time_mixing::weight_gradient<Real>(fields, {x, 0}, of_dv, mixing.modes, as_on_device(dweight));
  if (dx != nullptr)
    time_mixing::multiply<Real>({.box        = fields,
                                 .in         = of_dv,
                                 .weight     = weight,
                                 .transposed = true,
                                 .added      = of_dy,
                                 .out        = {dx, 0},
                                 .continues  = false,
                                 .finish     = Finish::answer,
                                 .activation = Activation::identity},
                                mixing.modes);
}

}  // namespace nop::cuda
