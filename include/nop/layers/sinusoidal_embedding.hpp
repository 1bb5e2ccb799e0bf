// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/tensor.hpp>
#include <nop/ops/sinusoids.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>
#include <vector>

namespace nop {

/// Which frequencies, k = 0 ... L-1, a number is embedded by.
enum class Frequencies {
  transformer,  ///< longest^(-2k/L): Vaswani et al., NeurIPS 2017, as the reference library has it
  nerf          ///< 2^k pi: Mildenhall et al., ECCV 2020
};
constexpr auto enumerator_names(Frequencies) {
  return std::to_array<const char*>({"transformer", "nerf"});
}

/// Makes waves of numbers such as coordinates or times, for maps that have to tell close ones
/// apart: [batch, channel, grid...] to [batch, 2 count channel, grid...], as `sinusoids` does.
class SinusoidalEmbedding {
 public:
  struct Config {
    std::size_t count;  ///< L
    Frequencies frequencies = Frequencies::transformer;
    double longest          = 10000;  ///< of a transformer's
  };

  explicit SinusoidalEmbedding(const Config& config) : config_(config) {
    expects(config.count > 0 && config.longest > 0,
            "SinusoidalEmbedding: expected at least one frequency and a positive longest, got ",
            config.count, " and ", config.longest);
  }

  template <field F>
    requires real<element_of<F>>
  auto operator()(const F& x) const {
    using Real = element_of<F>;
    std::vector<Real> values;
    for (std::size_t k = 0; k < config_.count; ++k)
      values.push_back(static_cast<Real>(frequency(static_cast<double>(k))));
    return sinusoids(
        x, Tensor<Real, 1, backend_of<F>>({config_.count}, std::span<const Real>(values)));
  }

  static void members(auto&, auto&&) {}

 private:
  [[nodiscard]] double frequency(double k) const {
    return config_.frequencies == Frequencies::nerf
               ? std::exp2(k) * std::numbers::pi
               : std::pow(config_.longest, -2 * k / static_cast<double>(config_.count));
  }

  Config config_;
};

}  // namespace nop
