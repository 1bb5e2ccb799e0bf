// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/mixing.hpp>
#include <nop/core/shape.hpp>

#include "backend_array.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <list>
#include <span>
#include <utility>
#include <vector>

/// \file
/// Chains of channel mixings in the memory of a backend, of operands that are the host's.

namespace nop::test {

/// Brings arrays to the memory of a backend and back. They begin `shift` elements behind where that
/// does.
template <class Backend, class Real>
class ChainMemory {
 public:
  explicit ChainMemory(std::size_t shift) : shift_(shift) {}

  const Real* given(const Real* values, std::size_t count) {
    if (values == nullptr) return nullptr;
    std::vector<Real> moved(shift_ + count);
    std::copy_n(values, count, moved.data() + shift_);
    return memory_.emplace_back(moved).data() + shift_;
  }
  /// Memory that holds NaN, and goes to `values` in the end.
  Real* wanted(Real* values, std::size_t count) {
    if (values == nullptr) return nullptr;
    auto& there = memory_.emplace_back(shift_ + count, std::numeric_limits<Real>::quiet_NaN());
    results_.push_back({values, &there, count});
    return there.data() + shift_;
  }
  void bring_back() const {
    for (const auto& r : results_) std::copy_n(r.there->values().data() + shift_, r.count, r.here);
  }

  std::vector<Mixing<Real>> links(const Shape<3>& box, std::span<const Mixing<Real>> host) {
    std::vector<Mixing<Real>> links(host.begin(), host.end());
    std::size_t before = box[1];
    for (auto& l : links) {
      l.weight   = given(l.weight, l.channels * before);
      l.bias     = given(l.bias, l.channels);
      l.residual = given(l.residual, box[0] * l.channels * box[2]);
      l.gate     = given(l.gate, l.channels);
      before     = l.channels;
    }
    return links;
  }

 private:
  struct Result {
    Real* here;
    const BackendArray<Backend, Real>* there;
    std::size_t count;
  };

  std::size_t shift_;
  std::list<BackendArray<Backend, Real>> memory_;
  std::vector<Result> results_;
};

/// `mix(box, x, links, y)` by a backend.
template <class Backend>
auto mix_by(std::size_t shift = 0) {
  return [shift]<class Real>(const Shape<3>& box, const Real* x,
                             std::span<const Mixing<Real>> links, Real* y) {
    ChainMemory<Backend, Real> memory(shift);
    const auto there = memory.links(box, links);
    const auto* in   = memory.given(x, element_count(box));
    auto* const out  = memory.wanted(y, box[0] * links.back().channels * box[2]);
    Backend::mix(box, in, std::span<const Mixing<Real>>(there), out);
    memory.bring_back();
  };
}

/// The same for `pull_mix(box, x, links, dy, dx, gradients)`.
template <class Backend>
auto pull_mix_by(std::size_t shift = 0) {
  return [shift]<class Real>(const Shape<3>& box, const Real* x,
                             std::span<const Mixing<Real>> links, const Real* dy, Real* dx,
                             std::span<const MixingGradient<Real>> gradients) {
    ChainMemory<Backend, Real> memory(shift);
    const auto there   = memory.links(box, links);
    const auto* in     = memory.given(x, element_count(box));
    const auto* slope  = memory.given(dy, box[0] * links.back().channels * box[2]);
    auto* const result = memory.wanted(dx, element_count(box));
    std::vector<MixingGradient<Real>> places;
    std::size_t before = box[1];
    for (std::size_t l = 0; l < links.size(); ++l) {
      const std::size_t channels = std::exchange(before, links[l].channels);
      const auto& g              = gradients[l];
      places.push_back({memory.wanted(g.weight, channels * before), memory.wanted(g.bias, before),
                        memory.wanted(g.residual, box[0] * before * box[2]),
                        memory.wanted(g.gate, before)});
    }
    Backend::pull_mix(box, in, std::span<const Mixing<Real>>(there), slope, result,
                      std::span<const MixingGradient<Real>>(places));
    memory.bring_back();
  };
}

}  // namespace nop::test
