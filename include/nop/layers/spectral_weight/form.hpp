// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <vector>

namespace nop {

/// What the weights of a spectral convolution, a tensor R[in, out, modes...], are made of.
enum class SpectralWeightKind {
  dense,        ///< every entry by itself
  tucker,       ///< R = G x_1 U_1 x_2 U_2 ..., a core and a matrix per axis (Tucker 1966)
  cp,           ///< R = sum_r l_r u_1r o u_2r o ..., a sum of products (Hitchcock 1927)
  tensor_train  ///< R[i, j, ...] = G_1[i] G_2[j] ..., a chain of matrices (Oseledets 2011)
};
constexpr auto enumerator_names(SpectralWeightKind) {
  return std::to_array<const char*>({"dense", "tucker", "cp", "tensor_train"});
}

/// Do channels mix in a spectral convolution?
enum class ChannelMixing {
  full,      ///< every output is a sum over all inputs: R[in, out, modes...]
  separable  ///< every channel has weights of its own: R[channel, modes...]
};
constexpr auto enumerator_names(ChannelMixing) {
  return std::to_array<const char*>({"full", "separable"});
}

/// The forms of spectral weights that a model is compiled for. A program has to be compiled for no
/// more than it uses.
enum class WeightForms {
  dense,  ///< SpectralWeightKind::dense
  all     ///< and those made of factors
};

/// How a spectrum is multiplied by weights that are made of factors. All ways give the same result
/// up to rounding.
enum class Contraction {
  automatic,   ///< whichever takes fewer multiplications
  factorised,  ///< by one factor after the other
  rebuilt      ///< by the tensor put together again
};
constexpr auto enumerator_names(Contraction) {
  return std::to_array<const char*>({"automatic", "factorised", "rebuilt"});
}

/// The form of the weights of a spectral convolution.
///
///     nop::Tfno<2>::Config{..., .weight = {.kind = nop::SpectralWeightKind::tucker, .rank = 0.1}}
///
/// No entry of a factor is conjugated anywhere. Kossaifi, Kovachki, Azizzadenesheli, Anandkumar,
/// "Multi-grid tensorized Fourier neural operator for high-resolution PDEs", TMLR 2024.
struct SpectralWeightForm {
  SpectralWeightKind kind = SpectralWeightKind::dense;
  ChannelMixing mixing    = ChannelMixing::full;
  /// About how many parameters there are, as a fraction of those of a dense tensor.
  double rank = 1;
  /// The ranks themselves, in place of those that follow from `rank`: for tucker one per axis
  /// [in, out, modes...] ([channel, modes...] if separable), for cp one, for tensor_train those
  /// between neighbouring axes.
  std::vector<std::size_t> ranks = {};
  Contraction contraction        = Contraction::automatic;

  template <class Self>
  static void fields(Self& self, auto&& visit) {
    visit("kind", self.kind);
    visit("mixing", self.mixing);
    visit("rank", self.rank);
    visit("ranks", self.ranks);
    visit("contraction", self.contraction);
  }
};

}  // namespace nop
