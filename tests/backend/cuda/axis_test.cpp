// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/axis.cuh>

#include "support/cuda.hpp"
#include "support/device_array.hpp"
#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <vector>

namespace nop::test::cuda::axis_test {

using nop::cuda::AxisBox;
using nop::cuda::DftKey;

/// The matrix, row by row, from its definition.
std::vector<double> naive_matrix(const DftKey& key) {
  std::vector<double> matrix;
  for (std::size_t row = 0; row < key.rows(); ++row)
    for (std::size_t x = 0; x < key.points; ++x) {
      const std::size_t k = (row + 1) / 2;
      const double angle  = 2 * std::numbers::pi * static_cast<double>(k * x % key.points) /
                           static_cast<double>(key.points);
      matrix.push_back(key.weight_of(k) *
                       (k > 0 && row % 2 == 0 ? std::sin(angle) : std::cos(angle)));
    }
  return matrix;
}

template <class T>
void check_axis(const AxisBox& box, const DftKey& key) {
  CAPTURE(box.outer);
  CAPTURE(box.inner);
  CAPTURE(key.points);
  CAPTURE(key.modes);
  const auto matrix = naive_matrix(key);
  const auto field  = random_values<T>(box.lines() * key.points, 1);
  const auto sums   = random_values<T>(box.lines() * key.rows(), 2);
  std::vector<double> analyzed(sums.size()), synthesized(field.size());
  for (std::size_t o = 0; o < box.outer; ++o)
    for (std::size_t r = 0; r < key.rows(); ++r)
      for (std::size_t x = 0; x < key.points; ++x)
        for (std::size_t i = 0; i < box.inner; ++i) {
          const std::size_t sum = (o * key.rows() + r) * box.inner + i;
          const std::size_t at  = (o * key.points + x) * box.inner + i;
          analyzed[sum] += matrix[r * key.points + x] * static_cast<double>(field[at]);
          synthesized[at] += matrix[r * key.points + x] * static_cast<double>(sums[sum]);
        }
  constexpr T nan = std::numeric_limits<T>::quiet_NaN();
  const DeviceArray<T> x(field), y(sums);
  DeviceArray<T> ax(sums.size(), nan), aty(field.size(), nan);
  nop::cuda::analyze_axis<T>(box, key, x.data(), ax.data());
  nop::cuda::synthesize_axis<T>(box, key, y.data(), aty.data());
  CHECK(worst_error(ax.values(), analyzed) < rounding<T>);
  CHECK(worst_error(aty.values(), synthesized) < rounding<T>);
}

TEST_CASE_TEMPLATE("an axis is multiplied by its matrix, and back by the transpose", T, float,
                   double) {
  for (const std::size_t n : {1U, 2U, 3U, 4U, 6U, 9U, 32U, 65U})
    for (const std::size_t m : {1U, 2U, 3U, 9U, 24U, 32U, 65U})
      if (m <= n)
        for (const auto& box : {AxisBox{1, 1}, {3, 5}, {2, 150}})
          check_axis<T>(box, {n, m, m % 2 == 0, ModeWeight::coefficient});
  check_axis<T>({2, 3}, {130, 100, true, ModeWeight::multiplicity});
  check_axis<T>({300, 1}, {40, 7, false, ModeWeight::multiplicity});
  check_axis<T>({0, 1}, {40, 7, false, ModeWeight::multiplicity});
  if (!emulated) check_axis<T>({100, 1000}, {100, 33, true, ModeWeight::coefficient});
}

}  // namespace nop::test::cuda::axis_test
