// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/convolve.cuh>
#include <nop/backend/cuda/copy.cuh>
#include <nop/backend/cuda/fourier.cuh>
#include <nop/backend/cuda/gemm.cuh>
#include <nop/backend/cuda/graph.cuh>
#include <nop/backend/cuda/map.cuh>
#include <nop/backend/cuda/memory.cuh>
#include <nop/backend/cuda/mix.cuh>
#include <nop/backend/cuda/mix_pullback.cuh>
#include <nop/backend/cuda/normalize.cuh>
#include <nop/backend/cuda/pull_convolve.cuh>
#include <nop/backend/cuda/pull_normalize.cuh>
#include <nop/backend/cuda/runtime.cuh>
#include <nop/backend/cuda/sum.cuh>
#include <nop/backend/cuda/time_mix.cuh>
#include <nop/backend/cuda/time_mix_pullback.cuh>
#include <nop/core/backend.hpp>
#include <nop/core/convolution_size.hpp>
#include <nop/core/mixing.hpp>
#include <nop/core/normalization.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/time_mixing.hpp>

#include <complex>
#include <cstddef>
#include <span>

namespace nop {

/// A GPU of NVIDIA's: the one that is current. Everything is done in the order it is asked for, on
/// one stream; only what brings numbers to the host waits. Throws BackendError where CUDA refuses.
struct Cuda {
  static constexpr bool host_accessible = false;
  static constexpr bool keeps_sums      = false;

  /// Work that is written down once, see core/captured_work.hpp.
  using Graph = cuda::Graph;

  static void* allocate(std::size_t bytes) { return cuda::allocate(bytes); }
  static void release(void* block, std::size_t) noexcept { cuda::release(block); }

  template <class Element>
  static void copy(const Element* in, Element* out, std::size_t count) {
    cuda::copy(in, out, count);
  }
  template <class Element>
  static void copy_from_host(const Element* in, Element* out, std::size_t count) {
    cuda::copy_from_host(in, out, count);
  }
  template <class Element>
  static void copy_to_host(const Element* in, Element* out, std::size_t count) {
    cuda::copy_to_host(in, out, count);
  }

  static void by_pieces(std::size_t count, const auto& body) {
    if (count > 0) body(std::size_t{0}, count);
  }

  static void copy_strided(const auto& extents, const auto* in, const auto& in_step, auto* out,
                           const auto& out_step) {
    cuda::copy_strided(extents, in, in_step, out, out_step);
  }
  static void generate(const auto& f, auto* out, std::size_t count) {
    cuda::generate(f, out, count);
  }
  static void map(const auto& f, const Shape<3>& box, const auto& out, const auto&... in) {
    cuda::map(f, box, out, in...);
  }
  static void sum(const auto& f, const Shape<3>& box, const auto& out, const auto&... in) {
    cuda::sum(f, box, out, in...);
  }

  template <class Element>
  static void multiply(const ProductSize& size, const Matrices<const Element>& a,
                       const Matrices<const Element>& b, const Matrices<Element>& c,
                       Update update) {
    cuda::multiply(size, a, b, c, update);
  }

  template <class Real>
  static void mix(const Shape<3>& box, const Real* x, std::span<const Mixing<Real>> links,
                  Real* y) {
    cuda::mix(box, x, links, y);
  }
  template <class Real>
  static void pull_mix(const Shape<3>& box, const Real* x, std::span<const Mixing<Real>> links,
                       const Real* dy, Real* dx, std::span<const MixingGradient<Real>> gradients) {
    cuda::pull_mix(box, x, links, dy, dx, gradients);
  }

  template <std::size_t Dim, class Real>
  static void convolve(const ConvolutionSize<Dim>& size, const Real* x, const Real* weight,
                       const Real* bias, Real* y) {
    cuda::convolve(size, x, weight, bias, y);
  }
  template <std::size_t Dim, class Real>
  static void pull_convolve(const ConvolutionSize<Dim>& size, const Real* x, const Real* weight,
                            const Real* dy, Real* dx, Real* dweight) {
    cuda::pull_convolve(size, x, weight, dy, dx, dweight);
  }

  template <class Real>
  static void normalize(const Shape<3>& box, const Real* x, const Normalization<Real>& norm,
                        Real* y) {
    cuda::normalize(box, x, norm, y);
  }
  template <class Real>
  static void pull_normalize(const Shape<3>& box, const Real* x, const Normalization<Real>& norm,
                             const Real* dy, Real* dx,
                             const NormalizationGradient<Real>& gradient) {
    cuda::pull_normalize(box, x, norm, dy, dx, gradient);
  }

  template <class Real>
  static void mix_time(const Shape<4>& box, const Real* x, const TimeMixing<Real>& mixing,
                       Real* y) {
    cuda::mix_time(box, x, mixing, y);
  }
  template <class Real>
  static void pull_mix_time(const Shape<4>& box, const Real* x, const TimeMixing<Real>& mixing,
                            const Real* dy, Real* dx, std::complex<Real>* dweight) {
    cuda::pull_mix_time(box, x, mixing, dy, dx, dweight);
  }

  static void to_modes(const auto& transform, const auto* field, auto* spectrum) {
    cuda::to_modes(transform, field, spectrum);
  }
  static void from_modes(const auto& transform, const auto* spectrum, auto* field) {
    cuda::from_modes(transform, spectrum, field);
  }
};

static_assert(backend<Cuda>);

}  // namespace nop
