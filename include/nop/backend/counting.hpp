// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu.hpp>
#include <nop/core/backend.hpp>
#include <nop/core/convolution_size.hpp>
#include <nop/core/mixing.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/time_mixing.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace nop {

/// A backend that does what another does and notes how many real multiplications its products take:
/// those of matrices, channels and time, and convolutions of a few points, forward. That is the
/// work of a network but for what grows with its numbers alone, and for transforms to modes.
///
///     const auto net = load<UNet<2, Counting<>>>("backbone.safetensors");
///     Counting<>::multiplications = 0;
///     net(x, times);
///     const double flops = 2.0 * static_cast<double>(Counting<>::multiplications);
template <backend Device = Cpu>
struct Counting : Device {
  static inline std::atomic<std::uint64_t> multiplications = 0;

  template <class Element>
  static void multiply(const ProductSize& size, const Matrices<const Element>& a,
                       const Matrices<const Element>& b, const Matrices<Element>& c,
                       Update update) {
    count((complex<Element> ? 4 : 1) * size.batch, size.rows, size.depth, size.columns);
    Device::multiply(size, a, b, c, update);
  }
  template <std::size_t Dim, class Real>
  static void convolve(const ConvolutionSize<Dim>& size, const Real* x, const Real* weight,
                       const Real* bias, Real* y) {
    count(size.batch, size.in, size.out, size.points(), size.taps());
    Device::convolve(size, x, weight, bias, y);
  }
  template <class Real>
  static void mix(const Shape<3>& box, const Real* x, std::span<const Mixing<Real>> links,
                  Real* y) {
    std::size_t channels = box[1];
    for (const auto& link : links) {
      if (link.weight != nullptr) count(box[0], channels, link.channels, box[2]);
      channels = link.channels;
    }
    Device::mix(box, x, links, y);
  }
  /// A mode is a complex product of channels at each point, the mean and a Nyquist mode real ones.
  template <class Real>
  static void mix_time(const Shape<4>& box, const Real* x, const TimeMixing<Real>& mixing,
                       Real* y) {
    const std::size_t pairs = mixing.modes - 1;
    count(1 + 4 * pairs - (2 * pairs == box[1] && pairs > 0 ? 3 : 0), box[0], box[2], box[2],
          box[3]);
    Device::mix_time(box, x, mixing, y);
  }

 private:
  template <class... Factor>
  static void count(Factor... factors) {
    multiplications += (std::uint64_t{1} * ... * factors);
  }
};

static_assert(backend<Counting<>>);

}  // namespace nop
