// SPDX-License-Identifier: BSD-3-Clause
// What becomes of the product is tested by time_mix_test.cpp; here is the product alone.
#include <nop/backend/cuda/time_points.cuh>
#include <nop/backend/cuda/time_product.cuh>
#include <nop/core/shape.hpp>

#include "support/device_array.hpp"
#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <cstddef>
#include <limits>
#include <vector>

namespace nop::test::time_product_test {

using namespace nop::cuda::time_mixing;

namespace {

/// K x, or K^T x, of steps from `in_from` on, at steps from `out_from` on.
template <class Real>
std::vector<Real> product(const Shape<4>& box, std::size_t modes, bool transposed,
                          const DeviceArray<Real>& x, std::size_t in_from, std::size_t out_from,
                          const DeviceArray<std::complex<Real>>& weight) {
  DeviceArray<Real> y(box[0] * (box[1] - out_from) * box[2] * box[3],
                      std::numeric_limits<Real>::quiet_NaN());
  multiply<Real>({.box        = time_box<Real>(box, x.data()),
                  .in         = {x.data(), in_from},
                  .weight     = nop::cuda::as_on_device(weight.data()),
                  .transposed = transposed,
                  .added      = {},
                  .out        = {y.data(), out_from},
                  .continues  = false,
                  .finish     = Finish::keep,
                  .activation = Activation::identity},
                 modes);
  return y.values();
}
double dot(const auto& a, const auto& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += double(a[i]) * double(b[i]);
  return sum;
}

}  // namespace

TEST_CASE("the transposed product is the other's adjoint: <K x, y> = <x, K^T y>") {
  for (const std::size_t channels : {3U, 16U, 50U, 70U})
    for (const std::size_t steps : {2U, 4U, 9U})
      for (const std::size_t from : {0U, 1U}) {
        CAPTURE(channels);
        CAPTURE(steps);
        const Shape<4> box{2, steps, channels, 6};
        const std::size_t modes = steps / 2 + 1;
        const auto x            = random_values<double>(element_count(box), 1);
        const auto y            = random_values<double>(2 * (steps - from) * channels * 6, 2);
        const DeviceArray<std::complex<double>> weight(
            random_values<std::complex<double>>(modes * channels * channels, 3));
        const DeviceArray<double> x_there(x), y_there(y);
        const auto kx     = product<double>(box, modes, false, x_there, 0, from, weight);
        const auto ky     = product<double>(box, modes, true, y_there, from, 0, weight);
        const double size = std::sqrt(dot(kx, kx) * dot(y, y));
        CHECK(std::abs(dot(kx, y) - dot(x, ky)) < rounding<double> * size);
      }
}

TEST_CASE("with weights of one for each channel the product keeps the low frequencies") {
  const Shape<4> box{1, 6, 2, 4};
  const std::size_t modes = 4;  // all
  std::vector<std::complex<float>> identity(modes * 4);
  for (std::size_t k = 0; k < modes; ++k) identity[4 * k] = identity[4 * k + 3] = 1;
  const auto x = random_values<float>(element_count(box), 1);
  const DeviceArray<float> x_there(x);
  const DeviceArray<std::complex<float>> weight(identity);
  CHECK(worst_error(product<float>(box, modes, false, x_there, 0, 0, weight), x) < rounding<float>);
}

}  // namespace nop::test::time_product_test
