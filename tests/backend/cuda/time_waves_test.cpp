// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/runtime.cuh>
#include <nop/backend/cuda/time_waves.cuh>

#include "support/device_array.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <type_traits>
#include <vector>

namespace nop::test::time_waves_test {

using nop::cuda::time_mixing::for_each_group;

template <class Real, class Group>
__global__ void waves_kernel(Group group, Real* waves) {
  nop::cuda::time_mixing::write_waves(group, waves);
}

TEST_CASE("groups of frequencies hold each of them once, in their order") {
  for (std::size_t steps = 1; steps < 20; ++steps)
    for (std::size_t modes = 1; modes <= steps / 2 + 1; ++modes) {
      CAPTURE(steps);
      CAPTURE(modes);
      std::vector<std::size_t> reals, complexes;
      for_each_group(steps, modes, [&](const auto& group) {
        using Group = std::remove_cvref_t<decltype(group)>;
        CHECK(Group::rows <= 6);
        unsigned row = 0;
        for (unsigned f = 0; f < Group::count; ++f) {
          (Group::is_real(f) ? reals : complexes).push_back(group.frequency(f));
          CHECK(Group::first_row(f) == row);
          for (const unsigned end = row + (Group::is_real(f) ? 1 : 2); row < end; ++row)
            CHECK(Group::frequency_of_row(row) == f);
        }
        CHECK(row == Group::rows);
      });
      const bool has_last = modes > 1 && 2 * (modes - 1) == steps;
      CHECK(reals ==
            (has_last ? std::vector<std::size_t>{0, steps / 2} : std::vector<std::size_t>{0}));
      CHECK(complexes.size() == modes - reals.size());
      for (std::size_t i = 0; i < complexes.size(); ++i) CHECK(complexes[i] == i + 1);
    }
}

TEST_CASE_TEMPLATE("rows of waves are cosines and, turned around, sines", Real, float, double) {
  const Real nan = std::numeric_limits<Real>::quiet_NaN();
  for (const std::size_t steps : {1U, 2U, 4U, 5U, 16U, 200U})
    for_each_group(steps, steps / 2 + 1, [&](const auto& group) {
      using Group = std::remove_cvref_t<decltype(group)>;
      DeviceArray<Real> waves(Group::rows * steps, nan);
      nop::cuda::launch({1, nop::cuda::time_mixing::block_threads}, waves_kernel<Real, Group>,
                        group, waves.data());
      std::vector<double> expected;
      for (unsigned f = 0; f < Group::count; ++f)
        for (unsigned part = 0; part < (Group::is_real(f) ? 1U : 2U); ++part)
          for (std::size_t t = 0; t < steps; ++t) {
            const double angle = 2 * std::numbers::pi *
                                 static_cast<double>(group.frequency(f) * t) /
                                 static_cast<double>(steps);
            expected.push_back(part == 0 ? std::cos(angle) : -std::sin(angle));
          }
      CHECK(worst_error(waves.values(), expected) < rounding<Real>);
    });
}

}  // namespace nop::test::time_waves_test
