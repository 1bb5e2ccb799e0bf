// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/functors.hpp>
#include <nop/core/rng.hpp>
#include <nop/ops/map.hpp>

#include <cstddef>
#include <type_traits>

namespace nop {

namespace detail {

/// 0 with a probability, else what makes up for it.
template <real Real>
struct DropoutMask {
  RandomStream random;
  double probability;
  constexpr Real operator()(std::size_t i) const {
    return random.uniform(i) < probability ? Real(0) : static_cast<Real>(1 / (1 - probability));
  }
};

struct Dropout {
  /// Sets each element to zero with this probability and divides the others by 1 - probability, so
  /// that the mean stays (Srivastava et al. 2014). Which ones is drawn from `rng`. Throws
  /// PreconditionError unless 0 <= probability < 1.
  template <field X>
    requires real<element_of<X>>
  auto operator()(const X& x, double probability, Rng& rng) const {
    expects(probability >= 0 && probability < 1, "dropout: expected a probability in [0, 1), got ",
            probability);
    return evaluate([random = rng.stream(),
                     probability](const auto& value) { return rule(value, random, probability); },
                    x);
  }

 private:
  template <class Field>
  static auto rule(const Field& x, const RandomStream& random, double probability) {
    auto mask = Field::uninitialized(x.shape());
    Field::Backend::generate(DropoutMask<typename Field::Element>{random, probability},
                             mask.mutable_data(), mask.size());
    const auto times = [mask](const auto& v) { return mapped(Times{}, v, mask); };
    return with_pullbacks(times(x), times);
  }
};

}  // namespace detail

inline constexpr detail::Dropout dropout;

}  // namespace nop
