// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/shape.hpp>
#include <nop/core/time_mixing.hpp>

#include "backend_array.hpp"
#include "naive_time_mixing.hpp"
#include "random_field.hpp"
#include "tolerance.hpp"
#include <doctest/doctest.h>

#include <algorithm>
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

  /// By a backend, with all arrays `shift` numbers behind where they are allocated; NaN where
  /// nothing is wanted.
  template <class Backend>
  [[nodiscard]] auto by(bool wants_dx = true, bool wants_dr = true, std::size_t shift = 0) const {
    using Complex    = std::complex<Real>;
    const auto nan   = std::numeric_limits<Real>::quiet_NaN();
    const auto moved = [shift](auto values) {
      values.insert(values.begin(), shift, {});
      return values;
    };
    const BackendArray<Backend, Real> x_there(moved(x)), dy_there(moved(dy));
    const BackendArray<Backend, Complex> r_there(weight);
    BackendArray<Backend, Complex> dr_there(weight.size(), Complex(nan, nan));
    BackendArray<Backend, Real> y_there(dy.size() + shift, nan), dx_there(x.size() + shift, nan);
    const TimeMixing<Real> mixing{modes, r_there.data(), activation, from};
    Backend::mix_time(box, x_there.data() + shift, mixing, y_there.data() + shift);
    Backend::pull_mix_time(box, x_there.data() + shift, mixing, dy_there.data() + shift,
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

template <class Backend, class Real>
void check_time_block(const Shape<4>& box, std::size_t modes, Activation activation,
                      std::size_t from = 0, std::size_t shift = 0) {
  CAPTURE(box);
  CAPTURE(modes);
  CAPTURE(from);
  CAPTURE(shift);
  const TimeBlock<Real> block(box, modes, activation, from);
  const auto [y, dx, dr]                   = block.template by<Backend>(true, true, shift);
  const auto [y_naive, dx_naive, dr_naive] = block.naive();
  CHECK(worst_error(y, y_naive) < rounding<Real>);
  CHECK(worst_error(dx, dx_naive) < rounding<Real>);
  CHECK(worst_error(dr, dr_naive) < rounding<Real>);
}

/// Only those gradients that are wanted are written.
template <class Backend>
void check_wanted_time_gradients(const Shape<4>& box) {
  const TimeBlock<float> block(box, 2, Activation::gelu);
  const auto is_nan                 = [](const auto& z) { return z != z; };
  const auto [y, dx, dr]            = block.by<Backend>();
  const auto [y_x, dx_alone, no_dr] = block.by<Backend>(true, false);
  const auto [y_r, no_dx, dr_alone] = block.by<Backend>(false, true);
  CHECK(dx_alone == dx);
  CHECK(dr_alone == dr);
  CHECK(std::all_of(no_dr.begin(), no_dr.end(), is_nan));
  CHECK(std::all_of(no_dx.begin(), no_dx.end(), is_nan));
}

}  // namespace nop::test
