// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/functors.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/tensor.hpp>

#include <cstddef>
#include <limits>
#include <span>
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
    expects(x.extent(0) == 0 || times <= std::numeric_limits<std::size_t>::max() / x.extent(0),
            "repeat_samples: expected a result that fits into memory, got ", times, " times");
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

/// The samples of these numbers, in their order, [samples, ...]; neighbours are copied together,
/// and all in their order not at all. Throws PreconditionError if there is no such sample.
template <scalar Element, std::size_t Rank, class Backend>
  requires(Rank >= 1)
Tensor<Element, Rank, Backend> gathered_samples(const Tensor<Element, Rank, Backend>& x,
                                                std::span<const std::size_t> samples) {
  for (const std::size_t sample : samples)
    expects(sample < x.extent(0), "gathered_samples: expected numbers below ", x.extent(0),
            ", got ", sample);
  const auto run_length = [&](std::size_t first) {
    std::size_t count = 1;
    while (first + count < samples.size() && samples[first + count] == samples[first] + count)
      ++count;
    return count;
  };
  if (samples.size() == x.extent(0) && (samples.empty() || run_length(0) == samples.size()))
    return x;
  const std::size_t length = element_count(x.shape(), 1);
  auto shape               = x.shape();
  shape[0]                 = samples.size();
  auto result              = Tensor<Element, Rank, Backend>::uninitialized(shape);
  if (result.size() == 0) return result;
  Element* const out = result.mutable_data();
  for (std::size_t row = 0, count = 0; row < samples.size(); row += count) {
    count = run_length(row);
    Backend::copy(x.data() + samples[row] * length, out + row * length, count * length);
  }
  return result;
}

}  // namespace nop
