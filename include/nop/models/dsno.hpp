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
#include <nop/models/backbone.hpp>
#include <nop/ops/axes.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace nop {

/// Places at both ends of a backbone where a Dsno has no temporal convolution, so that less of it
/// is computed for every state. That changes the function, but for 0 and 0.
struct DsnoEnds {
  /// First places up to which a sample has one state, at the first of the times, which is next to
  /// the noise: all blocks there are computed once a sample.
  std::size_t shared = 0;
  /// Last places from which on a state knows no other: for one of them, all blocks there are
  /// computed once.
  std::size_t separate = 0;

  template <class Self>
  static void fields(Self& self, auto&& visit) {
    visit("shared", self.shared);
    visit("separate", self.separate);
  }
};

/// What a Dsno is made of.
template <class BackboneConfig>
struct DsnoConfig {
  BackboneConfig backbone;
  std::vector<double> times = std::vector<double>(0);  ///< of the states, in [0, 1], in their order
  std::size_t modes         = 2;  ///< of the temporal convolutions; with 0 there are none
  DsnoEnds ends             = DsnoEnds{};

  template <class Self>
  static void fields(Self& self, auto&& visit) {
    visit("backbone", self.backbone);
    visit("times", self.times);
    visit("modes", self.modes);
    visit("ends", self.ends);
  }
};

/// Diffusion sampling by a neural operator: from noise to the whole trajectory of states that a
/// sampler would go through one by one, in one call.
///
///     dsno(noise)         [batch, channel, grid...] to [batch, step, channel, grid...]
///     dsno.last(noise)    its last state alone, [batch, channel, grid...], for less work
///
/// The backbone (backbone.hpp), such as UNet and ResidualMlp, sees each sample at all times of
/// `Config::times`, where it would be asked at one; at each of its places, but for those of
/// `Config::ends`, a temporal convolution lets the states see each other. New ones do next to
/// nothing, so that a trained backbone begins as what it is.
///
/// What does not know the time is computed once a sample, and what knows only the time once a time.
/// `last` goes on with one state after the last temporal convolution.
///
/// Zheng, Nie, Vahdat, Azizzadenesheli, Anandkumar, "Fast sampling of diffusion models via operator
/// learning", ICML 2023; the ends are not theirs.
template <class Backbone>
class Dsno {
  using Backend = typename Backbone::BackendType;
  using Real    = typename Backbone::Element;

 public:
  static constexpr std::size_t dimensions = Backbone::dimensions;
  static inline const std::string name    = std::string("Dsno of ") + Backbone::name;

  using BackendType = Backend;
  using Config      = DsnoConfig<typename Backbone::Config>;
  template <backend Other, class Same = Backbone>  // looked up only where asked for
  using On = Dsno<typename Same::template On<Other>>;

  Dsno(const Config& config, const Initializer& init)
      : Dsno(Backbone(config.backbone, init), config.times, config.modes, init, config.ends) {}

  /// Begins with a backbone as it is. Throws PreconditionError without times, for one that is not
  /// in [0, 1], and without places for temporal convolutions.
  Dsno(Backbone backbone, std::vector<double> times, std::size_t modes, const Initializer& init,
       const DsnoEnds& ends = DsnoEnds{})
      : backbone_(std::move(backbone)), times_(std::move(times)), modes_(modes), ends_(ends) {
    const auto channels = backbone_.places();
    expects(!times_.empty(), "Dsno: expected at least one time, got none");
    for (const double time : times_)
      expects(time >= 0 && time <= 1, "Dsno: expected times in [0, 1], got ", time);
    expects(ends.shared < channels.size() && ends.separate < channels.size() - ends.shared,
            "Dsno: expected ends that leave one of ", channels.size(), " places, got ", ends.shared,
            " that are shared and ", ends.separate, " that are separate");
    if (modes == 0) return;
    for (std::size_t place = ends.shared; place + ends.separate < channels.size(); ++place)
      temporal_.emplace_back(
          typename TemporalConv<Backend, Real>::Config{.channels = channels[place],
                                                       .modes    = modes_},
          init);
  }

  /// Throws PreconditionError where the backbone does.
  template <field_like<dimensions, Backend, Real> X, context... Context>
  auto operator()(const X& noise, Context&&... context) const {
    const Between between{*this, noise.extent(0), false};
    return between.trajectories(backbone_(noise, times(), between, context...));
  }

  /// The state of the last time. Throws PreconditionError where the backbone does.
  template <field_like<dimensions, Backend, Real> X, context... Context>
  auto last(const X& noise, Context&&... context) const {
    return backbone_(noise, times(), Between{*this, noise.extent(0), true}, context...);
  }

  [[nodiscard]] const Backbone& backbone() const { return backbone_; }
  [[nodiscard]] Config config() const { return {backbone_.config(), times_, modes_, ends_}; }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("backbone", self.backbone_);
    visit("temporal", self.temporal_);
  }

 private:
  /// What goes on between the blocks of the backbone.
  struct Between {
    const Dsno& dsno;
    std::size_t batch;
    bool only_last;

    [[nodiscard]] States states(std::size_t place) const {
      const std::size_t steps = dsno.times_.size();
      if (place < dsno.ends_.shared) return {0, 1};
      if (only_last && place >= end()) return {steps - 1, 1};
      return {0, steps};
    }
    template <field Field>
    Field operator()(std::size_t place, const Field& h) const {
      if (place < dsno.ends_.shared || place >= end()) return h;
      const std::size_t from = only_last && place + 1 == end() ? dsno.times_.size() - 1 : 0;
      const auto seen        = dsno.temporal_[place - dsno.ends_.shared](trajectories(h), from);
      auto shape             = h.shape();
      shape[0]               = batch * seen.extent(1);
      return reshape(seen, shape);
    }
    /// [batch x steps, ...] as [batch, steps, ...]
    template <field Field>
    auto trajectories(const Field& states) const {
      return reshape(states, joined(Shape<2>{batch, states.extent(0) / batch},
                                    subshape<1, rank_of<Field> - 1>(states.shape())));
    }
    /// The first place after those of temporal convolutions.
    [[nodiscard]] std::size_t end() const { return dsno.ends_.shared + dsno.temporal_.size(); }
  };

  [[nodiscard]] Tensor<Real, 1, Backend> times() const {
    const std::vector<Real> values(times_.begin(), times_.end());
    return Tensor<Real, 1, Backend>({values.size()}, std::span<const Real>(values));
  }

  Backbone backbone_;
  std::vector<double> times_;
  std::size_t modes_;
  DsnoEnds ends_;
  std::vector<TemporalConv<Backend, Real>> temporal_;
};

}  // namespace nop
