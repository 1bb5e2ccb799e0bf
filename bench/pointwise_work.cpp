// SPDX-License-Identifier: BSD-3-Clause
#include <nop/layers/channel_linear.hpp>
#include <nop/layers/channel_mlp.hpp>
#include <nop/ops/activation.hpp>

#include "layer_work.hpp"

namespace bench {

Work make_pointwise(const Case& c, Pass pass, const Variant& variant) {
  std::size_t points = 1;
  for (const std::size_t extent : c.grid) points *= extent;
  return with_real(variant.element, [&](auto real) {
    using Real = decltype(real);
    nop::Rng rng{1};
    auto x = random_field<Real>(rng, c.batch, c.channels, nop::Shape<1>{points});
    if (c.kind == Kind::mix)
      return layer_work(nop::ChannelLinear<Backend, Real>(
                            {.in_channels = c.channels, .out_channels = c.channels}, rng),
                        std::move(x), pass);
    if (c.kind == Kind::mlp)
      return layer_work(nop::ChannelMlp<Backend, Real>({.in_channels     = c.channels,
                                                        .hidden_channels = c.channels / 2,
                                                        .out_channels    = c.channels},
                                                       rng),
                        std::move(x), pass);
    return layer_work(nop::gelu, std::move(x), pass);
  });
}

}  // namespace bench
