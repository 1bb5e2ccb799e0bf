// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/layers/spectral_weight/form.hpp>
#include <nop/models/fno.hpp>

#include <cstddef>

namespace nop {

/// Tensorised Fourier neural operator: an Fno whose spectral weights may have any form, among them
/// the Tucker decompositions of the paper.
///
///     const nop::Tfno<2> model(nop::tensorised<2>({..., .modes = {16, 16}}), rng);
///
/// Kossaifi, Kovachki, Azizzadenesheli, Anandkumar, "Multi-grid tensorized Fourier neural operator
/// for high-resolution PDEs", TMLR 2024.
template <std::size_t Dim, backend Backend = Cpu, scalar Element = float>
using Tfno = Fno<Dim, Backend, Element, WeightForms::all>;

/// The Config with Tucker weights, about `rank` times as many numbers as dense ones.
template <std::size_t Dim>
FnoConfig<Dim> tensorised(FnoConfig<Dim> config, double rank = 0.1) {
  config.weight.kind = SpectralWeightKind::tucker;
  config.weight.rank = rank;
  return config;
}

}  // namespace nop
