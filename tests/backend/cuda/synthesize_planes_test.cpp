// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/planes.cuh>
#include <nop/backend/cuda/synthesize_planes.cuh>

#include "support/device_array.hpp"
#include "support/naive_dft.hpp"
#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <limits>
#include <vector>

namespace nop::test::synthesize_planes_test {

using nop::cuda::PlaneKind;

template <class T, std::size_t Dim>
void check_field(PlaneKind kind, const FourierTransform<Dim>& transform,
                 const FourierTransform<2>& planes) {
  CAPTURE(planes.grid);
  CAPTURE(planes.modes);
  const NaiveDft<T, Dim> naive(transform);
  const auto y = random_values<std::complex<T>>(naive.spectrum_size(), 1);
  for (const std::size_t shift : {0U, 1U}) {  // also where four numbers cannot be written at once
    constexpr T nan = std::numeric_limits<T>::quiet_NaN();
    std::vector<T> expected(naive.field_size() + 1);
    naive.from_modes(y.data(), expected.data() + shift);
    const DeviceArray<std::complex<T>> modes(y);
    DeviceArray<T> field(expected.size(), nan);
    CHECK(
        nop::cuda::synthesize_planes<T>(kind, planes, nullptr, modes.data(), field.data() + shift));
    auto got          = field.values();
    const auto beside = shift == 0 ? got.size() - 1 : 0;
    CHECK(got[beside] != got[beside]);  // what is not the field's is left alone
    got[beside] = expected[beside];
    CHECK(worst_error(got, expected) < rounding<T>);
  }
}

TEST_CASE_TEMPLATE("planes and lines come from their modes", T, float, double) {
  for (const auto layout : {SpectrumLayout::in_place, SpectrumLayout::modes_first})
    for (const std::size_t planes : {1U, 7U, 40U})
      for (const auto& modes : {Shape<2>{1, 1}, {7, 6}, {8, 12}}) {
        const FourierTransform<2> transform{
            planes, {8, 12}, 1, modes, ModeWeight::multiplicity, FourierEngine::dense, layout};
        check_field<T>(PlaneKind::modes, transform, transform);
        check_field<T, 1>(
            PlaneKind::line,
            {planes, {96}, 1, {modes[1]}, ModeWeight::multiplicity, FourierEngine::dense, layout},
            {planes,
             {8, 12},
             1,
             {1, modes[1]},
             ModeWeight::multiplicity,
             FourierEngine::dense,
             layout});
      }
  const FourierTransform<2> wide{
      1, {24, 300}, 1, {20, 3}, ModeWeight::multiplicity, FourierEngine::dense};
  check_field<T>(PlaneKind::modes, wide, wide);
}

}  // namespace nop::test::synthesize_planes_test
