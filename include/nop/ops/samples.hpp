// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/functors.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/shape.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace nop {

namespace detail {

struct RepeatSamples {
  /// Each sample so many times in a row, [batch, ...] to [batch times, ...]. Throws
  /// PreconditionError for none.
  template <field X>
    requires(rank_of<X> >= 1)
  auto operator()(const X& x, std::size_t times) const {
    expects(times > 0, "repeat_samples: expected at least one time, got 0");
    return evaluate([times](const auto& value) { return rule(value, times); }, x);
  }

 private:
  template <class Field>
  static auto rule(const Field& x, std::size_t times) {
    using Backend      = typename Field::Backend;
    const Shape<3> box = {x.extent(0), times, element_count(x.shape(), 1)};
    const auto each    = [box](auto* data) {
      return Operand<std::remove_pointer_t<decltype(data)>>{data, {box[2], 0, 1}};
    };
    auto shape = x.shape();
    shape[0] *= times;
    auto y = x;
    if (times > 1) {
      y = Field::uninitialized(shape);
      Backend::map(Same{}, box, whole(y.mutable_data(), box), each(x.data()));
    }
    return with_pullbacks(std::move(y), [box, each, own = x.shape()](const auto& g) {
      if (box[1] == 1) return g;
      auto gx = Field::uninitialized(own);
      Backend::sum(Same{}, box, each(gx.mutable_data()), whole(g.data(), box));
      return gx;
    });
  }
};

}  // namespace detail

inline constexpr detail::RepeatSamples repeat_samples;

}  // namespace nop
