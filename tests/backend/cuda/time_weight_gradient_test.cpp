// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/time_points.cuh>
#include <nop/backend/cuda/time_weight_gradient.cuh>
#include <nop/core/shape.hpp>

#include "support/device_array.hpp"
#include "support/naive_time_mixing.hpp"
#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <limits>
#include <vector>

namespace nop::test::time_weight_gradient_test {

using namespace nop::cuda::time_mixing;

TEST_CASE("the points have parts, each of some chunks, that do not depend on the device") {
  CHECK(weight_sum_parts(0, 1) == 1);
  CHECK(weight_sum_parts(7, 1) == 1);
  CHECK(weight_sum_parts(80, 1) == 10);
  CHECK(weight_sum_parts(100000, 1) == 264);
  CHECK(weight_sum_parts(100000, 4) == 17);
  CHECK(weight_sum_parts(100000, 100) == 1);
}

TEST_CASE_TEMPLATE("the gradient by the weight is that of the definition", Real, float, double) {
  const Real nan = std::numeric_limits<Real>::quiet_NaN();
  for (const Shape<4>& box : {Shape<4>{2, 4, 3, 150}, Shape<4>{1, 4, 33, 5}, Shape<4>{3, 5, 4, 7},
                              Shape<4>{1, 2, 70, 3}, Shape<4>{0, 4, 3, 3}}) {
    CAPTURE(box);
    const std::size_t modes = box[1] / 2 + 1, size = modes * box[2] * box[2];
    const auto x = random_values<Real>(element_count(box), 1);
    const auto g = random_values<Real>(box[0] * (box[1] - 1) * box[2] * box[3], 2);
    std::vector<std::complex<Real>> weight(size), expected(size);
    const TimeMixing<Real> linear{modes, weight.data(), Activation::identity, 1};
    NaiveTimeMixing<Real>(box, x.data(), linear).pull(g.data(), nullptr, expected.data());
    const DeviceArray<Real> x_there(x), g_there(g);
    DeviceArray<std::complex<Real>> got(size, {nan, nan});
    weight_gradient<Real>(time_box<Real>(box, x_there.data(), g_there.data()), {x_there.data(), 0},
                          {g_there.data(), 1}, modes, nop::cuda::as_on_device(got.data()));
    CHECK(worst_error(got.values(), expected) < rounding<Real>);
  }
}

}  // namespace nop::test::time_weight_gradient_test
