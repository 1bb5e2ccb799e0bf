// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/members.hpp>
#include <nop/autodiff/tape.hpp>
#include <nop/core/captured_work.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/tensor.hpp>
#include <nop/training/clip.hpp>
#include <nop/training/parameter_states.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace nop {

/// Steps of an optimizer by batches of one shape. What the loss and its gradients ask of the
/// backend is written down once: where that can be done again at once, as on nop::Cuda, it costs
/// the host next to nothing. The optimizer's own part is asked for step by step.
///
///     CapturedStep step(model, optimizer, relative_l2, input, target);
///     for (const auto& [x, y] : batches) total += step(x, y).item();
///
/// The model and the optimizer stay where they are and are changed there, by the same numbers, bit
/// for bit, as with
///
///     Tape tape;
///     const auto loss = relative_l2(model(tape.input(x)), y);
///     optimizer.step(model, tape.gradient(loss));
///
/// The parameters are written in place. If one is elsewhere all the same, as after a step while
/// somebody had a copy of the model, all is written down again. Throws BackendError if the model or
/// the loss brings numbers to or from the host on its way.
template <class Model, optimizer_of<Model> Optimizer, class Loss, class Input, class Target>
class CapturedStep {
  using Backend = typename Input::Backend;

 public:
  /// The loss of a batch, of rank 0.
  using Value = typename std::remove_cvref_t<decltype(std::declval<const Loss&>()(
      std::declval<const Model&>()(std::declval<Tape&>().input(std::declval<const Input&>())),
      std::declval<const Target&>()))>::Value;

  /// For batches of the shapes of these.
  CapturedStep(Model& model, Optimizer& optimizer, Loss loss, const Input& input,
               const Target& target,
               double largest_gradient_norm = std::numeric_limits<double>::infinity())
      : model_(model),
        optimizer_(optimizer),
        loss_(std::move(loss)),
        largest_gradient_norm_(largest_gradient_norm),
        input_(input.clone()),
        target_(target.clone()),
        input_place_(input_.mutable_data()),
        target_place_(target_.mutable_data()) {}
  CapturedStep(const CapturedStep&)            = delete;  // its memory is in what was written down
  CapturedStep& operator=(const CapturedStep&) = delete;
  ~CapturedStep()                              = default;

  /// One step; the loss before it. Throws PreconditionError for another shape.
  Value operator()(const Input& input, const Target& target) {
    expects(input.shape() == input_.shape() && target.shape() == target_.shape(),
            "CapturedStep: expected a batch of shapes ", input_.shape(), " and ", target_.shape(),
            " as it was made for, got ", input.shape(), " and ", target.shape());
    Backend::copy(input.data(), input_place_, input.size());
    Backend::copy(target.data(), target_place_, target.size());
    if (!work_ || addresses() != addresses_) capture();
    work_->launch();
    optimizer_.step(model_, std::isfinite(largest_gradient_norm_)
                                ? clipped(model_, gradients_, largest_gradient_norm_)
                                : gradients_);
    return value_.clone();
  }

 private:
  /// Calls `use(loss, gradients)` with those of the batch.
  template <class Use>
  void differentiate(const Use& use) const {
    Tape tape;
    const auto loss = loss_(std::as_const(model_)(tape.input(input_)), target_);
    use(loss.value(), tape.gradient(loss));
  }

  void capture() {
    work_.reset();
    for_each_parameter(model_, [](const std::string&, auto& parameter) {
      static_cast<void>(parameter.mutable_value().mutable_data());  // nobody else's from here on
    });
    addresses_ = addresses();
    differentiate([this](const auto& loss, const Gradients& gradients) {
      value_       = loss.clone();
      value_place_ = value_.mutable_data();
      gradients_   = {};
      places_.clear();
      for_each_parameter(model_, [&](const std::string&, const auto& parameter) {
        if (!gradients.contains(parameter)) return;
        auto gradient = gradients[parameter].clone();
        places_.push_back(gradient.mutable_data());
        gradients_.replace(parameter, std::move(gradient));
      });
    });
    work_.emplace([this] {
      differentiate([this](const auto& loss, const Gradients& gradients) {
        Backend::copy(loss.data(), value_place_, 1);
        std::size_t next = 0;
        for_each_parameter(model_, [&](const std::string&, const auto& parameter) {
          if (!gradients.contains(parameter)) return;
          const auto& gradient = gradients[parameter];
          using Element        = typename std::remove_cvref_t<decltype(gradient)>::Element;
          Backend::copy(gradient.data(), static_cast<Element*>(places_[next++]), gradient.size());
        });
      });
    });
  }

  /// Where all that the model holds is.
  [[nodiscard]] std::vector<const void*> addresses() const {
    std::vector<const void*> all;
    for_each_leaf(std::as_const(model_), [&](const std::string&, const auto& leaf) {
      all.push_back(detail::tensor_of(leaf).data());
    });
    return all;
  }

  Model& model_;
  Optimizer& optimizer_;
  Loss loss_;
  double largest_gradient_norm_;
  Input input_;
  Target target_;
  typename Input::Element* input_place_;  ///< of what nobody else has, as all places
  typename Target::Element* target_place_;
  Value value_;
  typename Value::Element* value_place_ = nullptr;
  Gradients gradients_;
  std::vector<void*> places_;  ///< of the gradients, in the order of the parameters
  std::vector<const void*> addresses_;
  std::optional<CapturedWork<Backend>> work_;
};

}  // namespace nop
