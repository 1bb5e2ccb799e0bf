// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/mix_pullback.hpp>

#include "support/naive_mixing.hpp"
#include "support/random_chain.hpp"
#include "support/threads.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

namespace nop::test::mix_pullback_test {
namespace {

constexpr auto ours  = [](const auto&... arguments) { nop::cpu::pull_mix(arguments...); };
constexpr auto naive = [](const auto& box, const auto* x, const auto& links, const auto* dy,
                          auto* dx, const auto& gradients) {
  nop::test::NaiveMixing(box, x, links).pull(dy, dx, gradients);
};
constexpr auto everything = [](std::size_t) { return true; };

/// In this precision against the definition in double.
template <class Real>
void check(const Shape<3>& box, const std::vector<LinkOptions>& links) {
  CAPTURE(box);
  CHECK(worst_error(RandomChain<Real>(box, links).gradients(ours, everything),
                    RandomChain<double>(box, links).gradients(naive, everything)) <
        nop::test::rounding<Real>);
}

}  // namespace

TEST_CASE_TEMPLATE("gradients of one mixing by everything that can be added to it", Real, float,
                   double) {
  for (const bool bias : {false, true})
    for (const bool residual : {false, true})
      for (const bool gate : {false, true})
        for (const auto activation : {Activation::identity, Activation::gelu, Activation::tanh}) {
          check<Real>({2, 5, 37}, {{5, bias, residual, gate, activation}});
          check<Real>({3, 20, 64}, {{20, bias, residual, gate, activation}});
        }
}

TEST_CASE_TEMPLATE("gradients for channels and points of any number", Real, float, double) {
  for (const std::size_t in : {1U, 3U, 24U, 65U})
    for (const std::size_t out : {1U, 2U, 14U, 29U, 64U})
      for (const std::size_t points : {1U, 33U, 300U, 515U})
        check<Real>({1, in, points}, {{out, true, false, false, Activation::gelu}});
  check<Real>({2, 3, 700}, {{400, true}, {2, true}});
}

TEST_CASE_TEMPLATE("gradients of chains of two and three mixings", Real, float, double) {
  for (const std::size_t points : {1U, 37U, 256U, 1030U}) {
    check<Real>({2, 3, points}, {{16, true}, {7, true, false, false, Activation::identity}});
    check<Real>({2, 10, points}, {{10, false, true},
                                  {5, true, false, false, Activation::silu},
                                  {10, true, false, true, Activation::tanh}});
    check<Real>({1, 4, points}, {{4, true, true, true, Activation::silu},
                                 {4, false, true, true},
                                 {4, true, true, true, Activation::identity}});
  }
}

TEST_CASE("only the gradients that are wanted are written, with the same bits") {
  const Shape<3> box{2, 6, 300};
  const std::vector<LinkOptions> links = {{6, true, true, true}, {3}, {6, true, false, true}};
  const RandomChain<double> chain(box, links);
  const auto first = [](std::size_t number) { return number == 0; };
  const auto all   = chain.gradients(ours, everything);
  CHECK(chain.gradients(ours, first) ==
        std::vector<double>(all.begin(), all.begin() + nop::element_count(box)));
  for (std::size_t only = 0; only < 13; ++only) {
    CAPTURE(only);
    const auto one = [only](std::size_t number) { return number == only; };
    const auto but = [only](std::size_t number) { return number != only; };
    CHECK(worst_error(chain.gradients(ours, one), chain.gradients(naive, one)) < 1e-12);
    CHECK(worst_error(chain.gradients(ours, but), chain.gradients(naive, but)) < 1e-12);
  }
}

TEST_CASE("without samples or points, sums are zero") {
  const RandomChain<float> chain({0, 2, 5}, {{2}, {1}});
  CHECK(chain.gradients(ours, everything) == std::vector<float>(4 + 2 + 2 + 1));
}

TEST_CASE("gradients of a chain have the same bits on any number of threads") {
  const RandomChain<float> chain({3, 12, 2000}, {{12, true, true}, {6}, {12, true, false, true}});
  CHECK(nop::test::same_on_any_threads([&] { return chain.gradients(ours, everything); }));
}

}  // namespace nop::test::mix_pullback_test
