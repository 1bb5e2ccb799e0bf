// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/core/shape.hpp>
#include <nop/ops/axes.hpp>
#include <nop/ops/samples.hpp>

#include <cstddef>

namespace nop {

/// Embedded times [times, numbers] as a layer is told them: one for each sample of its batch, or
/// the same ones for each of so many samples.
template <field Embedding>
struct EmbeddedTimes {
  Embedding embedding;
  std::size_t samples = 1;  ///< that meet all of the times, one after the other

  /// What a map makes of them, once for each time, and then for each sample: [samples x times,
  /// numbers].
  template <class Map>
  auto through(const Map& map) const {
    const auto numbers      = map(embedding);
    const std::size_t times = numbers.extent(0), each = numbers.extent(1);
    return reshape(repeat_samples(reshape(numbers, Shape<2>{1, times * each}), samples),
                   Shape<2>{samples * times, each});
  }
};

}  // namespace nop
