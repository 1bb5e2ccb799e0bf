// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/layers/to.hpp>
#include <nop/training/dataset.hpp>
#include <nop/training/reduction.hpp>

#include <cstddef>

namespace nop {

namespace detail {

/// What the loss of a batch stands for, added up over its samples: a mean counts once per sample.
template <class Loss>
double samples_in_loss(const Loss& loss, std::size_t samples) {
  if constexpr (requires { loss.reduction == Reduction::sum; })
    if (loss.reduction == Reduction::sum) return 1;
  return static_cast<double>(samples);
}

}  // namespace detail

/// The mean over all samples of the loss of a model's predictions, computed without a tape and a
/// few samples at a time. A loss is taken to be a mean over the samples of a batch unless it has a
/// `reduction` that says it is their sum. A model that is on another backend than the data gets
/// them batch by batch. Throws PreconditionError if there are no samples.
///
///     std::printf("error %.4f\n", mean_loss(model, test, relative_l2));
template <class Model, std::size_t Dim, class Backend, real Real, class Loss>
double mean_loss(const Model& model, const Dataset<Dim, Backend, Real>& data, const Loss& loss,
                 std::size_t batch_size = 16) {
  expects(data.size() > 0, "mean_loss: expected at least one sample, got none");
  using There  = backend_of_module<Model, Backend>;
  double total = 0;
  for (const auto& batch : data.batches_in_order(batch_size)) {
    const auto [input, target] = to<There>(batch);
    total += static_cast<double>(loss(model(input), target).item()) *
             detail::samples_in_loss(loss, input.extent(0));
  }
  return total / static_cast<double>(data.size());
}

}  // namespace nop
