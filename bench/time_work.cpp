// SPDX-License-Identifier: BSD-3-Clause
#include <nop/ops/modes.hpp>

#include "layer_work.hpp"

namespace bench {

/// A field [batch, time, channel x points], to its modes in time and back.
Work make_time_transform(const Case& c, Pass pass, const Variant& variant) {
  const std::size_t steps = c.grid.front();
  std::size_t inner       = c.channels;
  for (std::size_t axis = 1; axis < c.grid.size(); ++axis) inner *= c.grid[axis];
  return with_real(variant.element, [&](auto real) {
    nop::Rng rng{1};
    auto x          = random_field<decltype(real)>(rng, c.batch, steps, nop::Shape<1>{inner});
    const auto pair = [steps, modes = c.modes.front(), engine = variant.engine](const auto& u) {
      return nop::from_modes_from_axis<1>(
          nop::to_modes_from_axis<1>(u, nop::Shape<1>{modes}, engine), nop::Shape<1>{steps},
          engine);
    };
    return layer_work(pair, std::move(x), pass);
  });
}

}  // namespace bench
