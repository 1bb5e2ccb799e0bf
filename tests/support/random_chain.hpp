// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/mixing.hpp>
#include <nop/core/shape.hpp>

#include "random_field.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <list>
#include <span>
#include <utility>
#include <vector>

namespace nop::test {

/// What a link of a random chain has.
struct LinkOptions {
  std::size_t channels;
  bool bias = true, residual = false, gate = false;
  Activation activation = Activation::gelu;
};

/// A chain with random operands, and memory for all their gradients.
template <class Real>
class RandomChain {
 public:
  RandomChain(const Shape<3>& box, const std::vector<LinkOptions>& options)
      : box_(box), x_(values(element_count(box))) {
    std::size_t before = box[1];
    for (const auto& o : options) {
      const std::size_t field = box[0] * o.channels * box[2];
      const auto scaled       = [&](std::vector<Real> w) {
        for (auto& v : w) v /= std::sqrt(static_cast<Real>(before));
        return w;
      };
      links_.push_back({o.channels, keep(scaled(values(o.channels * before))),
                        o.bias ? keep(values(o.channels)) : nullptr,
                        o.residual ? keep(values(field)) : nullptr,
                        o.gate ? keep(values(o.channels)) : nullptr, o.activation});
      sizes_.push_back({o.channels * before, o.bias ? o.channels : 0, o.residual ? field : 0,
                        o.gate ? o.channels : 0});
      before = o.channels;
    }
    result_ = box[0] * before * box[2];
    dy_     = values(result_);
  }

  /// The result of `mix(box, x, links, y)`.
  template <class Mix>
  std::vector<Real> result(const Mix& mix) const {
    std::vector<Real> y(result_, Real(77));
    mix(box_, x_.data(), std::span<const Mixing<Real>>(links_), y.data());
    return y;
  }

  /// All gradients, one after the other, of which `wanted(number)` says which; that by x is the
  /// first.
  template <class Pull, class Wanted>
  std::vector<Real> gradients(const Pull& pull, const Wanted& wanted) const {
    std::size_t number = 0;
    std::list<std::vector<Real>> memory;
    const auto place = [&](std::size_t size) -> Real* {
      if (!wanted(number++) || size == 0) return nullptr;
      return memory.emplace_back(size, Real(77)).data();
    };
    Real* const dx = place(x_.size());
    std::vector<MixingGradient<Real>> places;
    for (const auto& size : sizes_) {
      Real* const weight   = place(size[0]);
      Real* const bias     = place(size[1]);
      Real* const residual = place(size[2]);
      places.push_back({weight, bias, residual, place(size[3])});
    }
    pull(box_, x_.data(), std::span<const Mixing<Real>>(links_), dy_.data(), dx,
         std::span<const MixingGradient<Real>>(places));
    std::vector<Real> all;
    for (const auto& one : memory) all.insert(all.end(), one.begin(), one.end());
    return all;
  }

 private:
  std::vector<Real> values(std::size_t count) {
    const auto wide = random_values<double>(count, ++seed_);
    return {wide.begin(), wide.end()};
  }
  const Real* keep(std::vector<Real> values) {
    return memory_.emplace_back(std::move(values)).data();
  }

  Shape<3> box_;
  std::uint64_t seed_ = 0;
  std::list<std::vector<Real>> memory_;
  std::vector<Real> x_, dy_;
  std::vector<Mixing<Real>> links_;
  std::vector<std::array<std::size_t, 4>> sizes_;
  std::size_t result_ = 0;
};

}  // namespace nop::test
