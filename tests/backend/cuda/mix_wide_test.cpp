// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/mix_wide.cuh>

#include "support/chain_cases.hpp"
#include "support/cuda.hpp"
#include "support/device_array.hpp"
#include "support/random_chain.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <list>
#include <span>
#include <vector>

namespace nop::test::mix_wide_test {
namespace {

namespace device = nop::cuda::detail;

template <class Real>
std::vector<device::MixGroup> wide_groups(const Shape<3>& box,
                                          std::span<const Mixing<Real>> links) {
  return device::mix_groups(box[1], links, [](auto...) { return false; });
}

/// What goes into each link.
template <class Real>
std::vector<const Real*> inputs(const Shape<3>& box, const Real* x,
                                std::span<const Mixing<Real>> links,
                                std::list<nop::cuda::Scratch<Real>>& memory) {
  std::vector<const Real*> u{x};
  const auto groups = wide_groups(box, links);
  for (std::size_t l = 0; l + 1 < links.size(); ++l) {
    auto& next = memory.emplace_back(box[0] * links[l].channels * box[2]);
    device::mix_wide(box, u[l], x, groups[l], links[l], next.data());
    u.push_back(next.data());
  }
  return u;
}

/// Chains by wide links only.
struct Wide : DeviceMemory {
  template <class Real>
  static void mix(const Shape<3>& box, const Real* x, std::span<const Mixing<Real>> links,
                  Real* y) {
    std::list<nop::cuda::Scratch<Real>> memory;
    const auto u = inputs(box, x, links, memory);
    device::mix_wide(box, u.back(), x, wide_groups(box, links).back(), links.back(), y);
  }

  /// From link to link a gradient goes on, and another goes past them to x.
  template <class Real>
  static void pull_mix(const Shape<3>& box, const Real* x, std::span<const Mixing<Real>> links,
                       const Real* dy, Real* dx, std::span<const MixingGradient<Real>> gradients) {
    std::list<nop::cuda::Scratch<Real>> memory;
    const auto u      = inputs(box, x, links, memory);
    const auto groups = wide_groups(box, links);
    const nop::cuda::Scratch<Real> past(element_count(box));
    bool has_past = false;
    for (std::size_t l = links.size(); l-- > 0;) {
      const bool is_first = l == 0;
      Real* du            = dx;
      if (!is_first) du = memory.emplace_back(box[0] * groups[l].channels * box[2]).data();
      device::pull_mix_wide(
          box, {u[l], x, dy, du, dx == nullptr ? nullptr : past.data(), has_past, is_first},
          groups[l], links[l], gradients[l]);
      has_past = has_past || (dx != nullptr && links[l].gate != nullptr);
      dy       = du;
    }
  }
};

template <class Real>
void check(const Shape<3>& box, const std::vector<LinkOptions>& links) {
  check_chain<Wide, Real>(box, links);
  check_chain_gradients<Wide, Real>(box, links);
}

}  // namespace

TEST_CASE_TEMPLATE("a wide link with everything that can be added to it", Real, float, double) {
  for (const bool bias : {false, true})
    for (const bool residual : {false, true})
      for (const bool gate : {false, true})
        for (const auto activation : {Activation::identity, Activation::gelu, Activation::silu}) {
          check<Real>({2, 5, 37}, {{5, bias, residual, gate, activation}});
          check<Real>({70, 6, 1}, {{6, bias, residual, gate, activation}});
        }
}

TEST_CASE_TEMPLATE("wide links of channels and points of any number", Real, float, double) {
  for (const std::size_t in : {1U, 9U, 70U})
    for (const std::size_t out : {1U, 13U, 130U})
      for (const std::size_t points : {1U, 64U, 259U})
        check<Real>({3, in, points}, {{out, true, true}});
  if (!emulated) check<Real>({4, 300, 1000}, {{512, true, true}});
}

TEST_CASE_TEMPLATE("what a gate of a wide link takes goes past the links before it", Real, float,
                   double) {
  for (const std::size_t points : {1U, 50U}) {
    check<Real>({2, 6, points}, {{9}, {6, true, false, true}});
    check<Real>({2, 6, points}, {{6, true, true, true}, {9}, {6, false, true, true}, {3}});
    check<Real>({2, 6, points}, {{9},
                                 {6, true, false, true, Activation::identity},
                                 {6, true, true, true, Activation::tanh}});
  }
}

TEST_CASE("only those gradients of wide links that are wanted are written, with the same bits") {
  check_wanted_chain_gradients<Wide>();
}

}  // namespace nop::test::mix_wide_test
