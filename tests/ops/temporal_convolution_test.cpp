// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/ops/axes.hpp>
#include <nop/ops/temporal_convolution.hpp>

#include "support/layer_battery.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <complex>
#include <cstddef>
#include <vector>

namespace nop::test::temporal_convolution_test {

using Complex = std::complex<double>;

namespace {

constexpr auto block = [](const auto& x, const auto& r) {
  return temporal_convolution(x, r, Activation::gelu);
};

template <std::size_t Rank>
void check(const Shape<Rank>& shape, std::size_t modes) {
  const auto x = random_field(shape, 1);
  const auto r = random_field<Complex>(Shape{modes, shape[2], shape[2]}, 2);
  nop::test::check_gradients(block, x, r);
  nop::test::check_ways_to_call(block, x, r);
  if (shape[0] > 1) nop::test::check_batch([&r](const auto& u) { return block(u, r); }, x);
}

/// At the steps from this one on.
constexpr auto block_from(std::size_t from) {
  return [from](const auto& x, const auto& r) {
    return temporal_convolution(x, r, Activation::gelu, from);
  };
}

}  // namespace

TEST_CASE("temporal convolution has right gradients") {
  check(Shape{2, 4, 3}, 2);
  check(Shape{1, 2, 2, 3}, 2);
  check(Shape{2, 5, 2, 3}, 3);
  check(Shape{1, 4, 3, 2, 3}, 3);
  check(Shape{1, 3, 2, 2, 1, 2}, 1);
}

TEST_CASE("of a temporal convolution the last steps may be had alone") {
  const Shape shape{2, 5, 2, 3};
  const auto x   = random_field(shape, 1);
  const auto r   = random_field<Complex>(Shape{3, 2, 2}, 2);
  const auto all = block(x, r);
  for (const std::size_t from : {0U, 2U, 4U}) {
    const auto last = nop::crop(all, {0, from, 0, 0}, {2, 5 - from, 2, 3});
    nop::test::check_same(block_from(from)(x, r), last);
    nop::test::check_gradients(block_from(from), x, r);
    nop::test::check_ways_to_call(block_from(from), x, r);
  }
}

TEST_CASE("modes that the steps cannot hold are dropped, and have no gradient") {
  const auto x = random_field(Shape{2, 2, 3, 5}, 1);
  const auto r = random_field<Complex>(Shape{4, 3, 3}, 2);
  check(x.shape(), 4);
  const auto all  = r.to_host();
  const auto held = nop::test::field_of<Complex>(
      Shape{2, 3, 3}, std::vector<Complex>(all.begin(), all.begin() + 18));
  CHECK(block(x, r).to_host() == block(x, held).to_host());
}

TEST_CASE("moving the steps on around moves the result likewise") {
  const Shape shape{1, 5, 2, 3};
  const auto x     = random_field(shape, 1);
  const auto r     = random_field<Complex>(Shape{3, 2, 2}, 2);
  const auto moved = [&shape](std::vector<double> values) {
    std::rotate(values.begin(), values.begin() + 6, values.end());
    return nop::test::field_of<double>(shape, values);
  };
  CHECK(nop::test::worst_error(block(moved(x.to_host()), r).to_host(),
                               moved(block(x, r).to_host()).to_host()) < 1e-13);
}

TEST_CASE("temporal convolution refuses what does not fit") {
  const auto x = random_field(Shape{2, 4, 3, 5}, 1);
  CHECK_THROWS_WITH_AS(
      block(x, random_field<Complex>(Shape{2, 3, 4}, 2)),
      "temporal_convolution: expected weights [modes, channels, channels] for a field [batch, "
      "steps, channels, ...], got [2, 3, 4] and [2, 4, 3, 5]",
      nop::PreconditionError);
  CHECK_THROWS_WITH_AS(block_from(4)(x, random_field<Complex>(Shape{2, 3, 3}, 2)),
                       "temporal_convolution: expected one of 4 steps to answer from, got 4",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS(block(x, random_field<Complex>(Shape{0, 3, 3}, 2)),
                       "temporal_convolution: expected at least one mode and one step, got 0 modes "
                       "for a field of shape [2, 4, 3, 5]",
                       nop::PreconditionError);
}

TEST_CASE("temporal convolution works on any backend") {
  using Toy = nop::test::ToyBackend;
  const Shape shape{2, 4, 3, 5};
  const Shape weights{2, 3, 3};
  CHECK(nop::test::worst_error(
            block_from(3)(nop::test::random_tensor<double, Toy>(shape, 1),
                          nop::test::random_tensor<Complex, Toy>(weights, 2))
                .to_host(),
            block_from(3)(random_field(shape, 1), random_field<Complex>(weights, 2)).to_host()) <
        1e-13);
}

}  // namespace nop::test::temporal_convolution_test
