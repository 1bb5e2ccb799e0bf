// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/core/backend.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/tensor.hpp>
#include <nop/layers/context.hpp>
#include <nop/layers/init.hpp>
#include <nop/layers/temporal_conv.hpp>
#include <nop/ops/axes.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace nop {

/// What a Dsno is made of.
template <class BackboneConfig>
struct DsnoConfig {
  BackboneConfig backbone;
  std::vector<double> times = std::vector<double>(0);  ///< of the states, in [0, 1], in their order
  std::size_t modes         = 2;                       ///< of the temporal convolutions

  template <class Self>
  static void fields(Self& self, auto&& visit) {
    visit("backbone", self.backbone);
    visit("times", self.times);
    visit("modes", self.modes);
  }
};

/// Diffusion sampling by a neural operator: from noise to the whole trajectory of states that a
/// sampler would go through one by one, in one call.
///
///     dsno(noise)    [batch, channel, grid...] to [batch, step, channel, grid...]
///
/// The backbone, any network that answers (x, times, between) as UNet and ResidualMlp do, sees each
/// sample at all times of `Config::times`, where it would be asked at one; at each of its places a
/// temporal convolution lets the states see each other. New ones do next to nothing, so that a
/// trained backbone begins as what it is.
///
/// Zheng, Nie, Vahdat, Azizzadenesheli, Anandkumar, "Fast sampling of diffusion models via operator
/// learning", ICML 2023.
template <class Backbone>
class Dsno {
  using Backend = typename Backbone::BackendType;
  using Real    = typename Backbone::Element;

 public:
  static constexpr std::size_t dimensions = Backbone::dimensions;
  static inline const std::string name    = std::string("Dsno of ") + Backbone::name;

  using Config = DsnoConfig<typename Backbone::Config>;

  Dsno(const Config& config, const Initializer& init)
      : Dsno(Backbone(config.backbone, init), config.times, config.modes, init) {}

  /// Begins with a backbone as it is. Throws PreconditionError without times or modes.
  Dsno(Backbone backbone, std::vector<double> times, std::size_t modes, const Initializer& init)
      : backbone_(std::move(backbone)), times_(std::move(times)), modes_(modes) {
    expects(!times_.empty(), "Dsno: expected at least one time, got none");
    for (const std::size_t channels : backbone_.places())
      temporal_.emplace_back(
          typename TemporalConv<Backend, Real>::Config{.channels = channels, .modes = modes_},
          init);
  }

  /// Throws PreconditionError where the backbone does.
  template <field_like<dimensions, Backend, Real> X, context... Context>
  auto operator()(const X& noise, Context&&... context) const {
    const std::size_t batch = noise.extent(0), steps = times_.size();
    const auto states = backbone_(
        noise, times_of(batch),
        [this, batch, steps](std::size_t place, const auto& h) {
          return reshape(temporal_[place](trajectories(h, batch, steps)), h.shape());
        },
        context...);
    return trajectories(states, batch, steps);
  }

  [[nodiscard]] const Backbone& backbone() const { return backbone_; }
  [[nodiscard]] Config config() const { return {backbone_.config(), times_, modes_}; }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("backbone", self.backbone_);
    visit("temporal", self.temporal_);
  }

 private:
  /// [batch x steps, ...] as [batch, steps, ...]
  template <class Field>
  static auto trajectories(const Field& states, std::size_t batch, std::size_t steps) {
    return reshape(states,
                   joined(Shape<2>{batch, steps}, subshape<1, rank_of<Field> - 1>(states.shape())));
  }
  /// All times, for each sample.
  [[nodiscard]] Tensor<Real, 1, Backend> times_of(std::size_t batch) const {
    std::vector<Real> values;
    for (std::size_t sample = 0; sample < batch; ++sample)
      for (const double time : times_) values.push_back(static_cast<Real>(time));
    return Tensor<Real, 1, Backend>({values.size()}, std::span<const Real>(values));
  }

  Backbone backbone_;
  std::vector<double> times_;
  std::size_t modes_;
  std::vector<TemporalConv<Backend, Real>> temporal_;
};

}  // namespace nop
