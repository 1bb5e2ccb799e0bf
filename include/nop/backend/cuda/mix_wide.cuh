// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/gemm.cuh>
#include <nop/backend/cuda/memory.cuh>
#include <nop/backend/cuda/mix_links.cuh>
#include <nop/backend/cuda/runtime.cuh>
#include <nop/core/activation.hpp>
#include <nop/core/mixing.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/shape.hpp>

#include <cstddef>
#include <optional>

/// \file
/// Links of so many channels that a tile of their points does not fit into shared memory: a product
/// of matrices, then everything else in a pass over its result.

namespace nop::cuda::detail {

inline constexpr unsigned wide_threads = 256;

/// A field, of which each thread takes some elements.
struct WideField {
  std::size_t batch, channels, points;

  [[nodiscard]] constexpr std::size_t size() const { return batch * channels * points; }
  [[nodiscard]] constexpr std::size_t channel(std::size_t element) const {
    return element / points % channels;
  }
  [[nodiscard]] Launch launch() const {
    constexpr std::size_t most = std::size_t{1} << 20U;
    return {{count(std::min(parts_of(size(), wide_threads), most))}, {wide_threads}};
  }
};

/// What is added to v = W u.
template <real Real>
struct WideTerms {
  const Real *bias, *residual, *gate, *x;

  [[nodiscard]] __device__ Real sum(Real v, std::size_t e, std::size_t channel) const {
    if (bias != nullptr) v += bias[channel];
    if (residual != nullptr) v += residual[e];
    if (gate != nullptr) v += gate[channel] * x[e];
    return v;
  }
};

/// y = sigma(y + b + r + g x)
template <class Function, real Real>
__global__ void finish_wide(WideField field, WideTerms<Real> terms, Real* y) {
  const std::size_t step = std::size_t{gridDim.x} * wide_threads;
  for (std::size_t e = std::size_t{blockIdx.x} * wide_threads + threadIdx.x; e < field.size();
       e += step)
    y[e] = Function::at(terms.sum(y[e], e, field.channel(e))).value;
}

/// da = du sigma'(v + b + r + g x); v may be where da goes.
template <class Function, real Real>
__global__ void pull_wide_function(WideField field, WideTerms<Real> terms, const Real* v,
                                   const Real* du, Real* da) {
  const std::size_t step = std::size_t{gridDim.x} * wide_threads;
  for (std::size_t e = std::size_t{blockIdx.x} * wide_threads + threadIdx.x; e < field.size();
       e += step)
    da[e] = du[e] * Function::at(terms.sum(v[e], e, field.channel(e))).slope;
}

/// out = a + b + gate da, of which each may be absent.
template <real Real>
__global__ void add_wide(WideField field, const Real* a, const Real* b, const Real* gate,
                         const Real* da, Real* out) {
  const std::size_t step = std::size_t{gridDim.x} * wide_threads;
  for (std::size_t e = std::size_t{blockIdx.x} * wide_threads + threadIdx.x; e < field.size();
       e += step) {
    Real sum = gate != nullptr ? gate[field.channel(e)] * da[e] : Real(0);
    if (a != nullptr) sum += a[e];
    if (b != nullptr) sum += b[e];
    out[e] = sum;
  }
}

/// bias[c] = sum of da, and gate[c] = sum of da x, a block per channel.
template <real Real>
__global__ void __launch_bounds__(wide_threads)
    sum_wide(WideField field, const Real* da, const Real* x, Real* bias, Real* gate) {
  Real plain = 0, gated = 0;
  for (std::size_t i = threadIdx.x; i < field.batch * field.points; i += wide_threads) {
    const std::size_t sample = i / field.points;
    const std::size_t e =
        (sample * field.channels + blockIdx.x) * field.points + (i - sample * field.points);
    plain += da[e];
    if (gate != nullptr) gated += da[e] * x[e];
  }
  auto* const sums                 = shared_memory<Real>();
  sums[threadIdx.x]                = plain;
  sums[wide_threads + threadIdx.x] = gated;
  for (unsigned half = wide_threads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) {
      sums[threadIdx.x] += sums[threadIdx.x + half];
      sums[wide_threads + threadIdx.x] += sums[wide_threads + threadIdx.x + half];
    }
  }
  if (threadIdx.x == 0 && bias != nullptr) bias[blockIdx.x] = sums[0];
  if (threadIdx.x == 0 && gate != nullptr) gate[blockIdx.x] = sums[wide_threads];
}

/// v = W u, or the transpose of W, at all points of all samples.
template <real Real>
void multiply_wide(const Shape<3>& box, const Real* weight, std::size_t out, std::size_t in,
                   bool transposed, const Real* u, Real* v) {
  using In              = Matrices<const Real>;
  using Out             = Matrices<Real>;
  const Form form       = transposed ? Form::adjoint : Form::plain;
  const Form opposite   = transposed ? Form::plain : Form::adjoint;
  const std::size_t row = transposed ? out : in;  // of the weight in memory
  if (box[2] == 1)                                // samples are the rows of one matrix
    multiply<Real>({1, box[0], in, out}, In{u, in, 0}, In{weight, row, 0, opposite}, Out{v, out, 0},
                   Update::overwrite);
  else
    multiply<Real>({box[0], out, in, box[2]}, In{weight, row, 0, form}, In{u, box[2], in * box[2]},
                   Out{v, box[2], out * box[2]}, Update::overwrite);
}

template <real Real>
void mix_wide(const Shape<3>& box, const Real* x, const Real* gated, const MixGroup& group,
              const Mixing<Real>& link, Real* y) {
  multiply_wide(box, link.weight, link.channels, group.channels, false, x, y);
  const WideField field{box[0], link.channels, box[2]};
  with_function(link.activation, [&]<class Function>(Function) {
    launch(field.launch(), finish_wide<Function, Real>, field,
           WideTerms<Real>{link.bias, link.residual, link.gate, gated}, y);
  });
}

template <real Real>
void pull_mix_wide(const Shape<3>& box, const PulledFields<Real>& fields, const MixGroup& group,
                   const Mixing<Real>& link, const MixingGradient<Real>& want) {
  const std::size_t in = group.channels, out = link.channels, points = box[2];
  const WideField field{box[0], out, points};
  std::optional<Scratch<Real>> kept;
  const Real* da = fields.dy;
  if (link.activation != Activation::identity) {
    Real* to = want.residual;
    if (to == nullptr) to = kept.emplace(field.size()).data();
    multiply_wide(box, link.weight, out, in, false, fields.u, to);
    with_function(link.activation, [&]<class Function>(Function) {
      launch(field.launch(), pull_wide_function<Function, Real>, field,
             WideTerms<Real>{link.bias, link.residual, link.gate, fields.gated}, to, fields.dy, to);
    });
    da = to;
  } else if (want.residual != nullptr) {
    copy(fields.dy, want.residual, field.size());
  }
  if (want.weight != nullptr) {
    using In = Matrices<const Real>;
    const Matrices<Real> sums{want.weight, in, 0};
    if (points == 1)
      multiply<Real>({1, out, box[0], in}, In{da, out, 0, Form::adjoint}, In{fields.u, in, 0}, sums,
                     Update::overwrite);
    else
      multiply<Real>({box[0], out, points, in}, In{da, points, out * points},
                     In{fields.u, points, in * points, Form::adjoint}, sums, Update::overwrite);
  }
  if (want.bias != nullptr || want.gate != nullptr)
    launch({count(out), wide_threads, 2 * wide_threads * sizeof(Real)}, sum_wide<Real>, field, da,
           fields.gated, want.bias, want.gate);
  if (fields.du != nullptr) multiply_wide(box, link.weight, in, out, true, da, fields.du);
  const WideField input{box[0], in, points};
  const Real* const past = fields.has_past ? fields.past : nullptr;
  if (!fields.is_first) {
    if (link.gate != nullptr && fields.past != nullptr)
      launch(field.launch(), add_wide<Real>, field, past, nullptr, link.gate, da, fields.past);
  } else if (fields.du != nullptr && (past != nullptr || link.gate != nullptr)) {
    launch(input.launch(), add_wide<Real>, input, fields.du, past, link.gate, da, fields.du);
  }
}

}  // namespace nop::cuda::detail
