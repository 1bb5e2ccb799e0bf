// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/runtime.cuh>
#include <nop/backend/cuda/strided.cuh>

#include "support/device_array.hpp"
#include "support/random_field.hpp"
#include <doctest/doctest.h>

#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace nop::test::strided_test {

namespace {

/// out[place, e] = what an operand has at places (1, 2, 0), outside, (1, 2, 1).
template <unsigned Width, class Element>
__global__ void read(nop::cuda::Strided<const Element> in, Element* out) {
  const std::array<nop::cuda::BoxPlace, 3> places = {
      {{1, 2, 0, true}, {1, 2, 1000000, false}, {1, 2, 1, true}}};
  const nop::cuda::Values<Element, Width, 3> values(in, places);
  for (unsigned i = 0; i < 3; i += 2)
    for (unsigned e = 0; e < Width; ++e) out[i * Width + e] = values(i, e);
}

}  // namespace

TEST_CASE_TEMPLATE("runs of elements are read where they are, and repeated ones everywhere", T,
                   float, double, std::complex<float>) {
  constexpr unsigned width = 4;
  const auto values        = random_values<T>(100, 1);
  const DeviceArray<T> x(values);
  for (const bool repeated : {false, true})
    for (const bool wide : {false, true}) {
      const nop::Operand<const T> operand = {x.data(), {32, 12, repeated ? 0U : 1U}};
      DeviceArray<T> got(3 * width, T(-1));
      using Device = nop::cuda::on_device<T>;
      nop::cuda::launch({1, 1}, wide ? read<width, Device> : read<1, Device>,
                        nop::cuda::strided(operand), nop::cuda::as_on_device(got.data()));
      const auto result            = got.values();
      const std::size_t width_used = wide ? width : 1;
      for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t e = 0; e < width_used; ++e)
          CHECK(result[i * width_used + e] ==
                (i == 1 ? T(-1) : values[32 + 2 * 12 + (repeated ? 0 : (i / 2) * width_used + e)]));
    }
}

TEST_CASE("runs are read of what is aligned, and as many elements as fill an access") {
  using nop::cuda::elements_per_access, nop::cuda::has_runs;
  static_assert(elements_per_access<float> == 4);
  static_assert(elements_per_access<std::complex<double>, double> == 2);
  static_assert(elements_per_access<std::complex<double>> == 1);
  const DeviceArray<float> x(100, 0.F);
  const auto runs = [&](std::size_t begin, const std::array<std::size_t, 3>& step) {
    return has_runs(nop::Operand<const float>{x.data() + begin, step}, 4);
  };
  CHECK(runs(0, {16, 4, 1}));
  CHECK(runs(4, {0, 0, 1}));
  CHECK(runs(1, {3, 1, 0}));
  CHECK_FALSE(runs(1, {16, 4, 1}));
  CHECK_FALSE(runs(0, {16, 2, 1}));
  CHECK_FALSE(runs(0, {15, 4, 1}));
  CHECK_FALSE(runs(0, {16, 4, 2}));
}

TEST_CASE("a value of any kind becomes an element") {
  using nop::cuda::as_element, nop::cuda::Complex;
  CHECK(as_element<float>(0.1) == 0.1F);
  CHECK(as_element<double>(0.5F) == 0.5);
  CHECK(as_element<Complex<float>>(0.1) == Complex<float>(0.1F, 0));
  CHECK(as_element<Complex<float>>(std::complex<double>(0.1, 2)) == Complex<float>(0.1F, 2));
  CHECK(as_element<Complex<double>>(Complex<float>(1, 2)) == Complex<double>(1, 2));
  CHECK(as_element<Complex<double>>(Complex<double>(1, 2)) == Complex<double>(1, 2));
}

}  // namespace nop::test::strided_test
