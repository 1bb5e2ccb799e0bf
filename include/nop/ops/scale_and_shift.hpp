// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/functors.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/shape.hpp>
#include <nop/ops/map.hpp>

#include <cstddef>
#include <type_traits>

namespace nop {

namespace detail {

/// x (1 + scale) + shift
struct ScaledAndShifted {
  constexpr auto operator()(auto x, auto scale, auto shift) const { return x + x * scale + shift; }
};
/// g (1 + scale)
struct Scaled {
  constexpr auto operator()(auto g, auto scale) const { return g + g * scale; }
};

struct ScaleAndShift {
  /// x (1 + scale) + shift with numbers for each channel of each sample: what a network is told
  /// comes in here, such as a time (Perez et al., AAAI 2018; Dhariwal and Nichol, NeurIPS 2021).
  /// The numbers [batch, 2 channel] are the scales and then the shifts. Throws PreconditionError if
  /// they are not as many.
  template <operand X, operand Numbers>
    requires(real<element_of<X>> && rank_of<X> >= 2 && rank_of<Numbers> == 2)
  auto operator()(const X& x, const Numbers& numbers) const {
    const Shape<2> expected = {x.extent(0), 2 * x.extent(1)};
    expects(numbers.shape() == expected, "scale_and_shift: expected scales and shifts of shape ",
            expected, " for a field of shape ", x.shape(), ", got ", numbers.shape());
    return evaluate(rule, x, numbers);
  }

 private:
  static constexpr auto rule = [](const auto& x, const auto& numbers) {
    using Field        = std::remove_cvref_t<decltype(x)>;
    using Numbers      = std::remove_cvref_t<decltype(numbers)>;
    using Backend      = typename Field::Backend;
    const Shape<3> box = channel_box(x.shape());
    const auto scales  = [box](auto* data) {
      return Operand<std::remove_pointer_t<decltype(data)>>{data, {2 * box[1], 1, 0}};
    };
    auto y = Field::uninitialized(x.shape());
    Backend::map(ScaledAndShifted{}, box, whole(y.mutable_data(), box), whole(x.data(), box),
                 scales(numbers.data()), scales(moved_by(numbers.data(), box[1])));
    return with_pullbacks(
        std::move(y),
        [numbers, box, scales](const auto& g) {
          auto gx = Field::uninitialized(g.shape());
          Backend::map(Scaled{}, box, whole(gx.mutable_data(), box), whole(g.data(), box),
                       scales(numbers.data()));
          return gx;
        },
        [x, box, scales](const auto& g) {
          auto sums      = Numbers::uninitialized({box[0], 2 * box[1]});
          auto* const to = sums.mutable_data();
          Backend::sum(Times{}, box, scales(to), whole(g.data(), box), whole(x.data(), box));
          Backend::sum(Same{}, box, scales(moved_by(to, box[1])), whole(g.data(), box));
          return sums;
        });
  };
};

}  // namespace detail

inline constexpr detail::ScaleAndShift scale_and_shift;

}  // namespace nop
