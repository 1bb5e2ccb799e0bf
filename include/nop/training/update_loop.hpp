// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/tape.hpp>
#include <nop/core/expects.hpp>
#include <nop/io/safetensors.hpp>
#include <nop/training/csv_log.hpp>
#include <nop/training/ema.hpp>
#include <nop/training/learning_rate.hpp>
#include <nop/training/parameter_states.hpp>
#include <nop/training/progress.hpp>
#include <nop/training/state_arrays.hpp>
#include <nop/training/training_state.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nop {

struct UpdateLoopConfig {
  std::size_t updates;
  LearningRate learning_rate;  ///< by updates
  double largest_gradient_norm     = std::numeric_limits<double>::infinity();
  std::optional<EmaConfig> average = {};   ///< measure and keep an average of the parameters
  std::size_t report_every         = 100;  ///< updates: a row in the log, and a checkpoint
  std::filesystem::path checkpoint = {};   ///< where to keep what `resume` needs; empty: nowhere
  std::filesystem::path log        = {};   ///< a .csv file with a row per report; empty: none
  std::string label                = "training";
  std::optional<Progress::Config> progress = {};  ///< where to say how far it is
};

/// Trains a model update by update, whatever the losses are made of: what a Trainer does for pairs
/// of fields, for objectives that draw their own.
///
///     UpdateLoop loop(model, optimizer, {.updates = 8000, .learning_rate = 1e-3});
///     loop.resume();
///     loop.run([&](Tape& tape, std::size_t update) {
///       return loss(model(tape.input(batch(update))), ...);
///     });
///
/// The objective is asked for the loss of update 0, 1, ... and should draw what is random from a
/// stream of that number: then a training that was stopped and resumed gives the same numbers, bit
/// by bit, as one that was not.
template <class Model, optimizer_of<Model> Optimizer>
class UpdateLoop {
 public:
  UpdateLoop(Model& model, Optimizer& optimizer, UpdateLoopConfig config)
      : state_(model, optimizer, config.average), config_(std::move(config)) {
    expects(config_.report_every > 0,
            "UpdateLoop: expected at least one update before each report, got ",
            config_.report_every);
  }

  /// Computes a number at each report, from the average of the model if there is one.
  void measure(std::string name, std::function<double(const Model&)> function) {
    names_.push_back(std::move(name));
    measures_.push_back(std::move(function));
  }

  /// Continues from the checkpoint, if there is one. False if there is none. Throws FormatError if
  /// it is not of this training.
  bool resume() {
    if (config_.checkpoint.empty() || !std::filesystem::exists(config_.checkpoint)) return false;
    const SafeTensors file   = read_safetensors(config_.checkpoint);
    const std::string source = config_.checkpoint.string();
    auto learning_rate       = config_.learning_rate;
    const auto updates       = detail::exact_values<std::uint64_t>(file, "updates", 1, source);
    learning_rate_from_arrays(learning_rate, "learning_rate.", file, source);
    state_.from_arrays(file, source);
    config_.learning_rate = std::move(learning_rate);
    updates_              = static_cast<std::size_t>(updates[0]);
    return true;
  }

  /// Trains until there were as many updates as configured. `objective(tape, update)` records the
  /// loss of an update, of rank 0.
  template <class Objective>
  void run(const Objective& objective) {
    std::optional<CsvLog> log;
    if (!config_.log.empty())
      log.emplace(CsvLog::resumed(config_.log, columns(), static_cast<double>(updates_)));
    std::optional<Progress> progress;
    if (config_.progress) progress.emplace(*config_.progress);
    if (progress) progress->start(config_.label, config_.updates, updates_);
    while (updates_ < config_.updates) {
      const auto row = report(objective, progress);
      if (log) log->append(row);
      if (!config_.checkpoint.empty()) write_checkpoint();
    }
  }

  /// How many updates there were.
  [[nodiscard]] std::size_t updates() const { return updates_; }
  /// What is measured: the average of the model, or the model itself.
  [[nodiscard]] const Model& measured_model() const { return state_.measured_model(); }

 private:
  [[nodiscard]] std::vector<std::string> columns() const {
    std::vector<std::string> names{"updates", "learning_rate", "loss"};
    names.insert(names.end(), names_.begin(), names_.end());
    names.emplace_back("seconds");
    return names;
  }

  /// The updates up to the next report, and its row of the log.
  template <class Objective>
  std::vector<double> report(const Objective& objective, std::optional<Progress>& progress) {
    const double started = detail::seconds_now();
    const std::size_t next =
        std::min(config_.updates, (updates_ / config_.report_every + 1) * config_.report_every);
    const auto first = static_cast<double>(updates_);
    double total     = 0;
    for (; updates_ < next; ++updates_) {
      total += update(objective);
      if (progress)
        progress->show(
            updates_ + 1,
            "loss " + detail::short_text(total / (static_cast<double>(updates_ + 1) - first)));
    }
    const double loss = total / (static_cast<double>(updates_) - first);
    config_.learning_rate.observe(loss);
    std::vector<double> row{static_cast<double>(updates_), state_.optimizer().learning_rate(),
                            loss};
    std::string text = "loss " + detail::short_text(loss);
    for (std::size_t m = 0; m < measures_.size(); ++m) {
      row.push_back(measures_[m](measured_model()));
      text += "  " + names_[m] + ' ' + detail::short_text(row.back());
    }
    row.push_back(detail::seconds_now() - started);
    if (progress) progress->report(updates_, text);
    return row;
  }

  template <class Objective>
  double update(const Objective& objective) {
    state_.optimizer().set_learning_rate(config_.learning_rate.rate(static_cast<double>(updates_)));
    Tape tape;
    const auto loss = objective(tape, updates_);
    state_.step(tape.gradient(loss), config_.largest_gradient_norm);
    return static_cast<double>(loss.item());  // last: a device has all of the step to do by then
  }

  void write_checkpoint() {
    SafeTensors file;
    detail::add_values(file, "updates", std::vector{std::uint64_t{updates_}});
    learning_rate_to_arrays(config_.learning_rate, "learning_rate.", file);
    state_.to_arrays(file);
    write_safetensors(config_.checkpoint, file);
  }

  TrainingState<Model, Optimizer> state_;
  UpdateLoopConfig config_;
  std::size_t updates_ = 0;
  std::vector<std::string> names_;
  std::vector<std::function<double(const Model&)>> measures_;
};

}  // namespace nop
