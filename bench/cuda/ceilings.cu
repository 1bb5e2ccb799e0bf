// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/gemm.cuh>
#include <nop/backend/cuda/map.cuh>
#include <nop/backend/cuda/memory.cuh>
#include <nop/core/functors.hpp>

#include "cuda/ceilings.cuh"
#include "cuda/stopwatch.cuh"

namespace bench {

namespace {

constexpr std::size_t chains = 8, repetitions = 4096, threads = 256;

/// Chains of multiply-adds, as many as cover the latency; the result is needed by nobody.
template <class Real>
__global__ void multiply_adds(Real factor, Real* out) {
  Real chain[chains];
  for (std::size_t c = 0; c < chains; ++c) chain[c] = static_cast<Real>(threadIdx.x + c);
  for (std::size_t i = 0; i < repetitions; ++i)
    for (std::size_t c = 0; c < chains; ++c) chain[c] = chain[c] * factor + factor;
  Real total = 0;
  for (std::size_t c = 0; c < chains; ++c) total += chain[c];
  if (total == Real(-1)) *out = total;
}

__global__ void read_all(const float4* in, std::size_t count, float* out) {
  float total            = 0;
  const std::size_t step = std::size_t{4} * gridDim.x * blockDim.x;
  for (std::size_t i = std::size_t{4} * blockIdx.x * blockDim.x + threadIdx.x; i < count; i += step)
    for (std::size_t part = 0; part < 4; ++part)
      if (const std::size_t at = i + part * blockDim.x; at < count) {
        const float4 values = in[at];
        total += values.x + values.y + values.z + values.w;
      }
  if (total == -1.5F) *out = total;
}

__global__ void triad(float4* a, const float4* b, const float4* c, std::size_t count) {
  const std::size_t i = std::size_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const float4 y = b[i], z = c[i];
  a[i] = {y.x + 0.5F * z.x, y.y + 0.5F * z.y, y.z + 0.5F * z.z, y.w + 0.5F * z.w};
}

constexpr double at_least = 0.1;

template <class Real>
double flops() {
  const nop::cuda::Scratch<Real> out(1);
  const std::size_t blocks = nop::cuda::device().multiprocessors * 16;
  const Work work          = [&] {
    nop::cuda::launch({nop::cuda::count(blocks), nop::cuda::count(threads)}, multiply_adds<Real>,
                               Real(0.5), out.data());
  };
  work();
  return 2.0 * chains * repetitions * threads * static_cast<double>(blocks) /
         event_seconds(work, at_least);
}

double product_flops() {
  constexpr std::size_t n = 8192;
  const nop::cuda::Scratch<float> a(n * n), b(n * n), c(n * n);
  nop::cuda::generate(nop::Constant<float>{0.37F}, a.data(), n * n);
  nop::cuda::generate(nop::Constant<float>{1.21F}, b.data(), n * n);
  const Work work = [&] {
    nop::cuda::multiply({1, n, n, n}, nop::Matrices<const float>{a.data(), n, 0},
                        nop::Matrices<const float>{b.data(), n, 0},
                        nop::Matrices<float>{c.data(), n, 0}, nop::Update::overwrite);
  };
  work();
  return 2.0 * n * n * n / event_seconds(work, at_least);
}

}  // namespace

DeviceCeilings device_ceilings() {
  using nop::cuda::count;
  constexpr std::size_t bytes = std::size_t{1} << 30U, vectors = bytes / sizeof(float4);
  const nop::cuda::Scratch<float4> a(vectors), b(vectors), c(vectors);
  const nop::cuda::Scratch<float> out(1);
  for (float4* const part : {a.data(), b.data(), c.data()})
    nop::cuda::generate(nop::Constant<float>{0.7F}, reinterpret_cast<float*>(part), bytes / 4);
  const auto rate = [](double passes, const Work& work) {
    work();
    return passes * static_cast<double>(bytes) / event_seconds(work, at_least);
  };
  const std::size_t blocks = nop::cuda::device().multiprocessors * 8;
  return {.float_flops  = flops<float>(),
          .double_flops = flops<double>(),
          .sgemm_flops  = product_flops(),
          .read_bytes   = rate(1,
                               [&] {
                               nop::cuda::launch({count(blocks), count(threads)}, read_all,
                                                   a.data(), vectors, out.data());
                             }),
          .copy_bytes   = rate(2, [&] { nop::cuda::copy(a.data(), b.data(), vectors); }),
          .triad_bytes  = rate(3, [&] {
            nop::cuda::launch({count(nop::cuda::parts_of(vectors, threads)), count(threads)}, triad,
                               a.data(), b.data(), c.data(), vectors);
          })};
}

}  // namespace bench
