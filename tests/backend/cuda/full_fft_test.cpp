// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/full_fft.cuh>

#include "support/device_array.hpp"
#include "support/naive_dft.hpp"
#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <limits>
#include <vector>

namespace nop::test::full_fft_test {

template <class Element, std::size_t Dim>
void check_transform(const FourierTransform<Dim>& transform) {
  CAPTURE(transform.grid);
  CAPTURE(transform.modes);
  const NaiveDft<Element, Dim> naive(transform);
  const auto x = random_values<Element>(naive.field_size(), 1);
  const auto y = random_values<complex_of<Element>>(naive.spectrum_size(), 2);
  std::vector<complex_of<Element>> ax(y.size());
  std::vector<Element> aty(x.size());
  naive.to_modes(x.data(), ax.data());
  naive.from_modes(y.data(), aty.data());
  constexpr auto nan = std::numeric_limits<nop::real_of<Element>>::quiet_NaN();
  const DeviceArray<Element> field(x);
  const DeviceArray<complex_of<Element>> modes(y);
  DeviceArray<complex_of<Element>> to(y.size(), nan);
  DeviceArray<Element> from(x.size(), nan);
  nop::cuda::to_modes_by_fft(transform, field.data(), to.data());
  nop::cuda::from_modes_by_fft(transform, modes.data(), from.data());
  CHECK(worst_error(to.values(), ax) < rounding<Element>);
  CHECK(worst_error(from.values(), aty) < rounding<Element>);
  CHECK(field.values() == x);
  CHECK(modes.values() == y);
}

TEST_CASE_TEMPLATE("the band of a full transform is that of the definition", T, float, double,
                   std::complex<float>, std::complex<double>) {
  for (const auto weight : {ModeWeight::coefficient, ModeWeight::multiplicity})
    for (const auto layout : {SpectrumLayout::in_place, SpectrumLayout::modes_first})
      for (const std::size_t inner : {1U, 2U}) {
        const auto engine = FourierEngine::fft;
        check_transform<T, 1>({3, {8}, inner, {8}, weight, engine, layout});
        check_transform<T, 1>({3, {7}, inner, {4}, weight, engine, layout});
        check_transform<T, 2>({2, {6, 4}, inner, {6, 4}, weight, engine, layout});
        check_transform<T, 2>({2, {5, 9}, inner, {4, 3}, weight, engine, layout});
        check_transform<T, 3>({2, {1, 4, 6}, inner, {1, 3, 6}, weight, engine, layout});
        check_transform<T, 4>({2, {2, 3, 4, 4}, inner, {2, 2, 4, 3}, weight, engine, layout});
      }
}

}  // namespace nop::test::full_fft_test
