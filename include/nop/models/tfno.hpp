// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/layers/spectral_weight/form.hpp>
#include <nop/models/fno.hpp>

#include <cstddef>

namespace nop {

/// A tensorised Fourier neural operator: an Fno whose spectral weights are Tucker decompositions.
/// This is its Config, that of an Fno with about `rank` times as many spectral parameters.
///
///     const nop::Fno<2> model(nop::tensorised<2>({..., .modes = {16, 16}}), rng);
///
/// Kossaifi, Kovachki, Azizzadenesheli, Anandkumar, "Multi-grid tensorized Fourier neural operator
/// for high-resolution PDEs", TMLR 2024.
template <std::size_t Dim, class Model = Fno<Dim>>
typename Model::Config tensorised(typename Model::Config config, double rank = 0.1) {
  config.weight.kind = SpectralWeightKind::tucker;
  config.weight.rank = rank;
  return config;
}

}  // namespace nop
