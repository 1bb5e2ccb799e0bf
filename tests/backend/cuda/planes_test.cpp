// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/planes.cuh>

#include <doctest/doctest.h>

#include <cstddef>

namespace nop::test::cuda::planes_test {

namespace device = nop::cuda;
using device::PlaneKind;

TEST_CASE("a line becomes a plane with columns for whole warps where its length allows it") {
  CHECK(device::line_axis(8192) == 64);
  CHECK(device::line_axis(1U << 20U) == 8192);
  CHECK(device::line_axis(1000) == 10);
  CHECK(device::line_axis(10007) == 0);
  CHECK(device::line_axis(16) == 0);
}

TEST_CASE("layouts keep what a block needs at once apart, and within its shared memory") {
  const FourierTransform<2> planes{64,
                                   {128, 128},
                                   1,
                                   {32, 32},
                                   ModeWeight::coefficient,
                                   FourierEngine::dense,
                                   SpectrumLayout::modes_first};
  const auto task     = device::detail::plane_task<float>(PlaneKind::modes, planes, 1);
  const auto analysis = device::detail::analysis_layout(task);
  CHECK(analysis.threads == 256);
  CHECK(analysis.chunks == 2);
  CHECK(analysis.first >= analysis.folded);
  CHECK(analysis.second >= analysis.first + std::size_t{task.first.rows} * task.pitch());
  CHECK(analysis.total * sizeof(float) <= device::device().shared_bytes);
  const auto synthesis = device::detail::synthesis_layout(task);
  CHECK(synthesis.threads == 288);
  CHECK(synthesis.keeps_waves);
  CHECK(synthesis.modes > synthesis.second_waves);
  CHECK(synthesis.rows > synthesis.sums);
  CHECK(synthesis.total * sizeof(float) <= device::device().shared_bytes);
}

TEST_CASE("planes that do not fit are left alone") {
  const FourierTransform<2> planes{
      1, {256, 4096}, 1, {256, 256}, ModeWeight::coefficient, FourierEngine::dense};
  CHECK_FALSE(device::analyze_planes<double>(PlaneKind::modes, planes, nullptr, nullptr, nullptr));
  CHECK_FALSE(
      device::synthesize_planes<double>(PlaneKind::modes, planes, nullptr, nullptr, nullptr));
}

}  // namespace nop::test::cuda::planes_test
