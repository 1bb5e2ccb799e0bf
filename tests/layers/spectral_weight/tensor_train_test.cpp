// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/layers/spectral_weight/tensor_train.hpp>

#include "layers/spectral_weight/form_battery.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <string>
#include <vector>

namespace nop::test::tensor_train_test {

using Complex = std::complex<double>;
template <std::size_t Dim, std::size_t Channels>
using Weight         = nop::TensorTrainWeight<Dim, Channels, nop::Cpu, Complex>;
constexpr auto train = nop::SpectralWeightKind::tensor_train;

TEST_CASE("a tensor train is the sum that defines it, whichever way it is multiplied") {
  nop::test::check_form<Weight<1, 2>>(train, Shape{2, 3, 5}, {2, 3}, {{0}, {5}});
  nop::test::check_form<Weight<1, 2>>(train, Shape{3, 2, 4}, {2, 3}, {{1}, {2}});
  nop::test::check_form<Weight<2, 2>>(train, Shape{2, 3, 4, 3}, {3, 2, 4}, {{0, 0}, {4, 3}});
  nop::test::check_form<Weight<2, 2>>(train, Shape{3, 2, 4, 5}, {3, 2, 4}, {{1, 0}, {3, 2}});
  nop::test::check_form<Weight<3, 2>>(train, Shape{2, 2, 3, 2, 3}, {2, 3, 2, 3},
                                      {{0, 1, 0}, {2, 1, 3}});
  nop::test::check_form<Weight<4, 2>>(train, Shape{2, 2, 2, 3, 2, 2}, {2, 3, 2, 1, 2},
                                      {{0, 1, 0, 0}, {2, 2, 1, 2}});
}

TEST_CASE("a tensor train whose channels do not mix is the sum that defines it") {
  nop::test::check_form<Weight<1, 1>>(train, Shape{3, 5}, {2}, {{0}, {5}});
  nop::test::check_form<Weight<2, 1>>(train, Shape{2, 4, 3}, {2, 3}, {{1, 0}, {2, 3}});
  nop::test::check_form<Weight<3, 1>>(train, Shape{2, 3, 2, 3}, {3, 2, 4}, {{0, 1, 0}, {2, 1, 3}});
  nop::test::check_form<Weight<4, 1>>(train, Shape{2, 2, 3, 2, 2}, {2, 3, 2, 3},
                                      {{0, 1, 0, 0}, {2, 2, 1, 2}});
}

TEST_CASE("a tensor train has the wanted variance at first") {
  const double full = nop::test::mean_square<Weight<2, 2>>(train, Shape{4, 4, 4, 3}, 0.2, 0.5);
  CHECK(full == doctest::Approx(0.25).epsilon(0.15));
  const double separable = nop::test::mean_square<Weight<1, 1>>(train, Shape{8, 9}, 0.4, 2);
  CHECK(separable == doctest::Approx(4).epsilon(0.15));
}

TEST_CASE("a tensor train has the file layout of the reference") {
  nop::Rng rng(1);
  const nop::test::NaiveWeight file(
      Weight<2, 2>(Shape{8, 8, 12, 6}, {.kind = train, .rank = 0.1}, 1, rng), train);
  using Extents = std::vector<std::size_t>;
  CHECK(file.shape("factors.0") == Extents{1, 8, 4});
  CHECK(file.shape("factors.1") == Extents{4, 8, 5});
  CHECK(file.shape("factors.2") == Extents{5, 12, 4});
  CHECK(file.shape("factors.3") == Extents{4, 6, 1});
}

}  // namespace nop::test::tensor_train_test
