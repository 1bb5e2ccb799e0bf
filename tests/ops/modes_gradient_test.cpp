// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/ops/modes.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>

namespace nop::test::modes_gradient_test {

using Complex = std::complex<double>;

namespace {

/// Where the batch is not the first axis, what is independent of it is not looked at.
template <class Function, class Input>
void check_leading(const Function& function, const Input& x) {
  nop::test::check_gradients(function, x);
  nop::test::check_ways_to_call(function, x);
  nop::test::check_adjoint(function, x);
}

/// Both transforms of a real field between a grid and a number of modes.
template <std::size_t Dim>
void check_real(const Shape<Dim>& grid, const Shape<Dim>& modes) {
  CAPTURE(grid);
  CAPTURE(modes);
  const auto stored = nop::spectrum_shape<double>(modes);
  check_linear_function([&](const auto& u) { return nop::to_modes(u, modes); },
                        random_field(joined(Shape<2>{2, 2}, grid)));
  check_linear_function([&](const auto& y) { return nop::from_modes(y, grid); },
                        random_field<Complex>(joined(Shape<2>{2, 2}, stored)));
  check_leading([&](const auto& u) { return nop::to_leading_modes(u, modes); },
                random_field(joined(Shape<2>{2, 2}, grid)));
  check_leading([&](const auto& y) { return nop::from_leading_modes(y, grid); },
                random_field<Complex>(joined(stored, Shape<2>{2, 2})));
}

template <std::size_t Dim>
void check_complex(const Shape<Dim>& grid, const Shape<Dim>& modes) {
  CAPTURE(grid);
  CAPTURE(modes);
  check_linear_function([&](const auto& u) { return nop::to_modes(u, modes); },
                        random_field<Complex>(joined(Shape<2>{2, 2}, grid)));
  check_linear_function([&](const auto& y) { return nop::complex_from_modes(y, grid); },
                        random_field<Complex>(joined(Shape<2>{2, 2}, modes)));
  check_leading([&](const auto& u) { return nop::to_leading_modes(u, modes); },
                random_field<Complex>(joined(Shape<2>{2, 2}, grid)));
  check_leading([&](const auto& y) { return nop::complex_from_leading_modes(y, grid); },
                random_field<Complex>(joined(modes, Shape<2>{2, 2})));
}

}  // namespace

TEST_CASE("transforms of real fields have their adjoints as pullbacks") {
  for (const std::size_t n : {1U, 4U, 5U, 8U, 9U})
    for (const std::size_t m : {1U, 4U, 5U, 7U}) check_real(Shape{n}, Shape{m});
  check_real(Shape{4, 5}, Shape{3, 4});
  check_real(Shape{5, 4}, Shape{6, 6});
  check_real(Shape{3, 4, 4}, Shape{2, 5, 3});
  check_real(Shape{2, 3, 2, 3}, Shape{2, 2, 3, 2});
}

TEST_CASE("transforms of complex fields have their adjoints as pullbacks") {
  for (const std::size_t n : {1U, 4U, 5U, 8U})
    for (const std::size_t m : {1U, 4U, 5U, 7U}) check_complex(Shape{n}, Shape{m});
  check_complex(Shape{4, 5}, Shape{3, 6});
  check_complex(Shape{3, 2, 4}, Shape{2, 3, 3});
}

TEST_CASE("transforms of a middle axis have their adjoints as pullbacks") {
  check_linear_function([](const auto& u) { return nop::to_modes_from_axis<1>(u, Shape{3}); },
                        random_field(Shape{2, 4, 2, 3}));
  check_linear_function([](const auto& u) { return nop::from_modes_from_axis<1>(u, Shape{5}); },
                        random_field<Complex>(Shape{2, 3, 2, 2}));
}

}  // namespace nop::test::modes_gradient_test
