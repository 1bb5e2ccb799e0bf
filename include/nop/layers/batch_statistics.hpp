// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/members.hpp>
#include <nop/autodiff/parameter.hpp>
#include <nop/core/tensor.hpp>
#include <nop/layers/context.hpp>

#include <any>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

namespace nop {

namespace detail {
template <class Part, class Statistics>
concept takes = requires(Part& part, const Statistics& statistics) { part.take(statistics); };
}  // namespace detail

/// The mean and the unbiased variance that the channels of a batch had at a batch norm.
template <real Real, class Backend>
struct BatchMoments {
  Tensor<Real, 1, Backend> mean;
  Tensor<Real, 1, Backend> variance;
};

/// Told to a model, it makes the batch norms in it normalise by the batch's own statistics, which
/// it notes down; without it they go by their running statistics, as after training.
///
///     BatchStatistics statistics;
///     const auto loss = relative_l2(model(tape.input(x), rng, statistics), y);
///     optimizer.step(model, tape.gradient(loss));
///     statistics.update(model);
///
/// A model does not change when it is called; `update` changes it. For one thread at a time.
class BatchStatistics {
 public:
  /// Notes what the batch norm that is known by `identity` has seen.
  template <real Real, class Backend>
  void note(const Identity& identity, BatchMoments<Real, Backend> moments) {
    noted_.emplace_back(identity.number(), std::move(moments));
  }

  /// Calls `use(moments)` for all that was noted of a batch norm, in order.
  template <real Real, class Backend, class Use>
  void for_each(const Identity& identity, const Use& use) const {
    for (const auto& [number, moments] : noted_)
      if (number == identity.number()) use(std::any_cast<BatchMoments<Real, Backend>>(moments));
  }

  /// Lets every batch norm of a module take what was noted of it into its running statistics, and
  /// forgets it.
  template <module Module>
  void update(Module& module) {
    for_each_module(module, [this](auto& part) {
      if constexpr (detail::takes<std::remove_reference_t<decltype(part)>, BatchStatistics>)
        part.take(*this);
    });
    noted_.clear();
  }

 private:
  std::vector<std::pair<std::uint64_t, std::any>> noted_;
};

namespace detail {
template <>
inline constexpr bool is_context<BatchStatistics> = true;
}  // namespace detail

}  // namespace nop
