// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/ops/dropout.hpp>
#include <nop/ops/reduce.hpp>

#include "support/layer_battery.hpp"
#include "support/threads.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

namespace nop::test::dropout_test {
namespace {

nop::test::CpuTensor<double, 2> ones(std::size_t count) {
  nop::test::CpuTensor<double, 2> x({count, 1});
  x.fill(1);
  return x;
}

}  // namespace

TEST_CASE("dropout keeps the mean and drops the part it was asked to") {
  constexpr std::size_t count = 100000;
  for (const double probability : {0.1, 0.5, 0.9}) {
    CAPTURE(probability);
    Rng rng(7);
    double dropped = 0, total = 0;
    for (const double value : nop::dropout(ones(count), probability, rng).to_host()) {
      dropped += value == 0 ? 1 : 0;
      total += value;
      CHECK_UNARY(value == 0 || std::abs(value * (1 - probability) - 1) < 1e-15);
    }
    const double deviation = std::sqrt(probability * (1 - probability) / count);
    CHECK(std::abs(dropped / count - probability) < 5 * deviation);
    CHECK(std::abs(total / count - 1) < 5 * deviation / (1 - probability));
  }
}

TEST_CASE("dropout of the same seed is the same, and differs from call to call") {
  const auto x = random_field<float>(Shape{50, 40});
  Rng first(3), second(3), other(4);
  const auto y = nop::dropout(x, 0.5, first).to_host();
  CHECK(nop::dropout(x, 0.5, second).to_host() == y);
  CHECK(nop::dropout(x, 0.5, second).to_host() != y);
  CHECK(nop::dropout(x, 0.5, other).to_host() != y);
}

TEST_CASE("dropout does not depend on the number of threads") {
  CHECK(nop::test::same_on_any_threads([] {
    Rng rng(3);
    return nop::dropout(random_field(Shape{200, 300}), 0.3, rng).to_host();
  }));
}

TEST_CASE("dropout has the same mask forward and backward") {
  Rng rng(5);
  nop::Tape tape;
  const auto x         = tape.variable(ones(1000));
  const auto y         = nop::dropout(x, 0.4, rng);
  const auto gradients = tape.gradient(nop::sum(y));
  CHECK(gradients[x].to_host() == y.value().to_host());
}

TEST_CASE("dropout with a given mask is linear") {
  const auto dropped = [](const auto& x) {
    Rng rng(9);
    return nop::dropout(x, 0.3, rng);
  };
  const auto x = random_field(Shape{2, 3, 5});
  nop::test::check_gradients(dropped, x);
  nop::test::check_adjoint(dropped, x);
  nop::test::check_ways_to_call(dropped, x);
}

TEST_CASE("dropout of probability zero changes nothing") {
  Rng rng(1);
  const auto x = random_field(Shape{3, 4});
  CHECK(nop::dropout(x, 0, rng).to_host() == x.to_host());
}

TEST_CASE("dropout refuses what is no probability below one") {
  Rng rng(1);
  const auto x = random_field(Shape{3, 4});
  CHECK_THROWS_WITH_AS(nop::dropout(x, 1, rng), "dropout: expected a probability in [0, 1), got 1",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS(nop::dropout(x, -0.5, rng),
                       "dropout: expected a probability in [0, 1), got -0.5",
                       nop::PreconditionError);
  CHECK_THROWS_AS(nop::dropout(x, std::nan(""), rng), nop::PreconditionError);
}

}  // namespace nop::test::dropout_test
