// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/time_mix.cuh>
#include <nop/backend/cuda/time_mix_pullback.cuh>

#include "device_array.hpp"
#include "naive_time_mixing.hpp"
#include "random_field.hpp"

#include <complex>
#include <cstddef>
#include <limits>
#include <tuple>
#include <vector>

namespace nop::test {

/// Steps that are answered with: those from `from` on.
inline Shape<4> answered(const Shape<4>& box, std::size_t from) {
  return {box[0], box[1] - from, box[2], box[3]};
}

/// A random block, and all that comes of it: y, dx and dR.
template <class Real>
struct TimeBlock {
  Shape<4> box;
  std::size_t modes;
  Activation activation;
  std::size_t from;
  std::vector<Real> x, dy;
  std::vector<std::complex<Real>> weight;

  TimeBlock(const Shape<4>& box_, std::size_t modes_, Activation activation_, std::size_t from_ = 0)
      : box(box_),
        modes(modes_),
        activation(activation_),
        from(from_),
        x(random_values<Real>(element_count(box), 1)),
        dy(random_values<Real>(element_count(answered(box, from)), 2)),
        weight(random_values<std::complex<Real>>(modes * box[2] * box[2], 3)) {
    for (auto& w : weight) w /= static_cast<Real>(box[2]);
  }

  /// With all arrays `shift` numbers behind where they are allocated.
  [[nodiscard]] auto ours(bool wants_dx = true, bool wants_dr = true, std::size_t shift = 0) const {
    using Complex    = std::complex<Real>;
    const auto nan   = std::numeric_limits<Real>::quiet_NaN();
    const auto moved = [shift](auto values) {
      values.insert(values.begin(), shift, {});
      return values;
    };
    const DeviceArray<Real> x_there(moved(x)), dy_there(moved(dy));
    const DeviceArray<Complex> r_there(weight);
    DeviceArray<Complex> dr_there(weight.size(), Complex(nan, nan));
    DeviceArray<Real> y_there(dy.size() + shift, nan), dx_there(x.size() + shift, nan);
    const TimeMixing<Real> mixing{modes, r_there.data(), activation, from};
    nop::cuda::mix_time(box, x_there.data() + shift, mixing, y_there.data() + shift);
    nop::cuda::pull_mix_time(box, x_there.data() + shift, mixing, dy_there.data() + shift,
                             wants_dx ? dx_there.data() + shift : nullptr,
                             wants_dr ? dr_there.data() : nullptr);
    const auto behind = [shift](const auto& array) {
      auto values = array.values();
      values.erase(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(shift));
      return values;
    };
    return std::tuple(behind(y_there), behind(dx_there), dr_there.values());
  }
  [[nodiscard]] auto naive() const {
    std::vector<Real> y(dy.size(), Real(77)), dx(x.size(), Real(77));
    std::vector<std::complex<Real>> dr(weight.size(), Real(77));
    const NaiveTimeMixing<Real> block(box, x.data(), {modes, weight.data(), activation, from});
    block.mix(y.data());
    block.pull(dy.data(), dx.data(), dr.data());
    return std::tuple(y, dx, dr);
  }
};

}  // namespace nop::test
