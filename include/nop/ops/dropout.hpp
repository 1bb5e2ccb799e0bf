// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/rng.hpp>
#include <nop/ops/map.hpp>

#include <cstddef>
#include <type_traits>

namespace nop {

namespace detail {

struct Dropout {
  /// Sets each element to zero with this probability and divides the others by 1 - probability, so
  /// that the mean stays (Srivastava et al. 2014). Which ones is drawn from `rng`. Throws
  /// PreconditionError unless 0 <= probability < 1.
  template <field X>
    requires real<element_of<X>>
  auto operator()(const X& x, double probability, Rng& rng) const {
    expects(probability >= 0 && probability < 1, "dropout: expected a probability in [0, 1), got ",
            probability);
    return evaluate(
        [random = rng.stream(), probability](const auto& value) {
          using Field     = std::remove_cvref_t<decltype(value)>;
          using Real      = typename Field::Element;
          auto mask       = Field::uninitialized(value.shape());
          const auto kept = static_cast<Real>(1 / (1 - probability));
          Field::Backend::generate(
              [random, probability, kept](std::size_t i) {
                return random.uniform(i) < probability ? Real(0) : kept;
              },
              mask.mutable_data(), mask.size());
          const auto times = [mask](const auto& v) {
            return mapped([](auto p, auto q) { return p * q; }, v, mask);
          };
          return with_pullbacks(times(value), times);
        },
        x);
  }
};

}  // namespace detail

inline constexpr detail::Dropout dropout;

}  // namespace nop
