// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/memory.cuh>
#include <nop/core/mixing.hpp>
#include <nop/core/shape.hpp>

#include <cstddef>
#include <limits>
#include <list>
#include <span>
#include <utility>
#include <vector>

/// \file
/// Chains of channel mixings on the device, of operands that are the host's.

namespace nop::test {

/// Brings arrays to the device and back. They begin `shift` elements behind where memory does.
template <class Real>
class OnDevice {
 public:
  explicit OnDevice(std::size_t shift) : shift_(shift) {}

  const Real* given(const Real* values, std::size_t count) {
    if (values == nullptr) return nullptr;
    Real* const there = room(count);
    cuda::copy_from_host(values, there, count);
    return there;
  }
  /// Memory that holds NaN, and goes to `values` in the end.
  Real* wanted(Real* values, std::size_t count) {
    if (values == nullptr) return nullptr;
    const std::vector<Real> nothing(count, std::numeric_limits<Real>::quiet_NaN());
    Real* const there = room(count);
    cuda::copy_from_host(nothing.data(), there, count);
    results_.push_back({values, there, count});
    return there;
  }
  void bring_back() const {
    for (const auto& r : results_) cuda::copy_to_host(r.there, r.here, r.count);
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
    Real *here, *there;
    std::size_t count;
  };

  Real* room(std::size_t count) { return memory_.emplace_back(count + shift_).data() + shift_; }

  std::size_t shift_;
  std::list<cuda::Scratch<Real>> memory_;
  std::vector<Result> results_;
};

/// `mix(box, x, links, y)` by a function that wants all of it on the device.
template <class Mix>
auto mix_on_device(const Mix& mix, std::size_t shift = 0) {
  return [&mix, shift]<class Real>(const Shape<3>& box, const Real* x,
                                   std::span<const Mixing<Real>> links, Real* y) {
    OnDevice<Real> device(shift);
    const auto there = device.links(box, links);
    const auto* in   = device.given(x, element_count(box));
    auto* const out  = device.wanted(y, box[0] * links.back().channels * box[2]);
    mix(box, in, std::span<const Mixing<Real>>(there), out);
    device.bring_back();
  };
}

/// The same for `pull(box, x, links, dy, dx, gradients)`.
template <class Pull>
auto pull_on_device(const Pull& pull, std::size_t shift = 0) {
  return [&pull, shift]<class Real>(const Shape<3>& box, const Real* x,
                                    std::span<const Mixing<Real>> links, const Real* dy, Real* dx,
                                    std::span<const MixingGradient<Real>> gradients) {
    OnDevice<Real> device(shift);
    const auto there   = device.links(box, links);
    const auto* in     = device.given(x, element_count(box));
    const auto* slope  = device.given(dy, box[0] * links.back().channels * box[2]);
    auto* const result = device.wanted(dx, element_count(box));
    std::vector<MixingGradient<Real>> places;
    std::size_t before = box[1];
    for (std::size_t l = 0; l < links.size(); ++l) {
      const std::size_t channels = std::exchange(before, links[l].channels);
      const auto& g              = gradients[l];
      places.push_back({device.wanted(g.weight, channels * before), device.wanted(g.bias, before),
                        device.wanted(g.residual, box[0] * before * box[2]),
                        device.wanted(g.gate, before)});
    }
    pull(box, in, std::span<const Mixing<Real>>(there), slope, result,
         std::span<const MixingGradient<Real>>(places));
    device.bring_back();
  };
}

}  // namespace nop::test
