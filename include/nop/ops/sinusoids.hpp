// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/shape.hpp>
#include <nop/ops/map.hpp>

#include <cmath>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace nop {

namespace detail {

struct SineOfProduct {
  constexpr auto operator()(auto x, auto frequency) const {
    using std::sin;
    return sin(x * frequency);
  }
};
struct CosineOfProduct {
  constexpr auto operator()(auto x, auto frequency) const {
    using std::cos;
    return cos(x * frequency);
  }
};
/// frequency (g cos - h sin), for gradients g of the sine and h of the cosine
struct SinusoidsPullback {
  constexpr auto operator()(auto g, auto h, auto sine, auto cosine, auto frequency) const {
    return (g * cosine - h * sine) * frequency;
  }
};

struct Sinusoids {
  /// Each channel c as L pairs of waves of it, [batch, channel, grid...] to [batch, 2 L channel,
  /// grid...]:
  ///
  ///     y_{2 L c + 2 k} = sin(w_k x_c),   y_{2 L c + 2 k + 1} = cos(w_k x_c)
  ///
  /// for the L frequencies w, which have no gradient. Throws PreconditionError if there are none.
  template <field X>
    requires(real<element_of<X>> && rank_of<X> >= 2)
  auto operator()(const X& x, const Tensor<element_of<X>, 1, backend_of<X>>& frequencies) const {
    expects(frequencies.size() > 0, "sinusoids: expected at least one frequency, got none");
    return evaluate([&](const auto& value) { return rule(value, frequencies); }, x);
  }

 private:
  template <class Field, class Frequencies>
  static auto rule(const Field& x, const Frequencies& frequencies) {
    using Backend            = typename Field::Backend;
    const std::size_t points = element_count(x.shape(), 2), count = frequencies.size();
    const Shape<3> box = {x.extent(0) * x.extent(1), count, points};
    auto y             = Field::uninitialized(with_channels(x.shape(), 2 * count * x.extent(1)));
    // Sines and cosines take turns, so that either are every second row.
    const auto every_second = [=](auto* data) {
      return Operand<std::remove_pointer_t<decltype(data)>>{data,
                                                            {2 * count * points, 2 * points, 1}};
    };
    const auto each = [=](auto* data) {
      return Operand<std::remove_pointer_t<decltype(data)>>{data, {points, 0, 1}};
    };
    Backend::map(SineOfProduct{}, box, every_second(y.mutable_data()), each(x.data()),
                 per_middle(frequencies.data()));
    Backend::map(CosineOfProduct{}, box, every_second(y.mutable_data() + points), each(x.data()),
                 per_middle(frequencies.data()));
    return with_pullbacks(
        y, [y, frequencies, box, every_second, each, shape = x.shape()](const auto& g) {
          auto gx                  = Field::uninitialized(shape);
          const std::size_t second = box[2];
          Backend::sum(SinusoidsPullback{}, box, each(gx.mutable_data()), every_second(g.data()),
                       every_second(g.data() + second), every_second(y.data()),
                       every_second(y.data() + second), per_middle(frequencies.data()));
          return gx;
        });
  }
};

}  // namespace detail

inline constexpr detail::Sinusoids sinusoids;

}  // namespace nop
