// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/mix.hpp>

#include "support/naive_mixing.hpp"
#include "support/random_chain.hpp"
#include "support/threads.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

namespace nop::test::mix_test {
namespace {

constexpr auto ours = [](const auto&... arguments) { nop::cpu::mix(arguments...); };

template <class Real>
std::vector<Real> by_definition(const RandomChain<Real>& chain) {
  return chain.result([](const auto& box, const auto* x, const auto& links, auto* y) {
    nop::test::NaiveMixing<Real>(box, x, links).mix(y);
  });
}

/// In this precision against the definition in double.
template <class Real>
void check(const Shape<3>& box, const std::vector<LinkOptions>& links) {
  CAPTURE(box);
  CHECK(worst_error(RandomChain<Real>(box, links).result(ours),
                    by_definition(RandomChain<double>(box, links))) < nop::test::rounding<Real>);
}

}  // namespace

TEST_CASE_TEMPLATE("one mixing with everything that can be added to it", Real, float, double) {
  for (const bool bias : {false, true})
    for (const bool residual : {false, true})
      for (const bool gate : {false, true})
        for (const auto activation : {Activation::identity, Activation::gelu, Activation::tanh}) {
          check<Real>({2, 5, 37}, {{5, bias, residual, gate, activation}});
          check<Real>({3, 20, 64}, {{20, bias, residual, gate, activation}});
        }
}

TEST_CASE_TEMPLATE("channels and points of any number", Real, float, double) {
  for (const std::size_t in : {1U, 3U, 24U, 65U})
    for (const std::size_t out : {1U, 2U, 13U, 14U, 15U, 29U, 64U})
      for (const std::size_t points : {1U, 31U, 32U, 33U, 300U, 515U})
        check<Real>({1, in, points}, {{out, true, false, false, Activation::gelu}});
  check<Real>({2, 3, 700}, {{400, true}, {2, true}});  // more than fits into tiles of full length
}

TEST_CASE_TEMPLATE("chains of two and three mixings", Real, float, double) {
  for (const std::size_t points : {1U, 37U, 256U, 1030U}) {
    check<Real>({2, 3, points}, {{16, true}, {7, true, false, false, Activation::identity}});
    check<Real>({2, 10, points}, {{10, false, true},
                                  {5, true, false, false, Activation::silu},
                                  {10, true, false, true, Activation::relu}});
    check<Real>({1, 4, points}, {{4, true, true, true, Activation::leaky_relu},
                                 {4, false, true, true},
                                 {4, true, true, true, Activation::identity}});
  }
}

TEST_CASE("a chain over no samples or no points has no result") {
  CHECK(RandomChain<float>({0, 3, 5}, {{4}, {2}}).result(ours).empty());
  CHECK(RandomChain<float>({2, 3, 0}, {{4}}).result(ours).empty());
}

TEST_CASE("a chain has the same bits on any number of threads") {
  const RandomChain<float> chain({3, 12, 2000}, {{12, true, true}, {6}, {12, true, false, true}});
  CHECK(nop::test::same_on_any_threads([&] { return chain.result(ours); }));
}

}  // namespace nop::test::mix_test
