// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/ops/sampling.hpp>

#include "support/layer_battery.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <vector>

namespace nop::test::sampling_test {

TEST_CASE("pooling takes the mean of each block, sampling up repeats it") {
  const auto x = field_of<double>(Shape{1, 1, 2, 4}, {1, 2, 3, 4, 5, 6, 7, 12});
  CHECK(average_pool(x, 2).to_host() == std::vector<double>{3.5, 6.5});
  CHECK(average_pool(x, 2).shape() == Shape<4>{1, 1, 1, 2});
  const auto y = field_of<double>(Shape{1, 2, 1, 2}, {1, 2, 3, 4});
  CHECK(upsample_nearest(y, 2).to_host() ==
        std::vector<double>{1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4});
  CHECK(upsample_nearest(field_of<double>(Shape{2, 1, 1}, {1, 2}), 3).to_host() ==
        std::vector<double>{1, 1, 1, 2, 2, 2});
}

TEST_CASE("a field that is sampled up and pooled is what it was") {
  for (const std::size_t factor : {1U, 2U, 3U}) {
    const auto x = random_field(Shape{2, 3, 3, 2, 5}, 1);
    CHECK(nop::test::worst_error(average_pool(upsample_nearest(x, factor), factor).to_host(),
                                 x.to_host()) < 1e-14);
  }
}

TEST_CASE_TEMPLATE("pooling and sampling up pass the battery", Element, double,
                   std::complex<double>) {
  const auto pooled  = [](const auto& x) { return average_pool(x, 2); };
  const auto sampled = [](const auto& x) { return upsample_nearest(x, 2); };
  nop::test::check_linear_function(pooled, random_field<Element>(Shape{2, 2, 4, 6}));
  nop::test::check_linear_function(pooled, random_field<Element>(Shape{2, 1, 2, 4, 2}));
  nop::test::check_linear_function(sampled, random_field<Element>(Shape{2, 2, 2, 3}));
  nop::test::check_linear_function(sampled, random_field<Element>(Shape{3, 2, 3}));
}

TEST_CASE("pooling and sampling up refuse what is no whole number of blocks") {
  CHECK_THROWS_WITH_AS(average_pool(random_field(Shape{1, 2, 3, 4}), 2),
                       "average_pool: expected a grid in blocks of 2 points along each axis, got a "
                       "field of shape [1, 2, 3, 4]",
                       nop::PreconditionError);
  CHECK_THROWS_AS(upsample_nearest(random_field(Shape{1, 2, 3, 4}), 0), nop::PreconditionError);
}

TEST_CASE("pooling and sampling up work on any backend") {
  const Shape shape{2, 3, 4, 6};
  const auto toy = nop::test::random_tensor<double, nop::test::ToyBackend>(shape, 1);
  const auto x   = random_field(shape, 1);
  CHECK(nop::test::worst_error(average_pool(toy, 2).to_host(), average_pool(x, 2).to_host()) <
        1e-14);
  CHECK(upsample_nearest(toy, 2).to_host() == upsample_nearest(x, 2).to_host());
}

TEST_CASE("blocks of which the points cannot be counted are refused") {
  for (const std::size_t factor :
       {std::size_t{0}, std::size_t{1024}, std::size_t{1} << 32U, std::size_t{1} << 62U}) {
    CHECK_THROWS_AS(upsample_nearest(random_field(Shape{1, 1, 4, 4}), factor),
                    nop::PreconditionError);
    CHECK_THROWS_AS(average_pool(random_field(Shape{1, 1, 0, 0}), factor), nop::PreconditionError);
  }
}

}  // namespace nop::test::sampling_test
