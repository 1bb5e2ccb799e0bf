// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/mix_pullback.cuh>

#include "support/cuda.hpp"
#include "support/cuda_chain.hpp"
#include "support/naive_mixing.hpp"
#include "support/random_chain.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

namespace nop::test::cuda::mix_pullback_test {
namespace {

constexpr auto ours  = [](const auto&... arguments) { nop::cuda::pull_mix(arguments...); };
constexpr auto naive = [](const auto& box, const auto* x, const auto& links, const auto* dy,
                          auto* dx, const auto& gradients) {
  nop::test::NaiveMixing(box, x, links).pull(dy, dx, gradients);
};
constexpr auto everything = [](std::size_t) { return true; };

/// In this precision against the definition in double.
template <class Real>
void check(const Shape<3>& box, const std::vector<LinkOptions>& links, std::size_t shift = 0) {
  CAPTURE(box);
  CAPTURE(links[0].channels);
  CHECK(
      worst_error(RandomChain<Real>(box, links).gradients(pull_on_device(ours, shift), everything),
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

TEST_CASE_TEMPLATE("gradients for every activation", Real, float, double) {
  for (const auto activation :
       {Activation::identity, Activation::gelu, Activation::relu, Activation::leaky_relu,
        Activation::silu, Activation::tanh, Activation::selu})
    check<Real>({1, 6, 44}, {{7, true, true, false, activation}, {2, true}});
}

TEST_CASE_TEMPLATE("gradients for channels and points of any number", Real, float, double) {
  for (const std::size_t in : {1U, 3U, 65U})
    for (const std::size_t out : {1U, 2U, 13U, 64U, 130U})
      for (const std::size_t points : {1U, 32U, 129U, 516U})
        check<Real>({1, in, points}, {{out, true, false, false, Activation::gelu}});
}

TEST_CASE_TEMPLATE("gradients by tiles of every length, of which blocks have many", Real, float,
                   double) {
  // The emulated device has 4 multiprocessors; a real one needs more points for the same tiles.
  const std::size_t scale = emulated ? 1 : 33;
  for (const std::size_t points : {8U * 64U, 8U * 128U + 4U, 20U * 128U + 1U})
    for (const std::size_t out : {9U, 40U})
      check<Real>({scale, 17, points}, {{out, true, true}, {3}});
}

TEST_CASE_TEMPLATE("gradients of chains of two and three mixings", Real, float, double) {
  for (const std::size_t points : {1U, 37U, 256U}) {
    check<Real>({2, 3, points}, {{16, true}, {7, true, false, false, Activation::identity}});
    check<Real>({2, 10, points}, {{10, false, true},
                                  {5, true, false, false, Activation::silu},
                                  {10, true, false, true, Activation::tanh}});
    check<Real>(
        {2, 10, points},
        {{10, false, true, true}, {5, true}, {10, true, false, true, Activation::identity}});
    check<Real>({1, 4, points}, {{4, true, true, true, Activation::silu},
                                 {4, false, true, true},
                                 {4, true, true, true, Activation::identity}});
    check<Real>({1, 4, points}, {{4, true, false, false, Activation::silu},
                                 {4, false, true, true},
                                 {4, true, true, true, Activation::tanh},
                                 {4, true, true, false, Activation::gelu}});
  }
}

TEST_CASE_TEMPLATE("gradients of chains of many mixings", Real, float, double) {
  check<Real>({2, 3, 20}, {{5}, {2}, {7, true, true}, {4}, {3, true, false, true}, {6}});
}

TEST_CASE_TEMPLATE("gradients on small grids of many samples", Real, float, double) {
  check<Real>({70, 6, 1}, {{9, true, true}, {6, true, true, true}});
  check<Real>({9, 6, 49}, {{9, true, true}, {6, true, true, true}});
  check<Real>({9, 6, 4}, {{9, true, true}, {6, true, true, true}});
}

TEST_CASE_TEMPLATE("gradients by fields that begin anywhere in memory", Real, float, double) {
  check<Real>({2, 6, 64}, {{6, true, true, true}, {5}}, 1);
}

TEST_CASE_TEMPLATE("gradients by more channels than fit into shared memory", Real, float, double) {
  for (const std::size_t points : {1U, 12U}) {
    check<Real>({2, 3, points}, {{300, true, true}, {2, true}});
    check<Real>({3, 270, points},
                {{270, true, false, true}, {3}, {270, false, true, true, Activation::identity}});
    check<Real>({2, 256, points}, {{256}, {256, true, true, true}, {256}});
  }
}

TEST_CASE("only the gradients that are wanted are written, with the same bits") {
  const Shape<3> box{2, 6, 300};
  for (const auto activation : {Activation::gelu, Activation::silu}) {  // in one group, or in two
    const std::vector<LinkOptions> links = {
        {6, true, true, true}, {3}, {6, true, false, true, activation}};
    const RandomChain<double> chain(box, links);
    const auto all   = chain.gradients(pull_on_device(ours), everything);
    const auto first = [](std::size_t number) { return number == 0; };
    CHECK(chain.gradients(pull_on_device(ours), first) ==
          std::vector<double>(all.begin(), all.begin() + nop::element_count(box)));
    CHECK(chain.gradients(pull_on_device(ours), everything) == all);
    for (std::size_t only = 0; only < 13; ++only) {
      CAPTURE(only);
      const auto one = [only](std::size_t number) { return number == only; };
      const auto but = [only](std::size_t number) { return number != only; };
      CHECK(worst_error(chain.gradients(pull_on_device(ours), one), chain.gradients(naive, one)) <
            1e-12);
      CHECK(worst_error(chain.gradients(pull_on_device(ours), but), chain.gradients(naive, but)) <
            1e-12);
    }
  }
}

TEST_CASE("without samples or points, sums are zero") {
  const RandomChain<float> chain({0, 2, 5}, {{2}, {1}});
  CHECK(chain.gradients(pull_on_device(ours), everything) == std::vector<float>(4 + 2 + 2 + 1));
}

TEST_CASE("gradients of a chain have the same bits every time") {
  const RandomChain<float> chain({3, 12, 500}, {{12, true, true}, {6}, {12, true, false, true}});
  CHECK(chain.gradients(pull_on_device(ours), everything) ==
        chain.gradients(pull_on_device(ours), everything));
}

}  // namespace nop::test::cuda::mix_pullback_test
