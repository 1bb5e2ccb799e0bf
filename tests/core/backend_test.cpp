// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/backend.hpp>
#include <nop/core/tensor.hpp>

#include "support/tolerance.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <complex>
#include <numbers>
#include <span>
#include <stdexcept>
#include <vector>

namespace nop::test::backend_test {

using Toy     = nop::test::ToyBackend;
using Complex = std::complex<double>;

namespace {
struct WithoutTransforms {
  static constexpr bool host_accessible = true;
  static void* allocate(std::size_t);
  static void release(void*, std::size_t) noexcept;
  static void copy(const auto*, auto*, std::size_t);
};

template <class Element>
nop::Tensor<Element, 1, Toy> on_toy(const std::vector<Element>& values) {
  return {{values.size()}, std::span<const Element>(values)};
}
using Values = std::vector<double>;
}  // namespace

TEST_CASE("a type is a backend if it supplies the whole list") {
  static_assert(nop::backend<Toy>);
  static_assert(!nop::backend<WithoutTransforms>);
  static_assert(!nop::backend<int>);
}

// The toy backend is what other tests lean on, so it is tested by numbers worked out by hand.

TEST_CASE("the toy backend knows its own pointers from those of the host") {
  double value = 1;
  CHECK_THROWS_AS(Toy::copy(&value, &value, 1), std::logic_error);
  CHECK_NOTHROW(Toy::copy<double>(nullptr, nullptr, 0));
}

TEST_CASE("the toy backend maps and sums over a box") {
  const auto x    = on_toy<double>({1, 2, 3, 4, 5, 6});
  const auto bias = on_toy<double>({10, 20});
  auto y          = on_toy(Values(6));
  const Shape<3> box{1, 2, 3};
  const auto add = [](auto a, auto b) { return a + b; };
  Toy::map(add, box, whole(y.mutable_data(), box), whole(x.data(), box),
           nop::per_middle(bias.data()));
  CHECK(y.to_host() == Values{11, 12, 13, 24, 25, 26});
  auto total      = on_toy(Values(2));
  const auto same = [](auto a) { return a; };
  Toy::sum(same, box, nop::per_middle(total.mutable_data()), whole(x.data(), box));
  CHECK(total.to_host() == Values{6, 15});
  Toy::sum(same, Shape<3>{0, 2, 3}, nop::per_middle(total.mutable_data()), whole(x.data(), box));
  CHECK(total.to_host() == Values{0, 0});
}

TEST_CASE("the toy backend copies a transpose") {
  const auto x = on_toy<double>({1, 2, 3, 4, 5, 6});
  auto y       = on_toy(Values(6));
  Toy::copy_strided(Shape<2>{3, 2}, x.data(), Shape<2>{1, 3}, y.mutable_data(), Shape<2>{2, 1});
  CHECK(y.to_host() == Values{1, 4, 2, 5, 3, 6});
}

TEST_CASE("the toy backend multiplies by a conjugate transpose and adds up a batch") {
  using Matrix = nop::Matrices<const Complex>;
  const auto a = on_toy<Complex>({{1, 1}, {0, 2}});  // two 1x1 matrices
  const auto b = on_toy<Complex>({{3, 0}, {0, 1}});
  auto c       = on_toy<Complex>({{100, 0}});
  const nop::ProductSize size{2, 1, 1, 1};
  const nop::Matrices<Complex> out{c.mutable_data(), 1, 0};
  Toy::multiply(size, Matrix{a.data(), 1, 1, nop::Form::adjoint}, Matrix{b.data(), 1, 1}, out,
                nop::Update::add);
  CHECK(c.to_host()[0] == Complex(105, -3));  // 100 + (1-i) 3 + (-2i) i
  Toy::multiply(size, Matrix{a.data(), 1, 1}, Matrix{b.data(), 1, 1}, out, nop::Update::overwrite);
  CHECK(c.to_host()[0] == Complex(1, 3));  // (1+i) 3 + 2i i
}

TEST_CASE("the naive transform finds the modes of plane waves") {
  constexpr std::size_t n = 6, m = 5;
  // 1 + 2 cos(2 pi x / n) + 3 sin(2 pi 2 y / m)
  Values field(n * m);
  const double turn = 2 * std::numbers::pi;
  for (std::size_t x = 0; x < n; ++x)
    for (std::size_t y = 0; y < m; ++y)
      field[x * m + y] = 1 + 2 * std::cos(turn * static_cast<double>(x) / n) +
                         3 * std::sin(turn * 2 * static_cast<double>(y) / m);
  const nop::FourierTransform<2> transform{
      1, {n, m}, 1, {4, 4}, nop::ModeWeight::coefficient, nop::FourierEngine::automatic};
  const auto u = on_toy(field);
  auto modes   = on_toy(std::vector<Complex>(4 * 3));
  Toy::to_modes(transform, u.data(), modes.mutable_data());
  std::vector<Complex> expected(4 * 3);  // frequencies -2 ... 1 and 0 ... 2
  expected[2 * 3 + 0] = 1;
  expected[1 * 3 + 0] = 1;
  expected[3 * 3 + 0] = 1;
  expected[2 * 3 + 2] = {0, -1.5};
  CHECK(nop::test::worst_error(modes.to_host(), expected) < 1e-14);

  auto inverse   = transform;
  inverse.weight = nop::ModeWeight::multiplicity;
  auto back      = on_toy(Values(n * m));
  Toy::from_modes(inverse, modes.data(), back.mutable_data());
  CHECK(nop::test::worst_error(back.to_host(), field) < 1e-14);
}

}  // namespace nop::test::backend_test
