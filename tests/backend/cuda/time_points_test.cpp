// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/runtime.cuh>
#include <nop/backend/cuda/time_points.cuh>
#include <nop/core/shape.hpp>

#include "support/device_array.hpp"
#include "support/random_field.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <limits>
#include <vector>

namespace nop::test::time_points_test {

using namespace nop::cuda::time_mixing;

/// Copies a step of a channel, each thread the packets of points that it comes to in steps of
/// `by` packets.
template <class Real>
__global__ void copy_kernel(TimeBox box, Steps<const Real> in, Steps<Real> out, std::size_t t,
                            std::size_t channel, unsigned by) {
  Place<Real> place(box, threadIdx.x * lanes<Real>);
  for (; !place.is_empty(); place.advance(box, by * lanes<Real>))
    place.store(box, out, t, channel, place.load(box, in, t, channel));
}

TEST_CASE_TEMPLATE("packets of points go over all samples, wherever a field begins", Real, float,
                   double) {
  const Real nan = std::numeric_limits<Real>::quiet_NaN();
  for (const std::size_t points : {1U, 2U, 3U, 4U, 7U, 8U})
    for (const std::size_t samples : {1U, 2U, 5U})
      for (const std::size_t shift : {0U, 1U}) {
        CAPTURE(points);
        CAPTURE(samples);
        CAPTURE(shift);
        const Shape<4> box{samples, 4, 3, points};
        const std::size_t size = element_count(box), of_result = samples * 2 * 3 * points;
        const auto x = random_values<Real>(size + shift, 1);
        const DeviceArray<Real> in(x);
        DeviceArray<Real> out(of_result + shift, nan);
        const auto about =
            time_box<Real>(box, in.data() + shift, static_cast<const Real*>(out.data() + shift));
        CHECK(about.in_packets == (shift == 0 && points % lanes<Real> == 0));
        for (std::size_t t = 2; t < 4; ++t)
          for (std::size_t c = 0; c < 3; c += 2)
            nop::cuda::launch({1, 3}, copy_kernel<Real>, about,
                              Steps<const Real>{in.data() + shift, 0},
                              Steps<Real>{out.data() + shift, 2}, t, c, 3);
        const auto got = out.values();
        bool all_right = true;
        for (std::size_t i = 0; i < of_result; ++i) {
          const std::size_t p = i % points, c = i / points % 3, t = i / points / 3 % 2 + 2;
          const std::size_t sample = i / points / 6;
          const Real value         = got[shift + i];
          all_right &=
              c == 1 ? value != value : value == x[shift + ((sample * 4 + t) * 3 + c) * points + p];
        }
        CHECK(all_right);
      }
}

}  // namespace nop::test::time_points_test
