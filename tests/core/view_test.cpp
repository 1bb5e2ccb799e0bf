// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/view.hpp>

#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <array>
#include <complex>
#include <type_traits>

namespace nop::test::view_test {
namespace {
struct Host {
  static constexpr bool host_accessible = true;
};
template <class View>
concept subscriptable = requires(View view) { view(0, 0); };

using View      = nop::TensorView<float, 2, Host>;
using ConstView = nop::TensorView<const float, 2, Host>;
}  // namespace

TEST_CASE("a view sees an array in row-major order and writes to it in place") {
  std::array<float, 6> array = {0, 1, 2, 3, 4, 5};
  const View view(array.data(), {2, 3});
  CHECK(view(1, 0) == 3);
  view(1, 2) = 9;
  CHECK(array[5] == 9);
  CHECK(view.data() == array.data());
  CHECK(view.size() == 6);
  CHECK(view.extent(1) == 3);
  CHECK(view.shape() == nop::Shape<2>{2, 3});
}

TEST_CASE("an index outside of a view is refused with the shape and the index") {
  std::array<float, 6> array{};
  const View view(array.data(), {2, 3});
  CHECK_THROWS_WITH_AS(view(2, 0), "TensorView: expected an index inside [2, 3], got [2, 0]",
                       nop::PreconditionError);
  CHECK_THROWS_AS(view(0, 3), nop::PreconditionError);
  CHECK_THROWS_AS(view(0, -1), nop::PreconditionError);
}

TEST_CASE("a view of no memory is refused unless it has no elements") {
  CHECK_THROWS_WITH_AS(View(nullptr, {2, 3}),
                       "TensorView: expected memory of shape [2, 3], got a null pointer",
                       nop::PreconditionError);
  CHECK_NOTHROW(View(nullptr, {0, 3}));
}

TEST_CASE("a view of rank zero has one element") {
  float value = 4;
  const nop::TensorView<float, 0, Host> view(&value, {});
  CHECK(view.size() == 1);
  CHECK(view() == 4);
}

TEST_CASE("a view that may write becomes one that may read but not the other way") {
  static_assert(std::is_convertible_v<View, ConstView>);
  static_assert(!std::is_convertible_v<ConstView, View>);
}

TEST_CASE("the parts of a view are its real numbers, a complex one being two, in place") {
  using Complex                = std::complex<double>;
  std::array<Complex, 2> array = {Complex{0, 1}, Complex{2, 3}};
  const auto numbers = nop::parts(nop::TensorView<Complex, 2, Host>(array.data(), {1, 2}));
  static_assert(std::is_same_v<decltype(numbers), const nop::TensorView<double, 1, Host>>);
  CHECK(numbers.shape() == nop::Shape<1>{4});
  CHECK(numbers(2) == 2);
  numbers(3) = 9;
  CHECK(array[1].imag() == 9);

  std::array<float, 6> reals{};
  const auto same = nop::parts(ConstView(reals.data(), {2, 3}));
  static_assert(std::is_same_v<decltype(same), const nop::TensorView<const float, 1, Host>>);
  CHECK(same.shape() == nop::Shape<1>{6});
  CHECK(same.data() == reals.data());
}

TEST_CASE("elements are within reach only where the host can read the memory") {
  static_assert(subscriptable<View>);
  static_assert(!subscriptable<nop::TensorView<float, 2, nop::test::ToyBackend>>);
  static_assert(!subscriptable<nop::TensorView<float, 3, Host>>);
}

TEST_CASE("a null pointer is no memory of a shape whose elements cannot be counted") {
  constexpr std::size_t root = std::size_t{1} << 32U;
  CHECK_THROWS_AS(View(nullptr, {root, root}), nop::PreconditionError);
  CHECK_NOTHROW(View(nullptr, {root, 0}));
}

}  // namespace nop::test::view_test
