// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/tape.hpp>
#include <nop/io/safetensors.hpp>
#include <nop/layers/batch_statistics.hpp>
#include <nop/training/clip.hpp>
#include <nop/training/ema.hpp>
#include <nop/training/parameter_states.hpp>
#include <nop/training/state_arrays.hpp>

#include <limits>
#include <optional>
#include <string>
#include <utility>

namespace nop {

/// What a training changes: a model and its optimizer, which stay where they are, and an average of
/// the model if one is kept.
template <class Model, optimizer_of<Model> Optimizer>
class TrainingState {
 public:
  TrainingState(Model& model, Optimizer& optimizer, const std::optional<EmaConfig>& average)
      : model_(&model), optimizer_(&optimizer) {
    if (average) average_.emplace(model, *average);
  }

  [[nodiscard]] Model& model() const { return *model_; }
  [[nodiscard]] Optimizer& optimizer() const { return *optimizer_; }
  /// What is measured: the average of the model, or the model itself.
  [[nodiscard]] const Model& measured_model() const {
    return average_ ? average_->model() : *model_;
  }

  /// One step of the optimizer, by gradients of at most this global norm. The model then takes in
  /// the statistics of the batch, and the average takes in the model.
  void step(Gradients gradients, double largest_norm, BatchStatistics statistics = {}) {
    if (largest_norm < std::numeric_limits<double>::infinity())
      gradients = clipped(*model_, std::move(gradients), largest_norm);
    optimizer_->step(*model_, gradients);
    statistics.update(*model_);
    if (average_) average_->update(*model_);
  }

  /// All of it, to and from the arrays of a checkpoint, bit by bit. A file of another training is a
  /// FormatError, and changes nothing.
  void to_arrays(SafeTensors& file) const {
    leaves_to_arrays(*model_, "model.", file);
    optimizer_to_arrays(*optimizer_, *model_, "optimizer.", file);
    if (average_) ema_to_arrays(*average_, "average.", file);
  }
  void from_arrays(const SafeTensors& file, const std::string& source) {
    Model model         = *model_;
    Optimizer optimizer = *optimizer_;
    auto average        = average_;
    leaves_from_arrays(model, "model.", file, source);
    optimizer_from_arrays(optimizer, model, "optimizer.", file, source);
    if (average) ema_from_arrays(*average, "average.", file, source);
    *model_     = std::move(model);
    *optimizer_ = std::move(optimizer);
    average_    = std::move(average);
  }

 private:
  Model* model_;
  Optimizer* optimizer_;
  std::optional<Ema<Model>> average_;
};

}  // namespace nop
