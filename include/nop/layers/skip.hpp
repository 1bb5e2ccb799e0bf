// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/layers/channel_linear.hpp>
#include <nop/layers/init.hpp>
#include <nop/ops/axes.hpp>
#include <nop/ops/channels.hpp>
#include <nop/ops/elementwise.hpp>

#include <array>
#include <cstddef>
#include <variant>

namespace nop {

/// What goes past a layer and is added to its result.
enum class SkipKind {
  none,        ///< nothing
  identity,    ///< x
  linear,      ///< W x, without a bias
  soft_gating  ///< g_c x_c, one factor per channel, at first 1
};
constexpr auto enumerator_names(SkipKind) {
  return std::to_array<const char*>({"none", "identity", "linear", "soft_gating"});
}

/// A connection past a layer, y + skip(x), of real fields [batch, channel, grid...]: x with
/// in_channels, y with out_channels, on one grid. W of a linear skip, [out, in], starts as in
/// ChannelLinear, g of a soft gating, [channel], as 1. Throws PreconditionError for an identity or
/// a gate between unequal channels; when called, where shapes do not fit.
template <backend Backend, real Real>
class Skip {
 public:
  struct Config {
    SkipKind kind;
    std::size_t in_channels;
    std::size_t out_channels;
  };

  Skip(const Config& config, const Initializer& init) : path_(make(config, init)) {}

  /// y + skip(x). Both of shape [batch, channel, grid...].
  template <field Y, field X>
  Y add_to(const Y& y, const X& x) const {
    return std::visit([&](const auto& path) { return added(path, y, x); }, path_);
  }

  /// skip(x) alone. Throws PreconditionError where it is nothing.
  template <field X>
  auto operator()(const X& x) const {
    return std::visit([&](const auto& path) { return passed(path, x); }, path_);
  }

  /// W of a linear skip and g of a soft gating, to be links of a chain; null for another kind.
  [[nodiscard]] const Parameter<Real, 2, Backend>* weight() const {
    const auto* const linear = std::get_if<Linear>(&path_);
    return linear != nullptr ? &linear->weight() : nullptr;
  }
  [[nodiscard]] const Parameter<Real, 1, Backend>* gate() const {
    const auto* const gating = std::get_if<SoftGating>(&path_);
    return gating != nullptr ? &gating->gate : nullptr;
  }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    std::visit([&](auto& path) { path.members(path, visit); }, self.path_);
  }

 private:
  struct None {
    static void members(auto&, auto&&) {}
  };
  struct Identity {
    static void members(auto&, auto&&) {}
  };
  struct SoftGating {
    Parameter<Real, 1, Backend> gate;
    static void members(auto& self, auto&& visit) { visit("gate", self.gate); }
  };
  using Linear = ChannelLinear<Backend, Real>;
  using Path   = std::variant<None, Identity, Linear, SoftGating>;

  static Path make(const Config& config, const Initializer& init) {
    expects(config.in_channels == config.out_channels || config.kind == SkipKind::linear ||
                config.kind == SkipKind::none,
            "Skip: expected equal channels for an identity or a gate, got ", config.in_channels,
            " in and ", config.out_channels, " out");
    switch (config.kind) {
      case SkipKind::identity:
        return Identity{};
      case SkipKind::linear:
        return Linear(
            {.in_channels = config.in_channels, .out_channels = config.out_channels, .bias = false},
            init);
      case SkipKind::soft_gating: {
        return SoftGating{Parameter<Real, 1, Backend>(
            init.template constant<Real, 1, Backend>({config.out_channels}, 1))};
      }
      case SkipKind::none:
        break;
    }
    return None{};
  }

  static auto passed(const None&, const auto& x) {
    expects(false, "Skip: expected a skip that passes something, got none");
    return reshape(x, x.shape());
  }
  static auto passed(const Identity&, const auto& x) { return reshape(x, x.shape()); }
  static auto passed(const Linear& linear, const auto& x) { return linear(x); }
  static auto passed(const SoftGating& gating, const auto& x) {
    return scale_channels(x, gating.gate);
  }

  static auto added(const None&, const auto& y, const auto&) { return y; }
  static auto added(const Identity&, const auto& y, const auto& x) { return add(y, x); }
  static auto added(const auto& path, const auto& y, const auto& x) {
    return add(y, passed(path, x));
  }

  Path path_;
};

}  // namespace nop
