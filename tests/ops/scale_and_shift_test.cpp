// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/ops/scale_and_shift.hpp>

#include "support/layer_battery.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

namespace nop::test::scale_and_shift_test {

TEST_CASE_TEMPLATE("every channel of every sample has its scale and its shift", Real, float,
                   double) {
  const auto x       = random_field<Real>(Shape{2, 3, 4, 5}, 1);
  const auto numbers = random_field<Real>(Shape{2, 6}, 2);
  std::vector<Real> expected;
  for (std::size_t b = 0; b < 2; ++b)
    for (std::size_t c = 0; c < 3; ++c)
      for (std::size_t i = 0; i < 4; ++i)
        for (std::size_t j = 0; j < 5; ++j)
          expected.push_back(x.view()(b, c, i, j) * (1 + numbers.view()(b, c)) +
                             numbers.view()(b, 3 + c));
  const auto y = scale_and_shift(x, numbers);
  CHECK(y.shape() == x.shape());
  CHECK(nop::test::worst_error(y.to_host(), expected) < nop::test::rounding<Real>);
}

TEST_CASE("scales and shifts have right gradients") {
  nop::test::check_gradients(scale_and_shift, random_field(Shape{2, 3, 2, 3}, 1),
                             random_field(Shape{2, 6}, 2));
  nop::test::check_gradients(scale_and_shift, random_field(Shape{3, 2}, 1),
                             random_field(Shape{3, 4}, 2));
  nop::test::check_ways_to_call(scale_and_shift, random_field(Shape{2, 3, 5}, 1),
                                random_field(Shape{2, 6}, 2));
}

TEST_CASE("no samples are scaled to none") {
  nop::Tape tape;
  const auto x = tape.input(nop::Tensor<double, 3, nop::Cpu>({0, 3, 5}));
  const auto y = scale_and_shift(x, tape.input(nop::Tensor<double, 2, nop::Cpu>({0, 6})));
  CHECK(y.shape() == Shape{0, 3, 5});
}

TEST_CASE("scales and shifts have to be as many as channels, and work on any backend") {
  CHECK_THROWS_WITH_AS(
      scale_and_shift(random_field(Shape{2, 3, 5}), random_field(Shape{1, 6})),
      "scale_and_shift: expected scales and shifts of shape [2, 6] for a field of shape [2, 3, 5], "
      "got [1, 6]",
      nop::PreconditionError);
  using Toy = nop::test::ToyBackend;
  const Shape<3> shape{2, 3, 5};
  const Shape<2> both{2, 6};
  CHECK(nop::test::worst_error(
            scale_and_shift(nop::test::random_tensor<double, Toy>(shape, 1),
                            nop::test::random_tensor<double, Toy>(both, 2))
                .to_host(),
            scale_and_shift(random_field(shape, 1), random_field(both, 2)).to_host()) < 1e-14);
}

}  // namespace nop::test::scale_and_shift_test
