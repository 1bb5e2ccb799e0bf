// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/core/backend.hpp>
#include <nop/core/enumerator.hpp>
#include <nop/core/expects.hpp>
#include <nop/diffusion/noise_level.hpp>
#include <nop/diffusion/reverse_step.hpp>
#include <nop/diffusion/second_answer.hpp>
#include <nop/layers/init.hpp>
#include <nop/models/backbone.hpp>
#include <nop/models/variance_head.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace nop {

/// What a WithVariance is made of.
template <class BackboneConfig>
struct WithVarianceConfig {
  BackboneConfig backbone;
  ReverseVariance variance = ReverseVariance::sn;  ///< or npr: what the second answer is

  template <class Self>
  static void fields(Self& self, auto&& visit) {
    visit("backbone", self.backbone);
    visit("variance", self.variance);
  }
};

/// A trained backbone (backbone.hpp) that also says how far off it may be, as a Solver asks for it
/// with ReverseVariance::sn or npr: its own answer, and that of a second head on the same trunk,
/// which is computed once.
///
///     WithVariance model(backbone, ReverseVariance::npr, rng);
///     solver([&](const auto& x, double t) { return model(x, schedule(t)); }, noise, rng);
///
/// Maps fields [batch, channels, ...] and a level for each sample, or one for all, to a std::pair
/// of fields of that shape: what the backbone says, and for each number E[eps^2 | x] or E[(eps -
/// eps^)^2 | x] (second_answer.hpp). A new head knows nothing: it takes the data to have mean 0 and
/// variance 1.
///
/// Only the head is to be trained, `head()`, a module of its own, by a VarianceLoss; the backbone
/// stays what it is, bit by bit. Bao, Li, Sun, Zhu, Zhang, "Estimating the optimal covariance with
/// imperfect mean in diffusion probabilistic models", ICML 2022.
template <class Backbone>
class WithVariance {
  using Backend = typename Backbone::BackendType;
  using Real    = typename Backbone::Element;

 public:
  static constexpr std::size_t dimensions = Backbone::dimensions;
  static inline const std::string name    = std::string("WithVariance of ") + Backbone::name;

  using BackendType = Backend;
  using Config      = WithVarianceConfig<typename Backbone::Config>;
  using Head        = VarianceHead<Backbone>;
  template <backend Other, class Same = Backbone>  // looked up only where asked for
  using On = WithVariance<typename Same::template On<Other>>;

  WithVariance(const Config& config, const Initializer& init)
      : WithVariance(Backbone(config.backbone, init), config.variance, init) {}

  /// Throws PreconditionError for another variance than sn and npr, or if the backbone answers with
  /// other channels than it is shown.
  WithVariance(Backbone backbone, ReverseVariance variance, const Initializer& init)
      : backbone_(std::move(backbone)), variance_(variance), head_(backbone_, init) {
    expects(variance == ReverseVariance::sn || variance == ReverseVariance::npr,
            "WithVariance: expected sn or npr, got ", enumerator_name(variance));
    const auto& channels = backbone_.config();
    expects(channels.in_channels == channels.out_channels,
            "WithVariance: expected a backbone of as many channels out as in, got ",
            channels.in_channels, " in and ", channels.out_channels, " out");
  }

  /// Throws PreconditionError where the backbone does.
  template <field_like<dimensions, Backend, Real> X>
  auto operator()(const X& x, std::span<const NoiseLevel> at) const {
    const auto h = backbone_.trunk(x, times_of<Real, Backend>(at));
    return std::pair(backbone_.head()(h), second_answer(variance_, x, head_(h), at));
  }
  template <field_like<dimensions, Backend, Real> X>
  auto operator()(const X& x, const NoiseLevel& at) const {
    return (*this)(x, std::vector<NoiseLevel>(x.extent(0), at));
  }

  [[nodiscard]] const Backbone& backbone() const { return backbone_; }
  [[nodiscard]] Head& head() { return head_; }
  [[nodiscard]] const Head& head() const { return head_; }
  [[nodiscard]] Config config() const { return {backbone_.config(), variance_}; }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("backbone", self.backbone_);
    visit("head", self.head_);
  }

 private:
  Backbone backbone_;
  ReverseVariance variance_;
  Head head_;
};

}  // namespace nop
