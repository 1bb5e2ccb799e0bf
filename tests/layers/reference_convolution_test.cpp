// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/layers/reference_convolution.hpp>

#include <doctest/doctest.h>

#include <complex>
#include <vector>

namespace nop::test::reference_convolution_test {

using Values = std::vector<std::complex<double>>;

template <std::size_t Dim, class Element = double>
using Convolution = nop::ReferenceConvolution<Element, Dim, nop::Cpu>;

TEST_CASE("the matrices of exact semantics select the band and count the half axis twice") {
  const Convolution<2> exact(Semantics::exact, {8, 8}, {8, 8}, {4, 3}, {6, 5});
  CHECK_FALSE(exact.differs_from_exact());
  CHECK(exact.first() == Shape<2>{1, 0});
  CHECK(exact.read_modes() == Shape<2>{4, 5});
  CHECK(exact.written_modes() == Shape<2>{4, 5});
  CHECK(exact.reading(1).to_host() == Values{1, 0, 0, 0, 1, 0, 0, 0, 1});
  CHECK(exact.writing(1).to_host() == Values{0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2});
}

TEST_CASE("the matrices of an axis put each wave where its version does") {
  // of 7 points the frequencies -1, 0, 1 are read, and written as -2, -1, 0
  const Convolution<2> shifted(Semantics::v2_0, {7, 8}, {7, 8}, {3, 3}, {3, 3});
  CHECK(shifted.differs_from_exact());
  CHECK(shifted.read_modes() == Shape<2>{3, 5});
  CHECK(shifted.written_modes() == Shape<2>{4, 5});
  CHECK(shifted.reading(0).to_host() == Values{1, 0, 0, 0, 1, 0, 0, 0, 1});
  CHECK(shifted.writing(0).to_host() == Values{1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0});
}

TEST_CASE("one axis that differs is enough, and it depends on all that is known of it") {
  const auto differs = [](Semantics semantics, const Shape<2>& grid, const Shape<2>& output_grid) {
    return Convolution<2>(semantics, grid, output_grid, {4, 3}, {4, 3}).differs_from_exact();
  };
  CHECK_FALSE(differs(Semantics::v2_0, {8, 8}, {8, 8}));
  CHECK(differs(Semantics::v2_0, {9, 8}, {9, 8}));
  CHECK_FALSE(differs(Semantics::head, {9, 8}, {9, 8}));
  CHECK_FALSE(differs(Semantics::exact, {9, 8}, {9, 8}));
  CHECK(differs(Semantics::head, {8, 8}, {12, 8}));
  using Complex = Convolution<1, std::complex<double>>;
  CHECK(Complex(Semantics::head, {8}, {8}, {4}, {4}).differs_from_exact());
}

TEST_CASE("what was found out of an axis is kept, for every convolution that has such a one") {
  const Convolution<2> first(Semantics::head, {9, 9}, {9, 9}, {4, 3}, {4, 3});
  const Convolution<2> again(Semantics::head, {9, 9}, {9, 9}, {4, 3}, {4, 3});
  const Convolution<3> other(Semantics::head, {5, 9, 9}, {5, 9, 9}, {2, 4, 3}, {2, 4, 3});
  CHECK(&first.reading(0) == &again.reading(0));
  CHECK(&first.writing(1) == &again.writing(1));
  CHECK(&first.reading(0) == &other.reading(1));
  CHECK(&first.reading(0) != &first.reading(1));
  const Convolution<2> version(Semantics::v2_0, {9, 9}, {9, 9}, {4, 3}, {4, 3});
  CHECK(&first.reading(0) != &version.reading(0));
}

}  // namespace nop::test::reference_convolution_test
