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

/// Spectral weights as a sum of products (Hitchcock 1927):
///
///     R[i, o, k...] = sum_r l[r] U[i, r] V[o, r] prod_j F_j[k_j, r]
///
/// or, with one axis of channels, R[c, k...] = sum_r l[r] U[c, r] prod_j F_j[k_j, r]. l starts as
/// 1, every entry of the factors normal, of such a variance that R has the given one.
template <std::size_t Dim, std::size_t Channels, backend Backend, complex Complex>
class CpWeight {
 public:
  static constexpr std::size_t channel_axes = Channels;

  /// Of a tensor of shape [channels..., modes...] with E|R|^2 = deviation^2.
  CpWeight(const Shape<Channels + Dim>& shape, const SpectralWeightForm& form, double deviation,
           const Initializer& init)
      : CpWeight(shape, ranks_of(form, shape)[0], deviation, init) {}

  /// R as [modes..., channels...], of the modes of a box, beside `x` on its tape.
  template <field X>
  auto rebuilt(const X& x, const ModeBox<Dim>& box) const {
    const auto per_mode = diagonals(x, box);
    if constexpr (Channels == 1) {
      const auto all = axis_product(per_mode, factors_[0], 1);
      return reshape(all, joined(box.extents, Shape<1>{all.extent(1)}));
    } else {
      const std::size_t modes = per_mode.extent(0), in = factors_[0].extent(0);
      const auto scaled =
          broadcast_multiply(reshape(per_mode, Shape<3>{modes, 1, terms()}),
                             reshape(on_tape_of(x, factors_[0]), Shape<3>{1, in, terms()}));
      const auto all = axis_product(scaled, factors_[1], 2);
      return reshape(all, joined(box.extents, Shape<2>{in, all.extent(2)}));
    }
  }

  /// A spectrum [modes..., batch, in] times R, by one factor after the other.
  template <field Spectrum>
    requires(Channels == 2)
  auto factorised(const Spectrum& spectrum, const ModeBox<Dim>& box) const {
    const auto reduced = detail::times_matrix(spectrum, on_tape_of(spectrum, factors_[0]),
                                              joined(box.extents, Shape<1>{spectrum.extent(Dim)}));
    return axis_product(detail::scale_channels_per_mode(reduced, diagonals(spectrum, box)),
                        factors_[1], Dim + 1);
  }

  [[nodiscard]] detail::ContractionCost cost(std::size_t batch) const
    requires(Channels == 2)
  {
    const std::size_t in = factors_[0].extent(0), out = factors_[1].extent(0);
    using detail::product_cost;
    return {product_cost(batch, in, terms()) + product_cost(batch, terms(), 1) +
                product_cost(batch, terms(), out),
            product_cost(in, terms(), 1) + product_cost(in, terms(), out) +
                product_cost(batch, in, out)};
  }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("weights", self.weights_);
    visit("factors", self.factors_);
  }

 private:
  CpWeight(const Shape<Channels + Dim>& shape, std::size_t rank, double deviation,
           const Initializer& init)
      : weights_(init.constant<Complex, 1, Backend>({rank}, 1)) {
    const double product = deviation / std::sqrt(static_cast<double>(rank));
    for (std::size_t axis = 0; axis < Channels + Dim; ++axis)
      factors_.emplace_back(init.normal<Complex, 2, Backend>(
          {shape[axis], rank}, std::pow(product, 1.0 / static_cast<double>(Channels + Dim))));
  }

  [[nodiscard]] std::size_t terms() const { return weights_.extent(0); }

  /// l[r] prod_j F_j[k_j, r] as [modes, r]: the rows of the factors multiplied each with each
  /// (Khatri and Rao 1968).
  template <field X>
  auto diagonals(const X& x, const ModeBox<Dim>& box) const {
    auto all = reshape(on_tape_of(x, weights_), Shape<2>{1, terms()});
    for (std::size_t axis = 0; axis < Dim; ++axis) {
      const std::size_t before = all.extent(0), rows = box.extents[axis];
      const auto factor = detail::kept_rows(x, factors_[Channels + axis], box.first[axis], rows);
      all               = reshape(broadcast_multiply(reshape(all, Shape<3>{before, 1, terms()}),
                                                     reshape(factor, Shape<3>{1, rows, terms()})),
                                  Shape<2>{before * rows, terms()});
    }
    return all;
  }

  Parameter<Complex, 1, Backend> weights_;
  std::vector<Parameter<Complex, 2, Backend>> factors_;
};

}  // namespace nop
