// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/functors.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/shape.hpp>
#include <nop/ops/axes.hpp>
#include <nop/ops/elementwise.hpp>

#include <cstddef>
#include <type_traits>

namespace nop {

namespace detail {

struct AddToMode {
  /// Y_bo(k) + bias_o in the one mode at `mode`, of a spectrum [modes..., batch, channel] and a
  /// bias [channel]: where its frequency is zero, a constant added to the field. A real bias is
  /// added to the real part. Throws PreconditionError if they do not fit.
  template <operand Spectrum, operand Bias>
  auto operator()(const Spectrum& spectrum, const Bias& bias,
                  const Shape<rank_of<Spectrum> - 2>& mode) const {
    constexpr std::size_t modes = rank_of<Spectrum> - 2;
    const auto stored           = subshape<0, modes>(spectrum.shape());
    expects(bias.extent(0) == spectrum.extent(modes + 1), "add_to_mode: expected a bias of ",
            spectrum.extent(modes + 1), " channels, got ", bias.shape());
    for (std::size_t axis = 0; axis < modes; ++axis)
      expects(mode[axis] < stored[axis], "add_to_mode: expected a mode inside ", stored, ", got ",
              mode);
    const Shape<3> box      = {1, spectrum.extent(modes), spectrum.extent(modes + 1)};
    const std::size_t place = offset_of(mode, stored) * box[1] * box[2];
    return evaluate([&](const auto& y, const auto& b) { return rule(y, b, box, place); }, spectrum,
                    bias);
  }

 private:
  template <class Spectrum, class Bias>
  static auto rule(Spectrum y, const Bias& bias, const Shape<3>& box, std::size_t place) {
    using Backend     = typename Spectrum::Backend;
    using Element     = typename Spectrum::Element;
    Element* const at = y.mutable_data() + place;
    Backend::map(Plus{}, box, whole(at, box), whole<const Element>(at, box),
                 per_inner(bias.data()));
    return with_pullbacks(std::move(y), pass_gradient, [box, place](const auto& g) {
      auto gradient = Bias::uninitialized({box[2]});
      Backend::sum(As<typename Bias::Element>{}, box, per_inner(gradient.mutable_data()),
                   whole(g.data() + place, box));
      return gradient;
    });
  }
};

}  // namespace detail

inline constexpr detail::AddToMode add_to_mode;

}  // namespace nop
