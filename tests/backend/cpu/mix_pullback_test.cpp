// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>

#include "support/chain_cases.hpp"
#include "support/chain_memory.hpp"
#include "support/random_chain.hpp"
#include "support/threads.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace nop::test::mix_pullback_test {
namespace {

template <class Real>
constexpr auto check = [](const auto&... chain) { check_chain_gradients<Cpu, Real>(chain...); };

}  // namespace

TEST_CASE_TEMPLATE("gradients of one mixing by everything that can be added to it", Real, float,
                   double) {
  for_each_mixing(check<Real>);
}

TEST_CASE_TEMPLATE("gradients for channels and points of any number", Real, float, double) {
  for_each_size({1, 3, 24, 65}, {1, 2, 14, 29, 64}, {1, 33, 300, 515}, check<Real>);
  check_chain_gradients<Cpu, Real>({2, 3, 700}, {{400, true}, {2, true}});
}

TEST_CASE_TEMPLATE("gradients of chains of two to four mixings", Real, float, double) {
  for_each_chain({1, 37, 256, 1030}, Activation::tanh, Activation::silu, check<Real>);
}

TEST_CASE_TEMPLATE("gradients of chains of many mixings, and of many samples", Real, float,
                   double) {
  for_each_long_chain(check<Real>);
}

TEST_CASE_TEMPLATE("a sum that was kept is read instead of what it was made of", Real, float,
                   double) {
  const auto pull = [](const Shape<3>& box, const Real* x, std::span<const Mixing<Real>> given,
                       const Real* dy, Real* dx, std::span<const MixingGradient<Real>> gradients) {
    std::vector<Mixing<Real>> links(given.begin(), given.end());
    std::vector<std::vector<Real>> sums, unread;
    for (auto& link : links) {
      if (link.residual == nullptr) continue;
      sums.emplace_back(box[0] * link.channels * box[2]);
      link.sum = sums.back().data();
    }
    std::vector<Real> y(box[0] * links.back().channels * box[2]);
    Cpu::mix(box, x, std::span<const Mixing<Real>>(links), y.data());
    for (auto& link : links) {
      if (link.residual == nullptr) continue;
      link.residual = nullptr;
      if (link.bias == nullptr) continue;
      unread.emplace_back(link.channels, std::numeric_limits<Real>::quiet_NaN());
      link.bias = unread.back().data();
    }
    Cpu::pull_mix(box, x, std::span<const Mixing<Real>>(links), dy, dx, gradients);
  };
  const std::vector<LinkOptions> first{{12, true, true, true}, {6}, {12, true, false, true}};
  const std::vector<LinkOptions> last{{6}, {5, false, true, false, Activation::tanh}};
  const std::vector<LinkOptions> linear{{6}, {5, true, true, false, Activation::identity}};
  for (const auto& links : {first, last, linear})
    for (const std::size_t points : {1U, 45U, 700U}) {
      CAPTURE(points);
      const RandomChain<Real> chain({3, 12, points}, links);
      CHECK(worst_error(chain.gradients(pull, every_gradient),
                        chain.gradients(pull_mix_by<Cpu>(), every_gradient)) < rounding<Real>);
    }
}

TEST_CASE("only the gradients that are wanted are written, with the same bits") {
  check_wanted_chain_gradients<Cpu>();
}

TEST_CASE("without samples or points, sums are zero") { check_chain_gradients_of_nothing<Cpu>(); }

TEST_CASE("gradients of a chain have the same bits on any number of threads") {
  const RandomChain<float> chain({3, 12, 2000}, {{12, true, true}, {6}, {12, true, false, true}});
  CHECK(nop::test::same_on_any_threads(
      [&] { return chain.gradients(pull_mix_by<Cpu>(), every_gradient); }));
}

}  // namespace nop::test::mix_pullback_test
