// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda.hpp>

#include "support/backend_array.hpp"
#include "support/cuda.hpp"
#include "support/fourier_cases.hpp"
#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <vector>

namespace nop::test::cuda::fourier_test {

TEST_CASE_TEMPLATE("a transform along one axis agrees with the sums that define it", T, float,
                   double, std::complex<float>, std::complex<double>) {
  check_transforms_of_one_axis<Cuda, T>();
}

TEST_CASE_TEMPLATE("a transform along two axes agrees with the sums that define it", T, float,
                   double, std::complex<float>, std::complex<double>) {
  check_transforms_of_two_axes<Cuda, T>();
}

TEST_CASE_TEMPLATE("a transform along three and four axes agrees with the sums that define it", T,
                   float, double, std::complex<double>) {
  check_transforms_of_more_axes<Cuda, T>();
}

TEST_CASE_TEMPLATE("a transform of many planes agrees with the sums that define it", T, float,
                   std::complex<double>) {
  check_transforms_of_many_planes<Cuda, T>();
}

TEST_CASE_TEMPLATE("a transform of a middle axis agrees with the sums that define it", T, float,
                   double, std::complex<float>) {
  check_transforms_of_a_middle_axis<Cuda, T>();
}

TEST_CASE_TEMPLATE("transforms of larger planes agree with the sums that define them", T, float,
                   double) {
  check_transform<Cuda, T>(3, Shape<2>{32, 48}, 1, {8, 12});
  check_transform<Cuda, T>(5, Shape<2>{21, 17}, 1, {12, 7});
  check_transform<Cuda, T>(2, Shape<2>{30, 66}, 1, {30, 66});
  check_transform<Cuda, T>(1, Shape<2>{9, 150}, 1, {9, 20});
  check_transform<Cuda, T>(3, Shape<3>{6, 10, 12}, 1, {4, 6, 8});
}

TEST_CASE_TEMPLATE("transforms of long lines agree with the sums that define them", T, float,
                   double) {
  check_transform<Cuda, T>(3, Shape<1>{1024}, 1, {32});
  check_transform<Cuda, T>(2, Shape<1>{400}, 1, {25});
  check_transform<Cuda, T>(5, Shape<1>{1000}, 1, {6});
  check_transform<Cuda, T>(2, Shape<1>{251}, 1, {16});
}

TEST_CASE("a transform of no lines does nothing") {
  check_transform<Cuda, double>(2, Shape<2>{4, 5}, 0, {3, 4});
}

TEST_CASE_TEMPLATE("a band of no modes is made of nothing and makes zero", T, double,
                   std::complex<double>) {
  check_bands_of_no_modes<Cuda, T>();
}

TEST_CASE("plane waves of both signs are found exactly if they are in the band") {
  check_plane_waves<Cuda>();
}

TEST_CASE("a field comes back from all of its modes and is interpolated on a finer grid") {
  check_interpolation<Cuda>();
}

/// The sums that define it would take too long for these: the engines agree, twice with the same
/// bits.
template <class Element, std::size_t Dim>
void check_large(std::size_t outer, const Shape<Dim>& grid, const Shape<Dim>& modes) {
  CAPTURE(grid);
  FourierTransform<Dim> transform{outer,
                                  grid,
                                  1,
                                  modes,
                                  ModeWeight::coefficient,
                                  FourierEngine::fft,
                                  SpectrumLayout::modes_first};
  const std::size_t spectrum = outer * element_count(spectrum_shape<Element>(modes));
  const BackendArray<Cuda, Element> x(random_values<Element>(outer * element_count(grid), 1));
  const BackendArray<Cuda, complex_of<Element>> y(random_values<complex_of<Element>>(spectrum, 2));
  std::vector<std::vector<complex_of<Element>>> ax;
  std::vector<std::vector<Element>> aty;
  for (const auto engine : {FourierEngine::fft, FourierEngine::dense, FourierEngine::dense}) {
    transform.engine = engine;
    BackendArray<Cuda, complex_of<Element>> modes_of_x(spectrum, complex_of<Element>());
    BackendArray<Cuda, Element> field_of_y(outer * element_count(grid), Element());
    Cuda::to_modes(transform, x.data(), modes_of_x.data());
    Cuda::from_modes(transform, y.data(), field_of_y.data());
    ax.push_back(modes_of_x.values());
    aty.push_back(field_of_y.values());
  }
  CHECK(worst_error(ax[1], ax[0]) < nop::test::rounding<Element>);
  CHECK(worst_error(aty[1], aty[0]) < nop::test::rounding<Element>);
  CHECK(ax[1] == ax[2]);
  CHECK(aty[1] == aty[2]);
}

TEST_CASE_TEMPLATE("large transforms agree with full ones, with the same bits each time", T, float,
                   double) {
  check_large<T>(emulated ? 1 : 1024, Shape<1>{8192}, {32});
  check_large<T>(emulated ? 1 : 300, Shape<2>{128, 128}, {32, 32});
  check_large<T>(emulated ? 1 : 128, Shape<2>{101, 97}, {24, 24});
  check_large<T>(2, Shape<3>{16, 16, 20}, {8, 8, 8});
  if (emulated) return;
  check_large<T>(1000, Shape<2>{64, 64}, {32, 32});
  check_large<T>(64, Shape<2>{256, 256}, {24, 24});
  check_large<T>(9, Shape<2>{421, 421}, {24, 24});
  check_large<T>(3, Shape<2>{512, 1000}, {128, 130});
  check_large<T>(20, Shape<3>{64, 64, 40}, {16, 16, 16});
  check_large<T>(7, Shape<1>{1 << 20U}, {64});
  check_large<T>(7, Shape<1>{10007}, {64});
  check_large<std::complex<T>>(64, Shape<2>{128, 128}, {32, 32});
  check_large<std::complex<T>>(64, Shape<1>{8192}, {32});
  check_large<std::complex<T>>(2, Shape<4>{16, 20, 24, 16}, {8, 8, 8, 8});
}

}  // namespace nop::test::cuda::fourier_test
