// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda.hpp>

#include "support/chain_cases.hpp"
#include "support/chain_memory.hpp"
#include "support/cuda.hpp"
#include "support/random_chain.hpp"
#include <doctest/doctest.h>

#include <cstddef>

namespace nop::test::cuda::mix_test {
namespace {

template <class Real>
constexpr auto check = [](const auto&... chain) { check_chain<Cuda, Real>(chain...); };

}  // namespace

TEST_CASE_TEMPLATE("one mixing with everything that can be added to it", Real, float, double) {
  for_each_mixing(check<Real>);
}

TEST_CASE_TEMPLATE("every activation", Real, float, double) {
  for (const auto activation :
       {Activation::identity, Activation::gelu, Activation::relu, Activation::leaky_relu,
        Activation::silu, Activation::tanh, Activation::selu})
    check_chain<Cuda, Real>({1, 6, 44}, {{7, true, true, false, activation}});
}

TEST_CASE_TEMPLATE("channels and points of any number", Real, float, double) {
  for_each_size({1, 3, 65}, {1, 2, 13, 64, 130}, {1, 32, 129, 516}, check<Real>);
}

TEST_CASE_TEMPLATE("tiles of every length", Real, float, double) {
  // The emulated device has 4 multiprocessors; a real one needs more points for the same tiles.
  const std::size_t scale = emulated ? 1 : 33;
  for (const std::size_t points : {8U * 64U, 8U * 128U, 8U * 128U + 4U, 8U * 128U + 1U})
    for (const std::size_t out : {9U, 40U, 100U})
      check_chain<Cuda, Real>({scale, 17, points}, {{out, true, true}, {3}});
}

TEST_CASE_TEMPLATE("chains of two to four mixings", Real, float, double) {
  for_each_chain({1, 37, 256}, Activation::relu, Activation::leaky_relu, check<Real>);
}

TEST_CASE_TEMPLATE("chains of many mixings, and of many samples", Real, float, double) {
  for_each_long_chain(check<Real>);
}

TEST_CASE_TEMPLATE("fields that begin anywhere in memory", Real, float, double) {
  check_chain<Cuda, Real>({2, 6, 64}, {{6, true, true, true}, {5}}, 1);
}

TEST_CASE_TEMPLATE("more channels than fit into shared memory", Real, float, double) {
  for (const std::size_t points : {1U, 12U}) {
    check_chain<Cuda, Real>({2, 3, points}, {{300, true, true}, {2, true}});
    check_chain<Cuda, Real>({3, 270, points},
                            {{270, true, false, true}, {3}, {270, false, true, true}});
    check_chain<Cuda, Real>({2, 256, points}, {{256}, {256, true, true, true}, {256}});
  }
}

TEST_CASE("a chain over no samples or no points has no result") { check_chains_of_nothing<Cuda>(); }

TEST_CASE("a chain has the same bits every time") {
  const RandomChain<float> chain({3, 12, 500}, {{12, true, true}, {6}, {12, true, false, true}});
  CHECK(chain.result(mix_by<Cuda>()) == chain.result(mix_by<Cuda>()));
}

}  // namespace nop::test::cuda::mix_test
