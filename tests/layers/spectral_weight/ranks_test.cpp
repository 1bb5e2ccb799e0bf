// SPDX-License-Identifier: BSD-3-Clause
// Ranks that the reference library's tensor package, tensorly 0.9, gives.
#include <nop/layers/spectral_weight/ranks.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <limits>
#include <vector>

namespace nop::test::ranks_test {

using Ranks = std::vector<std::size_t>;

TEST_CASE("the ranks of a Tucker decomposition are those of the reference") {
  CHECK(nop::tucker_ranks(Shape{8, 8, 12, 6}, 0.1) == Ranks{4, 4, 6, 3});
  CHECK(nop::tucker_ranks(Shape{8, 8, 12, 6}, 0.42) == Ranks{6, 6, 9, 5});
  CHECK(nop::tucker_ranks(Shape{3, 5, 7}, 0.3) == Ranks{1, 2, 2});
  CHECK(nop::tucker_ranks(Shape{64, 64, 16, 9}, 0.05) == Ranks{29, 29, 7, 4});
  CHECK(nop::tucker_ranks(Shape{32, 32, 8, 8, 5}, 0.01) == Ranks{12, 12, 3, 3, 2});
  CHECK(nop::tucker_ranks(Shape{4, 9, 6}, 1.0) == Ranks{3, 7, 5});
  CHECK(nop::tucker_ranks(Shape{4, 9, 6}, 1.7) == Ranks{4, 9, 6});
  CHECK(nop::tucker_ranks(Shape{9, 11}, 0.3) == Ranks{1, 2});
  CHECK(nop::tucker_ranks(Shape{8, 6, 3}, 0.02) == Ranks{1, 1, 1});
}

TEST_CASE("the rank of a CP decomposition is that of the reference, at least 1") {
  CHECK(nop::cp_ranks(Shape{8, 8, 12, 6}, 0.1) == Ranks{14});
  CHECK(nop::cp_ranks(Shape{8, 8, 12, 6}, 0.42) == Ranks{57});
  CHECK(nop::cp_ranks(Shape{64, 64, 16, 9}, 0.05) == Ranks{193});
  CHECK(nop::cp_ranks(Shape{4, 9, 6}, 1.7) == Ranks{19});
  CHECK(nop::cp_ranks(Shape{8, 6, 3}, 0.02) == Ranks{1});
}

TEST_CASE("the ranks of a tensor train are those of the reference") {
  CHECK(nop::tensor_train_ranks(Shape{8, 8, 12, 6}, 0.1) == Ranks{4, 5, 4});
  CHECK(nop::tensor_train_ranks(Shape{8, 8, 12, 6}, 0.42) == Ranks{8, 10, 9});
  CHECK(nop::tensor_train_ranks(Shape{64, 64, 16, 9}, 0.05) == Ranks{26, 16, 5});
  CHECK(nop::tensor_train_ranks(Shape{32, 32, 8, 8, 5}, 0.01) == Ranks{12, 7, 3, 2});
  CHECK(nop::tensor_train_ranks(Shape{16, 12, 7}, 0.5) == Ranks{8, 5});
  CHECK(nop::tensor_train_ranks(Shape{9, 11}, 0.3) == Ranks{1});
  CHECK(nop::tensor_train_ranks(Shape{6, 6}, 0.5) == Ranks{1});
  CHECK(nop::tensor_train_ranks(Shape{8, 5}, 1.0) == Ranks{2});
  CHECK(nop::tensor_train_ranks(Shape{64, 17}, 1.0) == Ranks{4});
}

TEST_CASE("ranks that a form names replace those that follow from its fraction") {
  const auto ranks = [](nop::SpectralWeightKind kind, const Ranks& named) {
    return nop::ranks_of({.kind = kind, .rank = 0.1, .ranks = named}, Shape{8, 8, 12, 6});
  };
  using Kind = nop::SpectralWeightKind;
  CHECK(ranks(Kind::tucker, {}) == Ranks{4, 4, 6, 3});
  CHECK(ranks(Kind::tucker, {1, 20, 3, 4}) == Ranks{1, 20, 3, 4});
  CHECK(ranks(Kind::cp, {}) == Ranks{14});
  CHECK(ranks(Kind::cp, {3}) == Ranks{3});
  CHECK(ranks(Kind::tensor_train, {}) == Ranks{4, 5, 4});
  CHECK(ranks(Kind::tensor_train, {2, 3, 4}) == Ranks{2, 3, 4});
}

TEST_CASE("ranks are refused that are not as many as there are axes, or zero, or no fraction") {
  const auto of = [](const nop::SpectralWeightForm& form) {
    return nop::ranks_of(form, Shape{8, 8, 12, 6});
  };
  using Kind = nop::SpectralWeightKind;
  CHECK_THROWS_WITH_AS(of({.kind = Kind::tucker, .ranks = {1, 2}}),
                       "SpectralWeightForm: expected 4 positive ranks for a tensor of shape [8, 8, "
                       "12, 6], got 2",
                       nop::PreconditionError);
  CHECK_THROWS_AS(of({.kind = Kind::cp, .ranks = {0}}), nop::PreconditionError);
  CHECK_THROWS_AS(of({.kind = Kind::tensor_train, .ranks = {1, 2, 3, 4}}), nop::PreconditionError);
  CHECK_THROWS_WITH_AS(of({.kind = Kind::cp, .rank = 0}),
                       "SpectralWeightForm: expected a rank in (0, 1000], got 0",
                       nop::PreconditionError);
  CHECK_THROWS_AS(of({.kind = Kind::cp, .rank = std::numeric_limits<double>::quiet_NaN()}),
                  nop::PreconditionError);
  CHECK_THROWS_AS(of({.kind = Kind::cp, .rank = std::numeric_limits<double>::infinity()}),
                  nop::PreconditionError);
}

TEST_CASE("tensors that no memory holds have ranks, to be refused where memory is asked for") {
  const std::size_t huge = std::size_t{1} << 62U;
  const Shape<4> shape   = {huge, huge, huge, huge};
  CHECK(nop::tucker_ranks(shape, 1000) == Ranks(4, std::size_t{1} << 53U));
  CHECK(nop::cp_ranks(shape, 1000) == Ranks(1, std::size_t{1} << 53U));
  CHECK(nop::tensor_train_ranks(shape, 1000) == Ranks(3, std::size_t{1} << 53U));
}

}  // namespace nop::test::ranks_test
