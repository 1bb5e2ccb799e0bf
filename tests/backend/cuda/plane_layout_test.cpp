// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/plane_layout.cuh>

#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <numbers>
#include <vector>

namespace nop::test::plane_layout_test {

using nop::cuda::LineWaves;
using nop::cuda::PlaneKind;
using nop::cuda::detail::plane_task;
using nop::cuda::detail::planes_together;

TEST_CASE("blocks have several planes where they are small and many") {
  CHECK(planes_together(1, 4, 256) == 1);
  CHECK(planes_together(1000000, 256, 256) == 1);
  CHECK(planes_together(1000000, 1000, 256) == 1);
  CHECK(planes_together(1000000, 64, 256) == 4);
  CHECK(planes_together(1000000, 1, 256) == 16);
}

TEST_CASE_TEMPLATE("the waves of a line are those of its first columns", T, float, double) {
  const LineWaves<T> waves({24, 6, 5, ModeWeight::multiplicity});
  std::vector<std::complex<T>> got(std::size_t{3} * 6);
  nop::cuda::copy_to_host(reinterpret_cast<const std::complex<T>*>(waves.data()), got.data(),
                          got.size());
  std::vector<std::complex<double>> expected;
  for (std::size_t k = 0; k < 3; ++k)
    for (std::size_t y = 0; y < 6; ++y)
      expected.push_back(
          std::polar(k == 0 ? 1.0 : 2.0, -2 * std::numbers::pi * static_cast<double>(k * y) / 24));
  CHECK(worst_error(got, expected) < rounding<T>);
}

TEST_CASE("columns of the planes of a block stand side by side") {
  const FourierTransform<2> planes{7,
                                   {8, 6},
                                   1,
                                   {4, 3},
                                   ModeWeight::coefficient,
                                   FourierEngine::dense,
                                   SpectrumLayout::modes_first};
  const auto task = plane_task<float>(PlaneKind::modes, planes, 3);
  CHECK(task.width() == 6);
  CHECK(task.columns == 18);
  CHECK(task.pitch() == 20);
  CHECK(task.rows() == 15);
  CHECK(task.row_pitch() == 15);
  CHECK(task.modes() == 4 * 2);
  CHECK_FALSE(task.vectors);
  CHECK(task.map.mode_outer_step == 1);
  const auto line = plane_task<float>(
      PlaneKind::line, {7, {8, 12}, 1, {1, 5}, ModeWeight::coefficient, FourierEngine::dense}, 2);
  CHECK(line.first.rows == 5);
  CHECK(line.modes() == 3);
  CHECK(line.vectors);
}

}  // namespace nop::test::plane_layout_test
