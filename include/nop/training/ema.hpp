// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/members.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/functors.hpp>
#include <nop/training/parameter_states.hpp>

#include <any>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace nop {

/// What an average is before there is much to be averaged.
enum class EmaStart {
  first_values,  ///< the values it was made with count like a long past
  corrected      ///< only the values it was shown count, by weights that add up to 1
};

struct EmaConfig {
  double decay   = 0.999;
  EmaStart start = EmaStart::corrected;
};

namespace detail {

/// Calls `visit(target_leaf, source_leaf)` for the corresponding leaves of two equal modules.
template <class Module, class Visit>
void for_each_leaf_pair(Module& target, const Module& source, const Visit& visit) {
  std::vector<std::pair<std::string, std::any>> leaves;
  for_each_leaf(
      source, [&](const std::string& path, const auto& leaf) { leaves.emplace_back(path, &leaf); });
  std::size_t next = 0;
  for_each_leaf(target, [&](const std::string& path, auto& leaf) {
    using Leaf              = std::remove_cvref_t<decltype(leaf)>;
    const auto* pair        = next < leaves.size() ? &leaves[next] : nullptr;
    const auto* source_leaf = pair != nullptr && pair->first == path
                                  ? std::any_cast<const Leaf*>(&pair->second)
                                  : nullptr;
    expects(source_leaf != nullptr && (*source_leaf)->shape() == leaf.shape(),
            "Ema: expected a model of the same parts, got one without a like of '", path, "'");
    visit(leaf, **source_leaf);
    ++next;
  });
  expects(next == leaves.size(), "Ema: expected a model of ", next, " parts, got one of ",
          leaves.size());
}

}  // namespace detail

/// A copy of a model whose parameters are averages of those it has had:
///
///     average = d average + (1 - d) parameter
///
/// with d = decay, or corrected so that the weights of what was shown add up to 1: after t updates,
/// d = decay (1 - decay^(t-1)) / (1 - decay^t). Tensors that are no parameters are taken over.
///
/// Polyak and Juditsky 1992; the correction as in Adam (Kingma and Ba, ICLR 2015).
template <module Model>
class Ema {
 public:
  Ema(const Model& model, const EmaConfig& config) : config_(config), average_(model) {
    expects(config.decay >= 0 && config.decay < 1, "Ema: expected a decay in [0, 1), got ",
            config.decay);
  }

  [[nodiscard]] const EmaConfig& config() const { return config_; }
  /// The average.
  [[nodiscard]] const Model& model() const { return average_; }
  /// How many times it was updated.
  [[nodiscard]] std::uint64_t updates() const { return updates_; }

  /// Takes the parameters of a model, those after a step, into the average.
  void update(const Model& model) {
    ++updates_;
    const double decay = next_decay();
    detail::for_each_leaf_pair(average_, model, [&](auto& average, const auto& leaf) {
      using Leaf = std::remove_cvref_t<decltype(leaf)>;
      if constexpr (detail::is_parameter<Leaf>) {
        using Real = real_of<typename Leaf::Element>;
        detail::update_parts(
            WeightedSum<Real>{static_cast<Real>(decay), static_cast<Real>(1 - decay)},
            average.mutable_value(), leaf.value());
      } else {
        average = leaf;
      }
    });
  }

  /// Continues from a saved average.
  void restore(Model average, std::uint64_t updates) {
    average_ = std::move(average);
    updates_ = updates;
  }

 private:
  [[nodiscard]] double next_decay() const {
    if (config_.start == EmaStart::first_values) return config_.decay;
    const auto t = static_cast<double>(updates_);
    return config_.decay * (1 - std::pow(config_.decay, t - 1)) / (1 - std::pow(config_.decay, t));
  }

  EmaConfig config_;
  Model average_;
  std::uint64_t updates_ = 0;
};

}  // namespace nop
