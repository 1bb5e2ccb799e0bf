// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/band.hpp>
#include <nop/core/convolution_size.hpp>
#include <nop/core/functors.hpp>
#include <nop/core/mixing.hpp>
#include <nop/core/normalization.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/time_mixing.hpp>

#include <complex>
#include <concepts>
#include <cstddef>
#include <span>

namespace nop {

/// The whole list of what a port to a new device supplies: static functions on plain pointers.
/// Everything above works with whatever fulfils it; `docs/backends.md` names the smallest one.
///
/// Pointers are to the backend's own memory, except the host side of the two host copies. Results
/// must not depend on how many threads took part. Functors are stateless or small; their call
/// operators are `constexpr` templates, so that a backend may instantiate them for a scalar, for a
/// SIMD register or in device code.
///
/// memory      `host_accessible`           may the host dereference the backend's pointers?
///             `allocate`, `release`       bytes; throws std::bad_alloc
///             `copy`                      n elements within the backend
///             `copy_from_host`, `copy_to_host`
///             `copy_strided`              a box between two strided arrays (crop, pad, transpose)
/// pointwise   `by_pieces(n, body)`        body(begin, end) for pieces of 0 ... n - 1, maybe at
///                                         once: of a size that what one step writes the next one
///                                         finds in a cache
///             `generate(f, out, n)`       out[i] = f(i)
///             `map(f, box, out, in...)`   out = f(in...) over a box, with broadcasting
///             `sum(f, box, out, in...)`   the same, added up along the axes where out has step 0
/// products    `multiply`                  batches of matrix products, real or complex; a result
///                                         with batch step 0 is the sum over the batch
///             `mix`, `pull_mix`           chains of channel mixings with all that is added to
///                                         them, and their gradients
///             `keeps_sums`                do these two use the places for sums, see Mixing?
///             `convolve`, `pull_convolve` convolutions with a kernel of a few points, and their
///                                         gradients by the field and the weight
///             `normalize`, `pull_normalize` group norms with all that follows them at a point, and
///                                         their gradients
///             `mix_time`, `pull_mix_time` temporal convolution blocks, and their gradients
/// transforms  `to_modes`, `from_modes`    the truncated Fourier transform of core/band.hpp
template <class B>
concept backend =
    requires(const float* in, float* out, const std::complex<float>* spectrum,
             std::complex<float>* spectrum_out, Shape<3> box, ProductSize size,
             std::span<const Mixing<float>> links, std::span<const MixingGradient<float>> gradients,
             FourierTransform<2> transform, ConvolutionSize<2> taps, Normalization<float> norm,
             NormalizationGradient<float> norm_gradient, Shape<4> time_box, TimeMixing<float> time,
             void (&piece)(std::size_t, std::size_t), void* block, std::size_t n) {
      { B::host_accessible } -> std::convertible_to<bool>;
      { B::keeps_sums } -> std::convertible_to<bool>;
      { B::allocate(n) } -> std::same_as<void*>;
      { B::release(block, n) } noexcept;
      B::copy(in, out, n);
      B::copy_from_host(in, out, n);
      B::copy_to_host(in, out, n);
      B::copy_strided(box, in, box, out, box);
      B::by_pieces(n, piece);
      B::generate(Constant<float>{}, out, n);
      B::map(Same{}, box, whole(out, box), whole(in, box));
      B::sum(Same{}, box, single(out), whole(in, box));
      B::multiply(size, Matrices<const float>{in, n, n}, Matrices<const float>{in, n, n},
                  Matrices<float>{out, n, n}, Update::overwrite);
      B::multiply(size, Matrices<const std::complex<float>>{spectrum, n, n},
                  Matrices<const std::complex<float>>{spectrum, n, n},
                  Matrices<std::complex<float>>{spectrum_out, n, n}, Update::add);
      B::mix(box, in, links, out);
      B::pull_mix(box, in, links, in, out, gradients);
      B::convolve(taps, in, in, in, out);
      B::pull_convolve(taps, in, in, in, out, out);
      B::normalize(box, in, norm, out);
      B::pull_normalize(box, in, norm, in, out, norm_gradient);
      B::mix_time(time_box, in, time, out);
      B::pull_mix_time(time_box, in, time, in, out, spectrum_out);
      B::to_modes(transform, in, spectrum_out);
      B::from_modes(transform, spectrum, out);
    };

}  // namespace nop
