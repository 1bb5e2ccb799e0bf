// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/mix_product.cuh>
#include <nop/backend/cuda/mix_tile.cuh>
#include <nop/core/activation.hpp>
#include <nop/core/mixing.hpp>
#include <nop/core/scalar.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

/// \file
/// A chain's links as kernels take them: in groups that one kernel goes through.

namespace nop::cuda::detail {

/// So many links fit into a kernel's parameters, and a single activation beside the identity.
inline constexpr std::size_t most_links = 4;

/// With more channels than these, cuBLAS multiplies.
inline constexpr std::size_t most_mix_channels = 256;

/// A link as kernels take it.
template <real Real>
struct MixLink {
  MixMatrix<Real> weight;
  const Real *bias, *residual, *gate;
  bool is_linear;

  /// What W u is added to, b + r + g x; x is a field of as many channels as the link has, if gated.
  template <unsigned Rows>
  __device__ void begin(const MixTile<Real>& tile, const Real* x, unsigned c,
                        Four<Real> (&sums)[Rows]) const {  // NOLINT(*-avoid-c-arrays): registers
    if (residual != nullptr)
      tile.read(residual, weight.rows, c, 1, sums);
    else
      clear(sums);
    if (gate != nullptr) {
      Four<Real> input[Rows];  // NOLINT(*-avoid-c-arrays): registers
      tile.read(x, weight.rows, c, 1, input);
#pragma unroll
      for (unsigned r = 0; r < Rows; ++r) {
        const Real factor = c + r < weight.rows ? gate[c + r] : Real(0);
#pragma unroll
        for (unsigned i = 0; i < 4; ++i) sums[r].at[i] += factor * input[r].at[i];
      }
    }
    if (bias != nullptr)
#pragma unroll
      for (unsigned r = 0; r < Rows; ++r) {
        const Real b = c + r < weight.rows ? bias[c + r] : Real(0);
#pragma unroll
        for (unsigned i = 0; i < 4; ++i) sums[r].at[i] += b;
      }
  }

  /// sigma, or nothing.
  template <class Function, unsigned Rows>
  __device__ void apply(Four<Real> (&a)[Rows]) const {  // NOLINT(*-avoid-c-arrays): registers
    if (is_linear) return;
#pragma unroll
    for (unsigned r = 0; r < Rows; ++r)
#pragma unroll
      for (unsigned i = 0; i < 4; ++i) a[r].at[i] = Function::at(a[r].at[i]).value;
  }

  /// sigma(a) in place of a, and sigma'(a).
  template <class Function, unsigned Rows>
  __device__ void differentiate(Four<Real> (&a)[Rows],               // NOLINT(*-avoid-c-arrays)
                                Four<Real> (&slopes)[Rows]) const {  // NOLINT(*-avoid-c-arrays)
#pragma unroll
    for (unsigned r = 0; r < Rows; ++r)
#pragma unroll
      for (unsigned i = 0; i < 4; ++i) {
        const ValueAndSlope<Real> at =
            is_linear ? functions::Identity::at(a[r].at[i]) : Function::at(a[r].at[i]);
        a[r].at[i]      = at.value;
        slopes[r].at[i] = at.slope;
      }
  }
};

template <real Real>
MixLink<Real> mix_link(const Mixing<Real>& link, std::size_t channels) {
  const auto in = static_cast<unsigned>(channels), out = static_cast<unsigned>(link.channels);
  return {{link.weight, out, in, in, 1},
          link.bias,
          link.residual,
          link.gate,
          link.activation == Activation::identity};
}

/// The links from `first` up to, not including, `last`, after one of that many channels.
struct MixGroup {
  std::size_t first, last, channels;
  bool is_wide          = false;  ///< a single link that does not fit into shared memory
  Activation activation = Activation::identity;  ///< of those that are not linear
};

/// As few groups as there can be of which `fits(channels, links)` says yes, and wide ones.
template <real Real, class Fits>
std::vector<MixGroup> mix_groups(std::size_t channels, std::span<const Mixing<Real>> links,
                                 const Fits& fits) {
  std::vector<MixGroup> groups;
  for (std::size_t l = 0; l < links.size(); ++l) {
    const auto& link = links[l];
    const auto is = [&](Activation a) { return a == Activation::identity || a == link.activation; };
    const bool wide = std::max(channels, link.channels) > most_mix_channels ||
                      !fits(channels, links.subspan(l, 1));
    const bool joins = !wide && !groups.empty() && !groups.back().is_wide &&
                       l - groups.back().first < most_links &&
                       (link.activation == Activation::identity || is(groups.back().activation)) &&
                       fits(groups.back().channels,
                            links.subspan(groups.back().first, l + 1 - groups.back().first));
    if (!joins) groups.push_back({l, l, channels, wide});
    groups.back().last = l + 1;
    if (link.activation != Activation::identity) groups.back().activation = link.activation;
    channels = link.channels;
  }
  return groups;
}

/// What the pullback of a group reads and writes beside the links' operands.
template <real Real>
struct PulledFields {
  const Real* u;      ///< what goes into the group
  const Real* gated;  ///< x, what went into the chain
  const Real* dy;
  Real* du;       ///< wanted unless null
  Real* past;     ///< what x gets by way of the gates of later groups; null: not wanted
  bool has_past;  ///< is something there already?
  bool is_first;  ///< is u = x? Then du gets all that came past as well.
};

/// Do all fields of a group lie in fours?
template <real Real, class... Pointer>
bool lie_in_fours(std::size_t points, std::span<const Mixing<Real>> links,
                  const Pointer*... fields) {
  return lie_in_fours(points, fields...) && std::ranges::all_of(links, [&](const auto& link) {
           return lie_in_fours(points, link.residual);
         });
}

}  // namespace nop::cuda::detail
