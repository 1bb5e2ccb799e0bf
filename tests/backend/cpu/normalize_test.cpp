// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>

#include "support/normalization_cases.hpp"
#include "support/threads.hpp"
#include <doctest/doctest.h>

#include <cstddef>

namespace nop::test::normalize_test {

TEST_CASE_TEMPLATE("normalizations and their gradients are those of the definition", Real, float,
                   double) {
  const auto check = [](const Shape<3>& box, std::size_t groups, std::size_t times,
                        Activation activation) {
    check_normalization<Cpu, Real>(box, groups, times, activation);
    check_norm_gradients<Cpu, Real>(box, groups, times, activation);
  };
  for_each_normalization(check);
  check({40, 32, 196}, 8, 1, Activation::silu);  // more than one block of groups
}

TEST_CASE("gradients that have no place are not written, and those that have are the same") {
  check_wanted_norm_gradients<Cpu>(9);
}

TEST_CASE("a normalization has the same bits on any number of threads") {
  const NormOperands<float> operands({40, 32, 196}, 8, 1, Activation::silu);
  CHECK(same_on_any_threads([&] { return normalized<Cpu>(operands); }));
  CHECK(same_on_any_threads([&] { return norm_gradients<Cpu>(operands); }));
}

}  // namespace nop::test::normalize_test
