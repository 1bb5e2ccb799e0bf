// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/autodiff/parameter.hpp>
#include <nop/core/backend.hpp>
#include <nop/core/expects.hpp>
#include <nop/layers/init.hpp>
#include <nop/ops/activation.hpp>
#include <nop/ops/channels.hpp>
#include <nop/ops/normalize.hpp>

#include <array>
#include <cstddef>
#include <optional>

namespace nop {

/// How a field is brought to mean 0 and variance 1.
enum class NormKind {
  none,
  instance,  ///< each channel of each sample, nothing to train
  group      ///< each group of channels of each sample, then a factor and an offset per channel
};
constexpr auto enumerator_names(NormKind) {
  return std::to_array<const char*>({"none", "instance", "group"});
}

/// Normalisation of [batch, channel, grid...] by its own mean and variance; the same in training
/// and afterwards.
template <backend Backend, real Real>
class Norm {
 public:
  struct Config {
    NormKind kind;
    std::size_t channels;
    std::size_t groups = 1;     ///< of a group norm
    double epsilon     = 1e-5;  ///< added to the variance
  };

  explicit Norm(const Config& config) : config_(config) {
    if (config.kind != NormKind::group) return;
    expects(config.groups > 0 && config.channels % config.groups == 0,
            "Norm: expected a number of groups that divides ", config.channels, " channels, got ",
            config.groups);
    Tensor<Real, 1, Backend> ones({config.channels});
    ones.fill(1);
    weight_.emplace(ones);
    bias_.emplace(Tensor<Real, 1, Backend>({config.channels}));
  }

  template <field F>
  auto operator()(const F& x) const -> decltype(group_norm(x, 1, Real())) {
    if (config_.kind == NormKind::none) return activate(x, Activation::identity);
    const std::size_t groups =
        config_.kind == NormKind::instance ? config_.channels : config_.groups;
    const auto normal = group_norm(x, groups, static_cast<Real>(config_.epsilon));
    return weight_ ? add_channels(scale_channels(normal, *weight_), *bias_) : normal;
  }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("weight", self.weight_);
    visit("bias", self.bias_);
  }

 private:
  Config config_;
  std::optional<Parameter<Real, 1, Backend>> weight_;
  std::optional<Parameter<Real, 1, Backend>> bias_;
};

}  // namespace nop
