// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/parameter.hpp>
#include <nop/core/backend.hpp>
#include <nop/layers/init.hpp>
#include <nop/layers/spectral_weight/contraction.hpp>
#include <nop/layers/spectral_weight/form.hpp>
#include <nop/layers/spectral_weight/ranks.hpp>

#include <cmath>
#include <cstddef>
#include <vector>

namespace nop {

/// Spectral weights as a core and a matrix for each axis (Tucker 1966):
///
///     R[i, o, k...] = sum_{a, b, s...} G[a, b, s...] U[i, a] V[o, b] prod_j F_j[k_j, s_j]
///
/// or, with one axis of channels, R[c, k...] = sum_{a, s...} G[a, s...] U[c, a] prod_j F_j[k_j,
/// s_j]. Every entry of core and factors starts normal, of such a variance that R has the given
/// one.
template <std::size_t Dim, std::size_t Channels, backend Backend, complex Complex>
class TuckerWeight {
 public:
  static constexpr std::size_t channel_axes = Channels;

  /// Of a tensor of shape [channels..., modes...] with E|R|^2 = deviation^2.
  TuckerWeight(const Shape<Channels + Dim>& shape, const SpectralWeightForm& form, double deviation,
               const Initializer& init)
      : TuckerWeight(shape, ranks_of(form, shape), deviation, init) {}

  /// R as [modes..., channels...], of the modes of a box, beside `x` on its tape.
  template <field X>
  auto rebuilt(const X& x, const ModeBox<Dim>& box) const {
    const auto mixed = axis_product(cores(x, box), factors_[0], Dim);
    if constexpr (Channels == 1)
      return mixed;
    else
      return axis_product(mixed, factors_[1], Dim + 1);
  }

  /// A spectrum [modes..., batch, in] times R, by one factor after the other.
  template <field Spectrum>
    requires(Channels == 2)
  auto factorised(const Spectrum& spectrum, const ModeBox<Dim>& box) const {
    const auto reduced = detail::times_matrix(spectrum, on_tape_of(spectrum, factors_[0]),
                                              joined(box.extents, Shape<1>{spectrum.extent(Dim)}));
    return axis_product(mix_channels_per_mode(reduced, cores(spectrum, box)), factors_[1], Dim + 1);
  }

  [[nodiscard]] detail::ContractionCost cost(std::size_t batch) const
    requires(Channels == 2)
  {
    const std::size_t in = factors_[0].extent(0), a = factors_[0].extent(1);
    const std::size_t out = factors_[1].extent(0), b = factors_[1].extent(1);
    using detail::product_cost;
    return {product_cost(batch, in, a) + product_cost(batch, a, b) + product_cost(batch, b, out),
            product_cost(in, a, b) + product_cost(in, b, out) + product_cost(batch, in, out)};
  }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("core", self.core_);
    visit("factors", self.factors_);
  }

 private:
  TuckerWeight(const Shape<Channels + Dim>& shape, const std::vector<std::size_t>& ranks,
               double deviation, const Initializer& init)
      : core_(init.normal<Complex, Dim + Channels, Backend>(core_shape(ranks),
                                                            entry_deviation(ranks, deviation)),
              Channels == 1 ? FileLayout::channel_first : FileLayout::channels_first) {
    for (std::size_t axis = 0; axis < Channels + Dim; ++axis)
      factors_.emplace_back(init.normal<Complex, 2, Backend>({shape[axis], ranks[axis]},
                                                             entry_deviation(ranks, deviation)));
  }

  static Shape<Dim + Channels> core_shape(const std::vector<std::size_t>& ranks) {
    Shape<Dim + Channels> shape;
    for (std::size_t axis = 0; axis < Dim; ++axis) shape[axis] = ranks[Channels + axis];
    for (std::size_t axis = 0; axis < Channels; ++axis) shape[Dim + axis] = ranks[axis];
    return shape;
  }

  /// Of as many independent factors as one product in the sum has, prod(ranks) of them added up.
  static double entry_deviation(const std::vector<std::size_t>& ranks, double deviation) {
    double terms = 1;
    for (const std::size_t rank : ranks) terms *= static_cast<double>(rank);
    return std::pow(deviation / std::sqrt(terms), 1.0 / static_cast<double>(Channels + Dim + 1));
  }

  /// The core for each mode, [modes..., ranks of channels...].
  template <field X>
  auto cores(const X& x, const ModeBox<Dim>& box) const {
    auto all = on_tape_of(x, core_);
    for (std::size_t axis = 0; axis < Dim; ++axis)
      all = axis_product(
          all, detail::kept_rows(x, factors_[Channels + axis], box.first[axis], box.extents[axis]),
          axis);
    return all;
  }

  Parameter<Complex, Dim + Channels, Backend> core_;
  std::vector<Parameter<Complex, 2, Backend>> factors_;
};

}  // namespace nop
