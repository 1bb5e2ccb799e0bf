// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/analyze_planes.cuh>
#include <nop/backend/cuda/planes.cuh>

#include "support/device_array.hpp"
#include "support/naive_dft.hpp"
#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <limits>
#include <vector>

namespace nop::test::analyze_planes_test {

using nop::cuda::PlaneKind;

template <class T, std::size_t Dim>
void check_modes(PlaneKind kind, const FourierTransform<Dim>& transform,
                 const FourierTransform<2>& planes) {
  CAPTURE(planes.grid);
  CAPTURE(planes.modes);
  const NaiveDft<T, Dim> naive(transform);
  const auto x = random_values<T>(naive.field_size() + 1, 1);
  for (const std::size_t shift : {0U, 1U}) {  // also where four numbers cannot be read at once
    std::vector<std::complex<T>> expected(naive.spectrum_size());
    naive.to_modes(x.data() + shift, expected.data());
    const DeviceArray<T> field(x);
    DeviceArray<std::complex<T>> modes(expected.size(), std::numeric_limits<T>::quiet_NaN());
    CHECK(nop::cuda::analyze_planes<T>(kind, planes, field.data() + shift, nullptr, modes.data()));
    CHECK(worst_error(modes.values(), expected) < rounding<T>);
  }
}

TEST_CASE_TEMPLATE("planes and lines go to their modes", T, float, double) {
  for (const auto layout : {SpectrumLayout::in_place, SpectrumLayout::modes_first})
    for (const std::size_t planes : {1U, 7U, 40U})
      for (const auto& modes : {Shape<2>{1, 1}, {7, 6}, {8, 12}}) {
        const FourierTransform<2> transform{
            planes, {8, 12}, 1, modes, ModeWeight::coefficient, FourierEngine::dense, layout};
        check_modes<T>(PlaneKind::modes, transform, transform);
        check_modes<T, 1>(
            PlaneKind::line,
            {planes, {96}, 1, {modes[1]}, ModeWeight::coefficient, FourierEngine::dense, layout},
            {planes,
             {8, 12},
             1,
             {1, modes[1]},
             ModeWeight::coefficient,
             FourierEngine::dense,
             layout});
      }
  // More slabs than one, and more sums than threads.
  const FourierTransform<2> wide{
      1, {24, 300}, 1, {20, 3}, ModeWeight::coefficient, FourierEngine::dense};
  check_modes<T>(PlaneKind::modes, wide, wide);
}

}  // namespace nop::test::analyze_planes_test
