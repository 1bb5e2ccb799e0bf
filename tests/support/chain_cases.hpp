// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/mixing.hpp>
#include <nop/core/shape.hpp>

#include "chain_memory.hpp"
#include "naive_mixing.hpp"
#include "random_chain.hpp"
#include "tolerance.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <initializer_list>
#include <vector>

/// \file
/// What the chains of channel mixings of every backend have to do, and their gradients.

namespace nop::test {

inline constexpr auto naive_mix = []<class Real>(const Shape<3>& box, const Real* x,
                                                 const auto& links, Real* y) {
  NaiveMixing<Real>(box, x, links).mix(y);
};
inline constexpr auto naive_pull_mix = [](const auto& box, const auto* x, const auto& links,
                                          const auto* dy, auto* dx, const auto& gradients) {
  NaiveMixing(box, x, links).pull(dy, dx, gradients);
};
inline constexpr auto every_gradient = [](std::size_t) { return true; };

/// In this precision against the definition in double.
template <class Backend, class Real>
void check_chain(const Shape<3>& box, const std::vector<LinkOptions>& links,
                 std::size_t shift = 0) {
  CAPTURE(box);
  CAPTURE(links[0].channels);
  CHECK(worst_error(RandomChain<Real>(box, links).result(mix_by<Backend>(shift)),
                    RandomChain<double>(box, links).result(naive_mix)) < rounding<Real>);
}

/// The same for its gradients.
template <class Backend, class Real>
void check_chain_gradients(const Shape<3>& box, const std::vector<LinkOptions>& links,
                           std::size_t shift = 0) {
  CAPTURE(box);
  CAPTURE(links[0].channels);
  CHECK(worst_error(
            RandomChain<Real>(box, links).gradients(pull_mix_by<Backend>(shift), every_gradient),
            RandomChain<double>(box, links).gradients(naive_pull_mix, every_gradient)) <
        rounding<Real>);
}

/// Calls `check(box, links)` for one mixing with everything that can be added to it.
void for_each_mixing(const auto& check) {
  for (const bool bias : {false, true})
    for (const bool residual : {false, true})
      for (const bool gate : {false, true})
        for (const auto activation : {Activation::identity, Activation::gelu, Activation::tanh}) {
          check(Shape<3>{2, 5, 37},
                std::vector<LinkOptions>{{5, bias, residual, gate, activation}});
          check(Shape<3>{3, 20, 64},
                std::vector<LinkOptions>{{20, bias, residual, gate, activation}});
        }
}

/// The same for one mixing of every number of channels and points.
void for_each_size(std::initializer_list<std::size_t> in, std::initializer_list<std::size_t> out,
                   std::initializer_list<std::size_t> points, const auto& check) {
  for (const std::size_t before : in)
    for (const std::size_t after : out)
      for (const std::size_t count : points)
        check(Shape<3>{1, before, count},
              std::vector<LinkOptions>{{after, true, false, false, Activation::gelu}});
}

/// The same for chains of two to four mixings, two links of which have these activations.
void for_each_chain(std::initializer_list<std::size_t> points, Activation last, Activation first,
                    const auto& check) {
  using Links = std::vector<LinkOptions>;
  for (const std::size_t count : points) {
    check(Shape<3>{2, 3, count}, Links{{16, true}, {7, true, false, false, Activation::identity}});
    check(Shape<3>{2, 10, count}, Links{{10, false, true},
                                        {5, true, false, false, Activation::silu},
                                        {10, true, false, true, last}});
    check(Shape<3>{2, 10, count},
          Links{{10, false, true, true}, {5, true}, {10, true, false, true, Activation::identity}});
    check(Shape<3>{1, 4, count}, Links{{4, true, true, true, first},
                                       {4, false, true, true},
                                       {4, true, true, true, Activation::identity}});
    check(Shape<3>{1, 4, count}, Links{{4, true, false, false, Activation::silu},
                                       {4, false, true, true},
                                       {4, true, true, true, Activation::tanh},
                                       {4, true, true, false, Activation::gelu}});
  }
}

/// The same for many mixings, and for two on small grids of many samples.
void for_each_long_chain(const auto& check) {
  using Links = std::vector<LinkOptions>;
  check(Shape<3>{2, 3, 20}, Links{{5}, {2}, {7, true, true}, {4}, {3, true, false, true}, {6}});
  for (const auto& box : {Shape<3>{70, 6, 1}, {9, 6, 49}, {9, 6, 4}})
    check(box, Links{{9, true, true}, {6, true, true, true}});
}

template <class Backend>
void check_chains_of_nothing() {
  CHECK(RandomChain<float>({0, 3, 5}, {{4}, {2}}).result(mix_by<Backend>()).empty());
  CHECK(RandomChain<float>({2, 3, 0}, {{4}}).result(mix_by<Backend>()).empty());
}

template <class Backend>
void check_chain_gradients_of_nothing() {
  CHECK(
      RandomChain<float>({0, 2, 5}, {{2}, {1}}).gradients(pull_mix_by<Backend>(), every_gradient) ==
      std::vector<float>(4 + 2 + 2 + 1));
}

/// Only the gradients that are wanted are written, with the same bits.
template <class Backend>
void check_wanted_chain_gradients() {
  const auto ours = pull_mix_by<Backend>();
  const Shape<3> box{2, 6, 300};
  for (const auto activation : {Activation::gelu, Activation::silu}) {
    const RandomChain<double> chain(
        box, {{6, true, true, true}, {3}, {6, true, false, true, activation}});
    const auto all   = chain.gradients(ours, every_gradient);
    const auto first = [](std::size_t number) { return number == 0; };
    CHECK(chain.gradients(ours, first) ==
          std::vector<double>(all.begin(), all.begin() + element_count(box)));
    CHECK(chain.gradients(ours, every_gradient) == all);
    for (std::size_t only = 0; only < 13; ++only) {
      CAPTURE(only);
      const auto one = [only](std::size_t number) { return number == only; };
      const auto but = [only](std::size_t number) { return number != only; };
      CHECK(worst_error(chain.gradients(ours, one), chain.gradients(naive_pull_mix, one)) < 1e-12);
      CHECK(worst_error(chain.gradients(ours, but), chain.gradients(naive_pull_mix, but)) < 1e-12);
    }
  }
}

}  // namespace nop::test
