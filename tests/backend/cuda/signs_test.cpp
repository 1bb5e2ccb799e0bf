// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/signs.cuh>

#include "support/device_array.hpp"
#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <vector>

namespace nop::test::cuda::signs_test {

/// Both ways of a transform with one outer and one inner index, by i^|S| for each set S of axes.
template <class Element, std::size_t Dim>
void check_signs(const Shape<Dim>& modes, SpectrumLayout layout, std::size_t outer,
                 std::size_t inner) {
  using Wide = std::complex<double>;
  CAPTURE(modes);
  const FourierTransform<Dim> transform{
      outer, modes, inner, modes, ModeWeight::coefficient, FourierEngine::dense, layout};
  Shape<Dim> rows;
  for (std::size_t a = 0; a < Dim; ++a) rows[a] = 2 * (modes[a] / 2) + 1;
  const auto stored       = spectrum_shape<Element>(modes);
  const std::size_t count = element_count(stored), sums = element_count(rows);
  const auto f = random_values<Element>(outer * sums * inner, 1);
  const auto y = random_values<complex_of<Element>>(outer * count * inner, 2);
  std::vector<Wide> combined(y.size()), separated(f.size());
  for (std::size_t k = 0; k < count; ++k)
    for (std::size_t r = 0; r < sums; ++r) {
      Wide factor      = 1;
      std::size_t k_at = k, r_at = r;
      for (std::size_t a = Dim; a-- > 0; k_at /= stored[a], r_at /= rows[a]) {
        const bool half      = real<Element> && a + 1 == Dim;
        const auto frequency = static_cast<std::ptrdiff_t>(k_at % stored[a]) -
                               (half ? 0 : static_cast<std::ptrdiff_t>(modes[a] / 2));
        const std::size_t row = r_at % rows[a];
        if (static_cast<std::size_t>(std::abs(frequency)) != (row + 1) / 2)
          factor = 0;
        else if (row > 0 && row % 2 == 0)
          factor *= Wide(0, frequency > 0 ? 1 : -1);
      }
      for (std::size_t o = 0; o < outer; ++o)
        for (std::size_t i = 0; i < inner; ++i) {
          const std::size_t mode = layout == SpectrumLayout::in_place ? (o * count + k) * inner + i
                                                                      : (k * outer + o) * inner + i;
          const std::size_t sum  = (o * sums + r) * inner + i;
          combined[mode] += std::conj(factor) * Wide(f[sum]);
          separated[sum] += factor * Wide(y[mode]);
        }
    }
  if (real<Element>)
    for (auto& value : separated) value = value.real();
  constexpr auto nan = std::numeric_limits<nop::real_of<Element>>::quiet_NaN();
  const DeviceArray<Element> in(f);
  const DeviceArray<complex_of<Element>> back(y);
  DeviceArray<complex_of<Element>> out(y.size(), nan);
  DeviceArray<Element> field(f.size(), nan);
  nop::cuda::combine(transform, in.data(), out.data());
  nop::cuda::separate(transform, back.data(), field.data());
  CHECK(worst_error(out.values(), combined) < rounding<Element>);
  CHECK(worst_error(field.values(), separated) < rounding<Element>);
}

TEST_CASE_TEMPLATE("modes are sums over sets of axes, and back", T, float, double,
                   std::complex<float>, std::complex<double>) {
  for (const auto layout : {SpectrumLayout::in_place, SpectrumLayout::modes_first}) {
    for (const std::size_t m : {1U, 2U, 5U, 6U}) check_signs<T>(Shape<1>{m}, layout, 3, 2);
    for (const auto& modes : {Shape<2>{1, 1}, {4, 5}, {3, 6}, {2, 2}})
      check_signs<T>(modes, layout, 2, 3);
    check_signs<T>(Shape<3>{3, 2, 4}, layout, 2, 1);
    check_signs<T>(Shape<4>{2, 3, 1, 4}, layout, 1, 2);
  }
}

}  // namespace nop::test::cuda::signs_test
