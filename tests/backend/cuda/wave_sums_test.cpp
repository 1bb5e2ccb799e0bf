// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/wave_sums.cuh>

#include "support/device_array.hpp"
#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

namespace nop::test::cuda::wave_sums_test {

namespace device = nop::cuda::detail;

/// Folds a line of n points, and unfolds it again.
template <bool Even>
__global__ void fold_and_unfold(unsigned n, unsigned places, const double* in, double* folded,
                                double* out) {
  using Points = device::Points<Even>;
  for (unsigned x = 0; x < places; ++x) {
    device::Unfolded<double, 1, Even> u;
    for (unsigned which = 0; which < Points::count; ++which)
      u.at[which].at[0] = in[Points::point(which, x, n)];
    const auto f = device::fold(u);
    for (unsigned kind = 0; kind < 4; ++kind) folded[4 * x + kind] = f.at[kind].at[0];
    const auto v = device::unfold<Even>(f);
    for (unsigned which = 0; which < Points::count; ++which)
      out[Points::point(which, x, n)] = v.at[which].at[0];
  }
}

TEST_CASE("folding a line takes each point to its place, and unfolding is the transpose") {
  for (const unsigned n : {1U, 2U, 3U, 6U, 7U, 8U, 12U}) {
    const bool even       = n % 2 == 0;
    const unsigned places = even ? n / 4 + 1 : n / 2 + 1;
    const auto line       = random_values<double>(n, 1);
    const DeviceArray<double> in(line);
    DeviceArray<double> folded(std::size_t{4} * places, 0.0), out(n, 99.0);
    nop::cuda::launch({1, 1}, even ? fold_and_unfold<true> : fold_and_unfold<false>, n, places,
                      in.data(), folded.data(), out.data());
    const auto f = folded.values(), u = out.values();
    for (unsigned x = 0; x < places; ++x) {
      const double a = line[x], b = line[(n - x) % n];
      if (even) {
        const double c = line[n / 2 - x], d = line[(n / 2 + x) % n];
        CHECK(f[4 * x] == doctest::Approx(a + b - c - d));
        CHECK(f[4 * x + 1] == doctest::Approx(a - b + c - d));
        CHECK(f[4 * x + 2] == doctest::Approx(a + b + c + d));
        CHECK(f[4 * x + 3] == doctest::Approx(a - b - c + d));
      } else {
        CHECK(f[4 * x] == doctest::Approx(a + b));
        CHECK(f[4 * x + 1] == doctest::Approx(a - b));
      }
      // The transpose of folding, applied to what was folded, is a multiple of the identity.
      if (!device::x_is_end(x, n)) CHECK(u[x] == doctest::Approx(4 * a));
    }
  }
}

/// Warps w of a block each take the sums of one point with the value w + 1.
__global__ void add_up_warps(unsigned warps, const nop::cuda::Waves<float>* waves, float* out) {
  device::WaveSums<float, 2, 1> sums;
  device::Unfolded<float, 2, false> u = {};
  u.at[0].at[0]                       = static_cast<float>(threadIdx.y + 1);
  u.at[0].at[1]                       = static_cast<float>(threadIdx.x);
  sums.take<false>(u, false, waves);
  sums.add_up(threadIdx.y, warps, threadIdx.x, nop::cuda::shared_memory<float>());
  if (threadIdx.y > 0) return;
  sums.for_each([&](unsigned r, const device::Row<float, 2>& row) {
    for (unsigned i = 0; i < 2; ++i) out[(r * 2 + i) * 32 + threadIdx.x] = row.at[i];
  });
}

TEST_CASE("the sums of all warps of a block are added up") {
  for (const unsigned warps : {1U, 2U, 4U}) {
    const DeviceArray<nop::cuda::Waves<float>> waves(
        std::vector<nop::cuda::Waves<float>>{{{1, 2, 3, 4}}});
    DeviceArray<float> out(std::size_t{5} * 2 * 32, 0.0F);
    nop::cuda::launch({1, {32, warps}, std::size_t{warps} * 5 * 2 * 32 * sizeof(float)},
                      add_up_warps, warps, waves.data(), out.data());
    const auto got     = out.values();
    const float factor = static_cast<float>(warps);
    for (unsigned lane = 0; lane < 32; ++lane)
      for (unsigned r = 0; r < 5; ++r) {
        const float wave = r == 0 ? 1.0F : static_cast<float>(r);
        CHECK(got[r * 64 + lane] == wave * factor * (factor + 1) / 2);
        CHECK(got[r * 64 + 32 + lane] == wave * factor * static_cast<float>(lane));
      }
  }
}

}  // namespace nop::test::cuda::wave_sums_test
