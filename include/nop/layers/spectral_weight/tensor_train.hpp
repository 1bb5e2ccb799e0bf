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

/// Spectral weights as a chain of matrices, one of a few for each index (Oseledets 2011):
///
///     R[i, o, k...] = sum_{a, c, ...} U[i, a] V[a, o, c] F_1[c, k_1, c'] F_2[c', k_2, c''] ...
///
/// or, with one axis of channels, without V. Every entry starts normal, of such a variance that R
/// has the given one; the initial weights of the reference library are smaller, as it divides by
/// the number of terms where its root is meant.
///
/// In memory the factors of the modes are [k, right, left], in files [left, k, right].
template <std::size_t Dim, std::size_t Channels, backend Backend, complex Complex>
class TensorTrainWeight {
 public:
  static constexpr std::size_t channel_axes = Channels;

  /// Of a tensor of shape [channels..., modes...] with E|R|^2 = deviation^2.
  TensorTrainWeight(const Shape<Channels + Dim>& shape, const SpectralWeightForm& form,
                    double deviation, const Initializer& init) {
    const auto ranks = ranks_of(form, shape);
    double terms     = 1;
    for (const std::size_t rank : ranks) terms *= static_cast<double>(rank);
    const double each =
        std::pow(deviation / std::sqrt(terms), 1.0 / static_cast<double>(Channels + Dim));
    for (std::size_t axis = 0; axis < Channels + Dim; ++axis) {
      const std::size_t left  = axis == 0 ? 1 : ranks[axis - 1];
      const std::size_t right = axis + 1 == Channels + Dim ? 1 : ranks[axis];
      const Shape<3> memory   = axis == 0         ? Shape<3>{1, shape[axis], right}
                                : axis < Channels ? Shape<3>{right, left, shape[axis]}
                                                  : Shape<3>{shape[axis], right, left};
      factors_.emplace_back(init.normal<Complex, 3, Backend>(memory, each),
                            axis == 0         ? FileLayout::same
                            : axis < Channels ? FileLayout::channels_first
                                              : FileLayout::channel_first);
    }
  }

  /// R as [modes..., channels...], of the modes of a box, beside `x` on its tape.
  template <field X>
  auto rebuilt(const X& x, const ModeBox<Dim>& box) const {
    if constexpr (Channels == 1) {
      const auto all = axis_product(chain(x, box), first(x), 1);
      return reshape(all, joined(box.extents, Shape<1>{all.extent(1)}));
    } else {
      return axis_product(cores(x, box), first(x), Dim);
    }
  }

  /// A spectrum [modes..., batch, in] times R, by one factor after the other.
  template <field Spectrum>
    requires(Channels == 2)
  auto factorised(const Spectrum& spectrum, const ModeBox<Dim>& box) const {
    const auto reduced = detail::times_matrix(spectrum, first(spectrum),
                                              joined(box.extents, Shape<1>{spectrum.extent(Dim)}));
    return mix_channels_per_mode(reduced, cores(spectrum, box));
  }

  [[nodiscard]] detail::ContractionCost cost(std::size_t batch) const
    requires(Channels == 2)
  {
    const std::size_t in = factors_[0].extent(1), a = factors_[0].extent(2);
    const std::size_t out = factors_[1].extent(2);
    using detail::product_cost;
    return {product_cost(batch, in, a) + product_cost(batch, a, out),
            product_cost(in, a, out) + product_cost(batch, in, out)};
  }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("factors", self.factors_);
  }

 private:
  /// U as [channel, a].
  template <field X>
  auto first(const X& x) const {
    return reshape(on_tape_of(x, factors_[0]),
                   Shape<2>{factors_[0].extent(1), factors_[0].extent(2)});
  }

  /// The product of the factors of the modes, [modes, c].
  template <field X>
  auto chain(const X& x, const ModeBox<Dim>& box) const {
    auto all = detail::kept_rows(x, factors_[Channels], box.first[0], box.extents[0]);
    for (std::size_t axis = 1; axis < Dim; ++axis) {
      const auto factor =
          detail::kept_rows(x, factors_[Channels + axis], box.first[axis], box.extents[axis]);
      const std::size_t rows = factor.extent(0), right = factor.extent(1), left = factor.extent(2);
      all = reshape(axis_product(all, reshape(factor, Shape<2>{rows * right, left}), 1),
                    Shape<3>{all.extent(0) * rows, right, all.extent(2)});
    }
    return reshape(all, Shape<2>{all.extent(0), all.extent(2)});
  }

  /// V times the factors of the modes, [modes..., a, out].
  template <field X>
  auto cores(const X& x, const ModeBox<Dim>& box) const {
    const std::size_t c = factors_[1].extent(0), a = factors_[1].extent(1);
    const std::size_t out = factors_[1].extent(2);
    const auto links      = chain(x, box);
    return reshape(
        detail::times_matrix(links, reshape(on_tape_of(x, factors_[1]), Shape<2>{c, a * out}),
                             Shape<1>{links.extent(0)}),
        joined(box.extents, Shape<2>{a, out}));
  }

  std::vector<Parameter<Complex, 3, Backend>> factors_;
};

}  // namespace nop
