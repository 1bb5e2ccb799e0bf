// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/convolution_size.hpp>
#include <nop/core/shape.hpp>

#include <algorithm>
#include <cstddef>

namespace nop::test {

/// Calls `use(index of y, index of weight, index of x)` for every product of a convolution whose
/// tap lies inside of the grid.
template <std::size_t Dim, class Use>
void for_each_product(const ConvolutionSize<Dim>& size, const Use& use) {
  const auto left          = size.left();
  const std::size_t points = size.points();
  const auto index_of      = [](std::size_t i, const Shape<Dim>& shape) {
    Shape<Dim> index;
    for (std::size_t a = Dim; a-- > 0; i /= shape[a]) index[a] = i % shape[a];
    return index;
  };
  for (std::size_t p = 0; p < points; ++p)
    for (std::size_t t = 0; t < size.taps(); ++t) {
      const auto at = index_of(p, size.grid), tap = index_of(t, size.kernel);
      std::size_t from = 0;
      bool inside      = true;
      for (std::size_t a = 0; a < Dim; ++a) {
        const std::size_t place = at[a] + tap[a];
        inside                  = inside && place >= left[a] && place - left[a] < size.grid[a];
        from                    = from * size.grid[a] + place - left[a];
      }
      if (!inside) continue;
      for (std::size_t b = 0; b < size.batch; ++b)
        for (std::size_t o = 0; o < size.out; ++o)
          for (std::size_t i = 0; i < size.in; ++i)
            use((b * size.out + o) * points + p, (t * size.out + o) * size.in + i,
                (b * size.in + i) * points + from);
    }
}

/// The convolution of core/convolution_size.hpp, term by term.
template <std::size_t Dim, class Real>
void naive_convolve(const ConvolutionSize<Dim>& size, const Real* x, const Real* weight,
                    const Real* bias, Real* y) {
  for (std::size_t i = 0; i < size.batch * size.out * size.points(); ++i)
    y[i] = bias != nullptr ? bias[i / size.points() % size.out] : Real(0);
  for_each_product(size, [&](std::size_t to, std::size_t by, std::size_t from) {
    y[to] += weight[by] * x[from];
  });
}

/// Its gradients, where they have a place.
template <std::size_t Dim, class Real>
void naive_pull_convolve(const ConvolutionSize<Dim>& size, const Real* x, const Real* weight,
                         const Real* dy, Real* dx, Real* dweight) {
  if (dx != nullptr) std::fill_n(dx, size.batch * size.in * size.points(), Real(0));
  if (dweight != nullptr) std::fill_n(dweight, size.taps() * size.in * size.out, Real(0));
  for_each_product(size, [&](std::size_t to, std::size_t by, std::size_t from) {
    if (dx != nullptr) dx[from] += weight[by] * dy[to];
    if (dweight != nullptr) dweight[by] += dy[to] * x[from];
  });
}

}  // namespace nop::test
