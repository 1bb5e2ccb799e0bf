// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/convolve.hpp>
#include <nop/backend/cpu/copy.hpp>
#include <nop/backend/cpu/fourier.hpp>
#include <nop/backend/cpu/gemm.hpp>
#include <nop/backend/cpu/map.hpp>
#include <nop/backend/cpu/mix.hpp>
#include <nop/backend/cpu/mix_pullback.hpp>
#include <nop/backend/cpu/normalize.hpp>
#include <nop/backend/cpu/parallel.hpp>
#include <nop/backend/cpu/pull_convolve.hpp>
#include <nop/backend/cpu/time_mix.hpp>
#include <nop/core/backend.hpp>
#include <nop/core/convolution_size.hpp>
#include <nop/core/host_memory.hpp>
#include <nop/core/mixing.hpp>
#include <nop/core/normalization.hpp>
#include <nop/core/tensor.hpp>
#include <nop/core/time_mixing.hpp>
#include <nop/core/view.hpp>

#include <algorithm>
#include <complex>
#include <cstddef>
#include <span>

namespace nop {

/// The processor the program runs on: products in tiles of registers, transforms by FFTW or as
/// products, pointwise functions in xsimd's registers, threads of OpenMP.
struct Cpu {
  static constexpr bool host_accessible = true;
  static constexpr bool keeps_sums      = true;

  static void* allocate(std::size_t bytes) { return HostMemory::allocate(bytes); }
  static void release(void* block, std::size_t bytes) noexcept {
    HostMemory::release(block, bytes);
  }

  template <class Element>
  static void copy(const Element* in, Element* out, std::size_t count) {
    std::copy_n(in, count, out);
  }
  template <class Element>
  static void copy_from_host(const Element* in, Element* out, std::size_t count) {
    std::copy_n(in, count, out);
  }
  template <class Element>
  static void copy_to_host(const Element* in, Element* out, std::size_t count) {
    std::copy_n(in, count, out);
  }

  /// Pieces that fit the second cache with some fields of their size, on all threads.
  static void by_pieces(std::size_t count, const auto& body) {
    cpu::parallel_blocks(count, 8192, body);
  }

  static void copy_strided(const auto& extents, const auto* in, const auto& in_step, auto* out,
                           const auto& out_step) {
    cpu::copy_strided(extents, in, in_step, out, out_step);
  }
  static void generate(const auto& f, auto* out, std::size_t count) {
    cpu::generate(f, out, count);
  }
  static void map(const auto& f, const Shape<3>& box, const auto& out, const auto&... in) {
    cpu::map(f, box, out, in...);
  }
  static void sum(const auto& f, const Shape<3>& box, const auto& out, const auto&... in) {
    cpu::sum(f, box, out, in...);
  }

  template <class Element>
  static void multiply(const ProductSize& size, const Matrices<const Element>& a,
                       const Matrices<const Element>& b, const Matrices<Element>& c,
                       Update update) {
    cpu::multiply(size, a, b, c, update);
  }

  template <class Real>
  static void mix(const Shape<3>& box, const Real* x, std::span<const Mixing<Real>> links,
                  Real* y) {
    cpu::mix(box, x, links, y);
  }
  template <class Real>
  static void pull_mix(const Shape<3>& box, const Real* x, std::span<const Mixing<Real>> links,
                       const Real* dy, Real* dx, std::span<const MixingGradient<Real>> gradients) {
    cpu::pull_mix(box, x, links, dy, dx, gradients);
  }

  template <std::size_t Dim, class Real>
  static void convolve(const ConvolutionSize<Dim>& size, const Real* x, const Real* weight,
                       const Real* bias, Real* y) {
    cpu::convolve(size, x, weight, bias, y);
  }
  template <std::size_t Dim, class Real>
  static void pull_convolve(const ConvolutionSize<Dim>& size, const Real* x, const Real* weight,
                            const Real* dy, Real* dx, Real* dweight) {
    cpu::pull_convolve(size, x, weight, dy, dx, dweight);
  }

  template <class Real>
  static void normalize(const Shape<3>& box, const Real* x, const Normalization<Real>& norm,
                        Real* y) {
    cpu::normalize(box, x, norm, y);
  }
  template <class Real>
  static void pull_normalize(const Shape<3>& box, const Real* x, const Normalization<Real>& norm,
                             const Real* dy, Real* dx,
                             const NormalizationGradient<Real>& gradient) {
    cpu::pull_normalize(box, x, norm, dy, dx, gradient);
  }

  template <class Real>
  static void mix_time(const Shape<4>& box, const Real* x, const TimeMixing<Real>& mixing,
                       Real* y) {
    cpu::mix_time(box, x, mixing, y);
  }
  template <class Real>
  static void pull_mix_time(const Shape<4>& box, const Real* x, const TimeMixing<Real>& mixing,
                            const Real* dy, Real* dx, std::complex<Real>* dweight) {
    cpu::pull_mix_time(box, x, mixing, dy, dx, dweight);
  }

  static void to_modes(const auto& transform, const auto* field, auto* spectrum) {
    cpu::to_modes(transform, field, spectrum);
  }
  static void from_modes(const auto& transform, const auto* spectrum, auto* field) {
    cpu::from_modes(transform, spectrum, field);
  }

  static std::size_t thread_count() { return cpu::thread_count(); }
  static void set_thread_count(std::size_t count) { cpu::set_thread_count(count); }
};

static_assert(backend<Cpu>);

/// Somebody's host array as a field on the CPU, used in place:
///
///     model.run(nop::view(input, {1, 1, 256, 256}), nop::view(output, {1, 1, 256, 256}));
template <class Element, std::size_t Rank>
TensorView<Element, Rank, Cpu> view(Element* data, const std::size_t (&extents)[Rank]) {
  Shape<Rank> shape;
  std::copy_n(extents, Rank, shape.extents.begin());
  return {data, shape};
}

}  // namespace nop
