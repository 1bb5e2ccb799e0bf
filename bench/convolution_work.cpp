// SPDX-License-Identifier: BSD-3-Clause
#include <nop/layers/spectral_conv.hpp>

#include "layer_work.hpp"

#include <complex>

namespace bench {

namespace {

template <class Number, std::size_t Dim>
Work convolution(const Case& c, Pass pass, nop::FourierEngine engine) {
  nop::Rng rng{1};
  nop::SpectralConv<Dim, nop::Cpu, Number> layer({.in_channels  = c.channels,
                                                  .out_channels = c.channels,
                                                  .modes        = shape_of<Dim>(c.modes),
                                                  .engine       = engine},
                                                 rng);
  auto x = random_field<Number>(rng, c.batch, c.channels, shape_of<Dim>(c.grid));
  return layer_work(std::move(layer), std::move(x), pass);
}

}  // namespace

Work make_convolution(const Case& c, Pass pass, const Variant& variant) {
  return with_dimensions(c.grid.size(), [&](auto dim) {
    return with_real(variant.element, [&](auto real) {
      using Real = decltype(real);
      return is_complex(variant.element)
                 ? convolution<std::complex<Real>, dim()>(c, pass, variant.engine)
                 : convolution<Real, dim()>(c, pass, variant.engine);
    });
  });
}

}  // namespace bench
