// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>

#include "support/chain_cases.hpp"
#include "support/chain_memory.hpp"
#include "support/naive_mixing.hpp"
#include "support/random_chain.hpp"
#include "support/threads.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <span>
#include <vector>

namespace nop::test::mix_test {
namespace {

template <class Real>
constexpr auto check = [](const auto&... chain) { check_chain<Cpu, Real>(chain...); };

}  // namespace

TEST_CASE_TEMPLATE("one mixing with everything that can be added to it", Real, float, double) {
  for_each_mixing(check<Real>);
}

TEST_CASE_TEMPLATE("channels and points of any number", Real, float, double) {
  for_each_size({1, 3, 24, 65}, {1, 2, 13, 14, 15, 29, 64}, {1, 31, 32, 33, 300, 515}, check<Real>);
  // More than fits into tiles of full length.
  check_chain<Cpu, Real>({2, 3, 700}, {{400, true}, {2, true}});
}

TEST_CASE_TEMPLATE("chains of two to four mixings", Real, float, double) {
  for_each_chain({1, 37, 256, 1030}, Activation::relu, Activation::leaky_relu, check<Real>);
}

TEST_CASE_TEMPLATE("chains of many mixings, and of many samples", Real, float, double) {
  for_each_long_chain(check<Real>);
}

TEST_CASE("a chain over no samples or no points has no result") { check_chains_of_nothing<Cpu>(); }

TEST_CASE("a chain has the same bits on any number of threads") {
  const RandomChain<float> chain({3, 12, 2000}, {{12, true, true}, {6}, {12, true, false, true}});
  CHECK(nop::test::same_on_any_threads([&] { return chain.result(mix_by<Cpu>()); }));
}

TEST_CASE_TEMPLATE("sums are kept where they have a place, and change nothing", Real, float,
                   double) {
  const Shape<3> box{2, 5, 45};
  std::vector<Real> first(2 * 5 * 45), second(2 * 7 * 45);
  const auto mix_and_keep = [&](const Shape<3>& extents, const Real* x,
                                std::span<const Mixing<Real>> given, Real* y) {
    std::vector<Mixing<Real>> links(given.begin(), given.end());
    links[0].sum = first.data();
    links[1].sum = second.data();
    Cpu::mix(extents, x, std::span<const Mixing<Real>>(links), y);
  };
  const auto only_first = [](const Shape<3>& extents, const Real* x,
                             std::span<const Mixing<Real>> given, Real* y) {
    std::vector<Mixing<Real>> link(given.begin(), given.begin() + 1);
    link[0].activation = Activation::identity;
    NaiveMixing<Real>(extents, x, std::span<const Mixing<Real>>(link)).mix(y);
  };
  const std::vector<LinkOptions> links{{5, true, true, true},
                                       {7, true, false, false, Activation::identity}};
  const RandomChain<Real> chain(box, links);
  const auto result = chain.result(mix_and_keep);
  CHECK(result == chain.result(mix_by<Cpu>()));
  CHECK(second == result);  // the sum of a link without activation
  CHECK(worst_error(first, RandomChain<Real>(box, {links[0]}).result(only_first)) < rounding<Real>);
}

}  // namespace nop::test::mix_test
