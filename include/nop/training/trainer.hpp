// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/tape.hpp>
#include <nop/core/rng.hpp>
#include <nop/layers/batch_statistics.hpp>
#include <nop/layers/to.hpp>
#include <nop/training/csv_log.hpp>
#include <nop/training/dataset.hpp>
#include <nop/training/ema.hpp>
#include <nop/training/history.hpp>
#include <nop/training/learning_rate.hpp>
#include <nop/training/mean_loss.hpp>
#include <nop/training/progress.hpp>
#include <nop/training/state_arrays.hpp>
#include <nop/training/training_state.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nop {

struct TrainerConfig {
  std::size_t epochs;
  std::size_t batch_size                    = 16;
  std::optional<LearningRate> learning_rate = {};  ///< by epochs; else the optimizer's stays
  double largest_gradient_norm              = std::numeric_limits<double>::infinity();
  std::optional<EmaConfig> average = {};  ///< measure and keep an average of the parameters
  std::filesystem::path checkpoint = {};  ///< where to keep what `resume` needs; empty: nowhere
  std::size_t checkpoint_every     = 1;   ///< epochs
  std::filesystem::path log        = {};  ///< a .csv file with a row per epoch; empty: none
  std::uint64_t seed               = 0;   ///< of the order of the samples and of dropout
  std::optional<Progress::Config> progress = {};  ///< where to say how far it is
};

/// Fits a model to pairs of fields, epoch by epoch.
///
///     Trainer trainer(model, optimizer, relative_l2, {.epochs = 50, .checkpoint = "run.state"});
///     trainer.measure("error", test, relative_l2);
///     trainer.resume();
///     trainer.fit(train);
///
/// The model and the optimizer stay where they are and are changed there. A training that was
/// stopped and resumed gives the same numbers, bit by bit, as one that was not.
template <class Model, optimizer_of<Model> Optimizer, class Loss>
class Trainer {
 public:
  Trainer(Model& model, Optimizer& optimizer, Loss loss, TrainerConfig config)
      : state_(model, optimizer, config.average),
        loss_(std::move(loss)),
        config_(std::move(config)),
        rng_(config_.seed) {
    expects(config_.batch_size > 0 && config_.checkpoint_every > 0,
            "Trainer: expected a positive batch_size and checkpoint_every, got ",
            config_.batch_size, " and ", config_.checkpoint_every);
  }

  /// Computes a number after each epoch, from the average of the model if there is one.
  void measure(std::string name, std::function<double(const Model&)> function) {
    history_.measures.push_back(std::move(name));
    measures_.push_back(std::move(function));
  }
  /// Computes the mean of a loss over a data set after each epoch.
  template <std::size_t Dim, class Backend, real Real, class Metric>
  void measure(std::string name, Dataset<Dim, Backend, Real> data, Metric metric) {
    measure(std::move(name),
            [data = std::move(data), metric = std::move(metric), count = config_.batch_size](
                const Model& model) { return mean_loss(model, data, metric, count); });
  }

  /// Calls a function with each `Epoch` when it has ended and been saved.
  void on_epoch(std::function<void(const Epoch&)> function) {
    callbacks_.push_back(std::move(function));
  }

  /// Continues from the checkpoint, if there is one: to be called when all is measured that was
  /// measured before. False if there is none. Throws FormatError if it is not of this training.
  bool resume() {
    if (config_.checkpoint.empty() || !std::filesystem::exists(config_.checkpoint)) return false;
    const SafeTensors file   = read_safetensors(config_.checkpoint);
    const std::string source = config_.checkpoint.string();
    auto history             = history_;  // so that a file that does not fit changes nothing
    auto rng                 = rng_;
    auto learning_rate       = config_.learning_rate;
    history_from_arrays(history, "history", file, source);
    rng_from_arrays(rng, "rng", file, source);
    if (learning_rate) learning_rate_from_arrays(*learning_rate, "learning_rate.", file, source);
    state_.from_arrays(file, source);
    history_              = std::move(history);
    rng_                  = rng;
    config_.learning_rate = std::move(learning_rate);
    return true;
  }

  /// Trains until there are as many epochs as configured. A model that is on another backend than
  /// the data gets them batch by batch.
  template <std::size_t Dim, class Backend, real Real>
  const History& fit(const Dataset<Dim, Backend, Real>& data) {
    expects(data.size() > 0, "Trainer::fit: expected at least one sample, got none");
    std::optional<CsvLog> log;
    if (!config_.log.empty())
      log.emplace(CsvLog::resumed(config_.log, history_.columns(),
                                  static_cast<double>(history_.epochs.size())));
    std::optional<Progress> progress;
    if (config_.progress) progress.emplace(*config_.progress);
    while (history_.epochs.size() < config_.epochs) {
      const Epoch epoch = train_epoch(data, progress);
      history_.epochs.push_back(epoch);
      if (log) log->append(History::row(epoch));
      if (!config_.checkpoint.empty() &&
          (epoch.number % config_.checkpoint_every == 0 || epoch.number == config_.epochs))
        write_checkpoint();
      if (progress) progress->finish(summary(epoch));
      for (const auto& callback : callbacks_) callback(epoch);
    }
    return history_;
  }

  [[nodiscard]] const History& history() const { return history_; }
  /// What is measured: the average of the model, or the model itself.
  [[nodiscard]] const Model& measured_model() const { return state_.measured_model(); }

 private:
  template <class Data>
  Epoch train_epoch(const Data& data, std::optional<Progress>& progress) {
    const double started     = detail::seconds_now();
    const std::size_t number = history_.epochs.size() + 1;
    if (config_.learning_rate)
      state_.optimizer().set_learning_rate(
          config_.learning_rate->rate(static_cast<double>(number - 1)));
    if (progress)
      progress->start("epoch " + std::to_string(number) + '/' + std::to_string(config_.epochs),
                      data.size());
    double total     = 0;
    std::size_t done = 0;
    for (const auto& batch : data.batches(config_.batch_size, rng_)) {
      const auto [input, target] =
          to<backend_of_module<Model, typename Data::Fields::Backend>>(batch);
      total += step(input, target) * detail::samples_in_loss(loss_, input.extent(0));
      done += input.extent(0);
      if (progress)
        progress->show(done, "loss " + detail::short_text(total / static_cast<double>(done)));
    }
    Epoch epoch{.number        = number,
                .learning_rate = state_.optimizer().learning_rate(),
                .loss          = total / static_cast<double>(data.size()),
                .measures      = {},
                .seconds       = 0};
    for (const auto& measured : measures_) epoch.measures.push_back(measured(measured_model()));
    if (config_.learning_rate) config_.learning_rate->observe(epoch.loss);
    epoch.seconds = detail::seconds_now() - started;
    return epoch;
  }

  /// One step of the optimizer; the loss before it.
  template <class Field>
  double step(const Field& input, const Field& target) {
    Tape tape;
    BatchStatistics statistics;
    const auto loss = loss_(prediction(tape.input(input), statistics), target);
    state_.step(tape.gradient(loss), config_.largest_gradient_norm, std::move(statistics));
    return static_cast<double>(loss.item());  // last: a device has all of the step to do by then
  }

  /// With dropout and by the statistics of the batch, where the model knows of them.
  template <class X>
  auto prediction(const X& x, BatchStatistics& statistics) {
    const Model& model = state_.model();
    if constexpr (requires { model(x, rng_, statistics); })
      return model(x, rng_, statistics);
    else if constexpr (requires { model(x, rng_); })
      return model(x, rng_);
    else
      return model(x);
  }

  void write_checkpoint() {
    SafeTensors file;
    history_to_arrays(history_, "history", file);
    state_.to_arrays(file);
    rng_to_arrays(rng_, "rng", file);
    if (config_.learning_rate)
      learning_rate_to_arrays(*config_.learning_rate, "learning_rate.", file);
    write_safetensors(config_.checkpoint, file);
  }

  [[nodiscard]] std::string summary(const Epoch& epoch) const {
    std::string text =
        detail::clock_text(epoch.seconds) + "  loss " + detail::short_text(epoch.loss);
    for (std::size_t i = 0; i < epoch.measures.size(); ++i)
      text += "  " + history_.measures[i] + ' ' + detail::short_text(epoch.measures[i]);
    return text;
  }

  TrainingState<Model, Optimizer> state_;
  Loss loss_;
  TrainerConfig config_;
  Rng rng_;
  History history_;
  std::vector<std::function<double(const Model&)>> measures_;
  std::vector<std::function<void(const Epoch&)>> callbacks_;
};

}  // namespace nop
