// SPDX-License-Identifier: BSD-3-Clause
#include <nop/training/reduction.hpp>

#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <limits>
#include <vector>

namespace nop::test::reduction_test {
namespace {

using Toy    = nop::test::ToyBackend;
using Field  = nop::Tensor<double, 3, Toy>;
using Values = std::vector<double>;

TEST_CASE("rows are the channels of the samples, and their points are added up") {
  const Field x({2, 2, 3}, Values{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  CHECK(nop::detail::summed_by_row([](auto v) { return v; }, x).to_host() == Values{6, 15, 24, 33});
  CHECK(nop::detail::summed_by_row([](auto v, auto w) { return v * w; }, x, x).to_host() ==
        Values{14, 77, 194, 365});
}

TEST_CASE("a weighted sum is a number") {
  const nop::Tensor<double, 1, Toy> a({3}, Values{1, 2, 3}), b({3}, Values{10, 1, 0.5});
  CHECK(nop::detail::weighted_sum(a, b).item() == 13.5);
}

TEST_CASE(
    "the factors of a relative loss are weights by norms, those of an absolute one all equal") {
  const nop::Tensor<double, 1, Toy> norms({4}, Values{1, 2, 4, 0});
  CHECK(nop::detail::relative_factors(norms, nop::Reduction::mean).to_host() ==
        Values{0.25 / (1 + 1e-8), 0.25 / (2 + 1e-8), 0.25 / (4 + 1e-8), 0.25 / 1e-8});
  CHECK(nop::detail::equal_factors(Field({2, 2, 3}), 3, nop::Reduction::mean).to_host() ==
        Values{0.75, 0.75, 0.75, 0.75});
  CHECK(nop::detail::equal_factors(Field({1, 2, 3}), 3, nop::Reduction::sum).to_host() ==
        Values{3, 3});
}

TEST_CASE("the reciprocal of zero is zero") {
  CHECK(nop::detail::Reciprocal{}(4.0) == 0.25);
  CHECK(nop::detail::Reciprocal{}(0.0) == 0);
  CHECK(nop::detail::Reciprocal{}(0.0F) == 0);
}

TEST_CASE("a mean weighs each row by their number, a sum by one") {
  CHECK(nop::detail::row_weight(nop::Reduction::mean, 8) == 0.125);
  CHECK(nop::detail::row_weight(nop::Reduction::sum, 8) == 1);
}

TEST_CASE("the spacing of an axis is its length by its points") {
  const auto spacing = nop::detail::spacings({2, 3, 1, 1}, nop::Shape<4>{5, 1, 4, 6});
  CHECK(spacing == std::array<double, 2>{0.5, 0.5});
  CHECK(nop::detail::cell_volume({2, 3, 1, 1}, nop::Shape<4>{5, 1, 4, 6}) == 0.25);
  CHECK_THROWS_WITH_AS(nop::detail::spacings({2, 0, 1, 1}, nop::Shape<4>{5, 1, 4, 6}),
                       "loss: expected a positive measure for each grid axis, got 0 for axis 1",
                       nop::PreconditionError);
}

}  // namespace

}  // namespace nop::test::reduction_test
