// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/models/dsno.hpp>
#include <nop/models/residual_mlp.hpp>
#include <nop/models/unet.hpp>

#include "layer_battery.hpp"
#include <doctest/doctest.h>

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

/// \file
/// A DSNO by its definition, with nothing shared: every layer of its backbone is computed for every
/// state of every sample, (sample, state) one batch of [batch x steps].

namespace nop::test {

/// The member of this name and type.
template <class Part, class Module>
Part member_of(const Module& module, std::string_view wanted) {
  std::optional<Part> found;
  Module::members(module, [&](const char* name, const auto& part) {
    if constexpr (std::same_as<std::remove_cvref_t<decltype(part)>, Part>)
      if (name == wanted) found = part;
  });
  REQUIRE(found.has_value());
  return *found;
}

template <class Backbone>
class NaiveDsno {
  using Real    = typename Backbone::Element;
  using Backend = typename Backbone::BackendType;

 public:
  explicit NaiveDsno(const Dsno<Backbone>& dsno)
      : dsno_(dsno), config_(dsno.config()), places_(dsno.backbone().places()) {}

  /// [batch, ...] to [batch, steps, ...]
  template <class Noise>
  auto operator()(const Noise& noise) const {
    const std::size_t steps = config_.times.size();
    const auto y            = answer(dsno_.backbone(), repeat_samples(noise, steps));
    return reshape(
        y, joined(Shape<2>{noise.extent(0), steps}, subshape<1, Noise::rank - 1>(y.shape())));
  }

 private:
  /// The embedded times that the blocks up to a place are told, of every state of every sample.
  auto told(std::size_t place, std::size_t count) const {
    const std::size_t steps = config_.times.size();
    std::vector<Real> values(count);
    for (std::size_t i = 0; i < count; ++i)
      values[i] = static_cast<Real>(config_.times[place < config_.ends.shared ? 0 : i % steps]);
    return member_of<TimeEmbedding<Backend, Real>>(
        dsno_.backbone(), "embedding")(field_of<Real>(Shape<1>{count}, values));
  }
  template <class Field>
  Field between(std::size_t place, const Field& h) const {
    const std::size_t shared = config_.ends.shared, steps = config_.times.size();
    if (place < shared || place + config_.ends.separate >= places_.size()) return h;
    const auto& weight = parameter_of<Parameter<std::complex<Real>, 3, Backend>>(
        dsno_, "temporal." + std::to_string(place - shared) + ".weight");
    const auto states = reshape(
        h, joined(Shape<2>{h.extent(0) / steps, steps}, subshape<1, Field::rank - 1>(h.shape())));
    return reshape(temporal_convolution(states, weight, Activation::leaky_relu), h.shape());
  }

  template <std::size_t Dim, class Noise>
  auto answer(const UNet<Dim, Backend, Real>& net, const Noise& x) const {
    using Stage       = UNetStage<Dim, Backend, Real>;
    using Convolution = LocalConv<Dim, Backend, Real>;
    const auto e      = [&](std::size_t place) { return told(place, x.extent(0)); };
    const auto middle = member_of<std::vector<Stage>>(net, "middle");
    std::size_t place = 0;
    auto h = member_of<Convolution>(net, "first")(pixel_unshuffle(x, net.config().unshuffle));
    std::vector<Noise> skips{h};
    for (const auto& stage : member_of<std::vector<Stage>>(net, "down")) {
      h = stage(h, e(place));
      if (!stage.resamples()) h = between(place++, h);
      skips.push_back(h);
    }
    h = middle[0](h, e(place));
    h = between(place++, h);
    h = middle[1](h, e(place));
    for (const auto& stage : member_of<std::vector<Stage>>(net, "up")) {
      if (stage.resamples()) {
        h = stage(h, e(place));
        continue;
      }
      h = stage(concat_channels(h, skips.back()), e(place));
      skips.pop_back();
      h = between(place++, h);
    }
    h = member_of<Convolution>(net,
                               "last")(silu(member_of<Norm<Backend, Real>>(net, "last_norm")(h)));
    return pixel_shuffle(h, net.config().unshuffle);
  }

  template <class Noise>
  auto answer(const ResidualMlp<Backend, Real>& net, const Noise& x) const {
    using Block       = nop::detail::ResidualMlpBlock<Backend, Real>;
    using Map         = ChannelLinear<Backend, Real>;
    auto h            = member_of<Map>(net, "first")(x);
    std::size_t place = 0;
    for (const auto& block : member_of<std::vector<Block>>(net, "blocks")) {
      h = between(place,
                  block(h, EmbeddedTimes<Tensor<Real, 2, Backend>>{told(place, x.extent(0))}));
      ++place;
    }
    return member_of<Map>(net, "last")(h);
  }

  const Dsno<Backbone>& dsno_;
  typename Dsno<Backbone>::Config config_;
  std::vector<std::size_t> places_;
};

}  // namespace nop::test
