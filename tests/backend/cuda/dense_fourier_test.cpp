// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/dense_fourier.cuh>

#include "support/device_array.hpp"
#include "support/naive_dft.hpp"
#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <limits>
#include <vector>

namespace nop::test::dense_fourier_test {

TEST_CASE("axes of real numbers are transformed from the first to the last") {
  const auto axes = nop::cuda::detail::real_axes<std::complex<float>>(
      FourierTransform<2>{3, {10, 20}, 5, {4, 6}, ModeWeight::coefficient, FourierEngine::dense});
  CHECK(axes.box(0).outer == 3);
  CHECK(axes.box(0).inner == 20 * 5 * 2);
  CHECK(axes.sums(0) == 3 * 5 * 20 * 5 * 2);
  CHECK(axes.box(1).outer == 3 * 5);
  CHECK(axes.box(1).inner == 5 * 2);
  CHECK_FALSE(axes.key(1).half);
}

/// Four axes, of which the last two are too large for a block.
TEST_CASE("planes that do not fit are transformed axis by axis") {
  const FourierTransform<3> transform{
      1, {2, 3, 3000}, 1, {2, 3, 64}, ModeWeight::coefficient, FourierEngine::dense};
  const NaiveDft<double, 3> naive(transform);
  const auto x = random_values<double>(naive.field_size(), 1);
  const auto y = random_values<std::complex<double>>(naive.spectrum_size(), 2);
  std::vector<std::complex<double>> ax(y.size());
  std::vector<double> aty(x.size());
  naive.to_modes(x.data(), ax.data());
  naive.from_modes(y.data(), aty.data());
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const DeviceArray<double> field(x);
  const DeviceArray<std::complex<double>> modes(y);
  DeviceArray<std::complex<double>> to(y.size(), nan);
  DeviceArray<double> from(x.size(), nan);
  nop::cuda::to_modes_by_products(transform, field.data(), to.data());
  nop::cuda::from_modes_by_products(transform, modes.data(), from.data());
  CHECK(worst_error(to.values(), ax) < 1e-12);
  CHECK(worst_error(from.values(), aty) < 1e-12);
}

}  // namespace nop::test::dense_fourier_test
