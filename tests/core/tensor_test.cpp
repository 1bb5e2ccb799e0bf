// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/tensor.hpp>

#include "support/random_field.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

namespace nop::test::tensor_test {

using Toy = nop::test::ToyBackend;
template <std::size_t Rank>
using Tensor = nop::Tensor<double, Rank, Toy>;
using Values = std::vector<double>;

TEST_CASE("a new tensor is zero") {
  CHECK(Tensor<2>({2, 3}).to_host() == Values(6, 0.0));
  CHECK(nop::Tensor<std::complex<float>, 1, Toy>({2}).to_host() ==
        std::vector<std::complex<float>>(2));
}

TEST_CASE("a tensor made without values has none yet") {
  for (const double value : Tensor<1>::uninitialized({5}).to_host()) CHECK(std::isnan(value));
}

TEST_CASE("a tensor holds the values it was made from in row-major order") {
  const Values values = {1, 2, 3, 4, 5, 6};
  const Tensor<2> t({2, 3}, values);
  CHECK(t.to_host() == values);
  CHECK(t.shape() == nop::Shape<2>{2, 3});
  CHECK(t.extent(1) == 3);
  CHECK(t.size() == 6);
  CHECK(t.view().data() == t.data());
  CHECK(t.view().shape() == t.shape());
}

TEST_CASE("values that do not fill the shape are refused") {
  CHECK_THROWS_WITH_AS(Tensor<2>({2, 3}, Values(5)),
                       "Tensor: expected 6 values for shape [2, 3], got 5", nop::PreconditionError);
}

TEST_CASE("copies of a tensor do not see what is written to it") {
  Tensor<1> a({3}, Values{1, 2, 3});
  const Tensor<1> b = a;
  CHECK(b.data() == a.data());
  a.fill(9);
  CHECK(a.to_host() == Values{9, 9, 9});
  CHECK(b.to_host() == Values{1, 2, 3});
  Tensor<1> c({3});
  c = b;
  (void)c.mutable_view();
  CHECK(c.data() != b.data());
  CHECK(c.to_host() == b.to_host());
}

TEST_CASE("a clone shares nothing") {
  const Tensor<1> a({2}, Values{1, 2});
  const auto b = a.clone();
  CHECK(b.data() != a.data());
  CHECK(b.to_host() == a.to_host());
}

TEST_CASE("a borrowed tensor reads memory in place and copies it before a write") {
  const Tensor<2> owner({2, 2}, Values{1, 2, 3, 4});
  auto borrowed = Tensor<2>::borrowed(owner.view());
  CHECK(borrowed.is_borrowed());
  CHECK(borrowed.data() == owner.data());
  CHECK(!borrowed.clone().is_borrowed());
  borrowed.fill(0);
  CHECK(!borrowed.is_borrowed());
  CHECK(owner.to_host() == Values{1, 2, 3, 4});
}

TEST_CASE("a tensor is reshaped without copying, to a shape of as many elements") {
  const Tensor<2> a({2, 6}, Values{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  Tensor<3> b = a.reshaped(nop::Shape<3>{3, 2, 2});
  CHECK(b.data() == a.data());
  CHECK(b.to_host() == a.to_host());
  b.fill(1);
  CHECK(a.to_host()[11] == 11);
  CHECK_THROWS_WITH_AS((void)a.reshaped(nop::Shape<1>{13}),
                       "Tensor::reshaped: expected a shape of 12 elements like [2, 6], got [13]",
                       nop::PreconditionError);
  CHECK(Tensor<1>({1}, Values{4}).reshaped(nop::Shape<0>{}).item() == 4);
}

TEST_CASE("a tensor of rank zero is one number") {
  const Tensor<0> zero;
  CHECK(zero.size() == 1);
  CHECK(zero.item() == 0);
  const double value = 2.5;
  CHECK(Tensor<0>({}, std::span(&value, 1)).item() == 2.5);
}

TEST_CASE("only a tensor of one element is one number") {
  CHECK(Tensor<2>({1, 1}, Values{3}).item() == 3);
  CHECK_THROWS_WITH_AS((void)Tensor<2>({1, 2}).item(),
                       "Tensor::item: expected one element, got shape [1, 2]",
                       nop::PreconditionError);
  CHECK_THROWS_AS((void)Tensor<1>().item(), nop::PreconditionError);
}

TEST_CASE("an empty tensor can do whatever another can") {
  const std::size_t before = Toy::live_blocks();
  Tensor<3> empty({4, 0, 5});
  CHECK(empty.size() == 0);
  empty.fill(1);
  CHECK(empty.to_host().empty());
  CHECK(empty.clone().shape() == nop::Shape<3>{4, 0, 5});
  CHECK(empty.view().size() == 0);
  CHECK(empty.mutable_view().size() == 0);
  CHECK(empty.reshaped(nop::Shape<1>{0}).size() == 0);
  CHECK(Tensor<3>::borrowed(empty.view()).size() == 0);
  CHECK(Tensor<1>({0}, Values{}).size() == 0);
  CHECK(Tensor<2>().size() == 0);
  CHECK(Toy::live_blocks() == before);
}

TEST_CASE("a moved-from tensor holds nothing and can be given a value again") {
  Tensor<2> a({2, 2}, Values{1, 2, 3, 4});
  const double* const place = a.data();
  const Tensor<2> b         = std::move(a);
  CHECK(b.data() == place);
  CHECK(a.size() == 0);
  CHECK(a.to_host().empty());
  a = b;
  CHECK(a.to_host() == b.to_host());
  static_assert(std::is_nothrow_move_constructible_v<Tensor<2>>);
  static_assert(std::is_nothrow_move_assignable_v<Tensor<2>>);
}

TEST_CASE("a shape whose bytes cannot be counted is refused before memory is asked for") {
  constexpr std::size_t big = std::size_t{1} << 32U;
  const std::size_t before  = Toy::live_blocks();
  CHECK_THROWS_WITH_AS(
      Tensor<2>({big, big}),
      "Tensor: expected a shape that fits into memory, got [4294967296, 4294967296]",
      nop::PreconditionError);
  CHECK_THROWS_AS(Tensor<3>({big, big, 2}), nop::PreconditionError);
  CHECK_THROWS_AS(Tensor<1>({std::numeric_limits<std::size_t>::max()}), nop::PreconditionError);
  // The product wraps around to a small number.
  CHECK_THROWS_AS(Tensor<2>({big * 16 + 1, big * 16}), nop::PreconditionError);
  CHECK(Toy::live_blocks() == before);
}

TEST_CASE("a random tensor is a function of its seed") {
  using nop::test::random_tensor;
  const auto a = random_tensor<double, Toy>(nop::Shape<2>{3, 4}, 1);
  CHECK(a.to_host() == random_tensor<double, Toy>(nop::Shape<2>{3, 4}, 1).to_host());
  CHECK(a.to_host() != random_tensor<double, Toy>(nop::Shape<2>{3, 4}, 2).to_host());
}

TEST_CASE("what is moved from has no elements, and says so") {
  Tensor<2> a({2, 3});
  const Tensor<2> b = std::move(a);
  CHECK(a.shape() == nop::Shape<2>{0, 0});  // NOLINT(bugprone-use-after-move): it may be looked at
  CHECK(b.shape() == nop::Shape<2>{2, 3});
  Tensor<2> c({1, 1}), d({4, 5});
  c = std::move(d);
  CHECK(c.shape() == nop::Shape<2>{4, 5});
  CHECK(d.shape() == nop::Shape<2>{0, 0});  // NOLINT(bugprone-use-after-move)
}

TEST_CASE("a new shape whose elements cannot be counted is refused, too") {
  constexpr std::size_t half = std::size_t{1} << 63U;
  CHECK_THROWS_AS((void)Tensor<1>({4}).reshaped(nop::Shape<2>{half + 2, 2}),
                  nop::PreconditionError);
}

}  // namespace nop::test::tensor_test
