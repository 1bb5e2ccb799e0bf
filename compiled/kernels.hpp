// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu.hpp>
#include <nop/core/band.hpp>
#include <nop/core/convolution_size.hpp>
#include <nop/core/mixing.hpp>
#include <nop/core/normalization.hpp>
#include <nop/core/time_mixing.hpp>

#include <complex>
#include <span>

/// \file
/// The kernels of Cpu. They take most of the time that it takes to compile a model, and are the
/// same in all of our own libraries, programs and tests: what includes this file leaves them to
/// kernels_float.cpp and kernels_double.cpp.

#define NOP_TRANSFORMS(Extern, Dim, Element)                                                \
  Extern template void to_modes<Dim, Element>(const FourierTransform<Dim>&, const Element*, \
                                              complex_of<Element>*);                        \
  Extern template void from_modes<Dim, Element>(const FourierTransform<Dim>&,               \
                                                const complex_of<Element>*, Element*);

#define NOP_LINEAR_KERNELS(Extern, Element)                                                        \
  Extern template void multiply<Element>(const ProductSize&, const Matrices<const Element>&,       \
                                         const Matrices<const Element>&, const Matrices<Element>&, \
                                         Update);                                                  \
  NOP_TRANSFORMS(Extern, 1, Element)                                                               \
  NOP_TRANSFORMS(Extern, 2, Element)                                                               \
  NOP_TRANSFORMS(Extern, 3, Element)                                                               \
  NOP_TRANSFORMS(Extern, 4, Element)

#define NOP_CONVOLUTIONS(Extern, Dim, Real)                                                       \
  Extern template void convolve<Dim, Real>(const ConvolutionSize<Dim>&, const Real*, const Real*, \
                                           const Real*, Real*);                                   \
  Extern template void pull_convolve<Dim, Real>(const ConvolutionSize<Dim>&, const Real*,         \
                                                const Real*, const Real*, Real*, Real*);

#define NOP_KERNELS(Extern, Real)                                                                  \
  NOP_LINEAR_KERNELS(Extern, Real)                                                                 \
  NOP_LINEAR_KERNELS(Extern, std::complex<Real>)                                                   \
  Extern template void mix<Real>(const Shape<3>&, const Real*, std::span<const Mixing<Real>>,      \
                                 Real*);                                                           \
  Extern template void pull_mix<Real>(const Shape<3>&, const Real*, std::span<const Mixing<Real>>, \
                                      const Real*, Real*, std::span<const MixingGradient<Real>>);  \
  NOP_CONVOLUTIONS(Extern, 1, Real)                                                                \
  NOP_CONVOLUTIONS(Extern, 2, Real)                                                                \
  NOP_CONVOLUTIONS(Extern, 3, Real)                                                                \
  Extern template void normalize<Real>(const Shape<3>&, const Real*, const Normalization<Real>&,   \
                                       Real*);                                                     \
  Extern template void pull_normalize<Real>(const Shape<3>&, const Real*,                          \
                                            const Normalization<Real>&, const Real*, Real*,        \
                                            const NormalizationGradient<Real>&);                   \
  Extern template void mix_time<Real>(const Shape<4>&, const Real*, const TimeMixing<Real>&,       \
                                      Real*);                                                      \
  Extern template void pull_mix_time<Real>(const Shape<4>&, const Real*, const TimeMixing<Real>&,  \
                                           const Real*, Real*, std::complex<Real>*);

namespace nop::cpu {

NOP_KERNELS(extern, float)
NOP_KERNELS(extern, double)

}  // namespace nop::cpu
