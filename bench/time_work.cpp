// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/band.hpp>
#include <nop/layers/temporal_conv.hpp>

#include "layer_work.hpp"

namespace bench {

/// A temporal convolution block on a field [batch, steps, channels, points].
Work make_temporal_convolution(const Case& c, Pass pass, const Variant& variant) {
  std::size_t points = 1;
  for (std::size_t axis = 1; axis < c.grid.size(); ++axis) points *= c.grid[axis];
  return with_real(variant.element, [&](auto real) {
    using Real = decltype(real);
    nop::Rng rng{1};
    nop::TemporalConv<Backend, Real> layer(
        {.channels = c.channels, .modes = nop::half_axis(c.modes.front())}, rng);
    auto x = random_field<Real>(rng, c.batch, c.grid.front(), nop::Shape<2>{c.channels, points});
    return layer_work(std::move(layer), std::move(x), pass);
  });
}

}  // namespace bench
