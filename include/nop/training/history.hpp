// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/io/json.hpp>
#include <nop/io/safetensors.hpp>
#include <nop/training/state_arrays.hpp>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace nop {

/// What came out of an epoch.
struct Epoch {
  std::size_t number;            ///< 1 for the first
  double learning_rate;          ///< that it was trained with
  double loss;                   ///< the mean over the samples as they were trained on
  std::vector<double> measures;  ///< by the order of `History::measures`
  double seconds;                ///< of training and measuring
};

/// The epochs of a training, and what was measured after each.
struct History {
  std::vector<std::string> measures;
  std::vector<Epoch> epochs;

  /// The columns of `row`.
  [[nodiscard]] std::vector<std::string> columns() const {
    std::vector<std::string> names = {"epoch", "learning_rate", "loss"};
    names.insert(names.end(), measures.begin(), measures.end());
    names.emplace_back("seconds");
    return names;
  }

  /// All numbers of an epoch.
  [[nodiscard]] static std::vector<double> row(const Epoch& epoch) {
    std::vector<double> numbers = {static_cast<double>(epoch.number), epoch.learning_rate,
                                   epoch.loss};
    numbers.insert(numbers.end(), epoch.measures.begin(), epoch.measures.end());
    numbers.push_back(epoch.seconds);
    return numbers;
  }
};

/// The numbers as a table, the names of its columns in the metadata.
inline void history_to_arrays(const History& history, const std::string& name, SafeTensors& file) {
  std::vector<double> table;
  for (const Epoch& epoch : history.epochs) {
    const auto row = History::row(epoch);
    table.insert(table.end(), row.begin(), row.end());
  }
  const auto columns  = history.columns();
  file.metadata[name] = json_text(Json(columns));
  detail::add_values(file, name, table, {history.epochs.size(), columns.size()});
}

/// Reads the epochs of a history with the same measures; of others, it is a FormatError.
inline void history_from_arrays(History& history, const std::string& name, const SafeTensors& file,
                                const std::string& source) {
  const auto columns = history.columns();
  const auto found   = file.metadata.find(name);
  const auto text    = found == file.metadata.end() ? "nothing" : found->second;
  if (text != json_text(Json(columns)))
    throw FormatError(
        source, 0,
        "'" + name + "' should have the columns " + json_text(Json(columns)) + ", but has " + text);
  const auto table = detail::exact_values<double>(file, name, 0, source);
  if (table.size() % columns.size() != 0)
    throw FormatError(source, 0, "'" + name + "' should have whole rows");
  history.epochs.clear();
  for (auto row = table.begin(); row != table.end();
       row += static_cast<std::ptrdiff_t>(columns.size()))
    history.epochs.push_back(
        {.number        = history.epochs.size() + 1,
         .learning_rate = row[1],
         .loss          = row[2],
         .measures      = {row + 3, row + static_cast<std::ptrdiff_t>(3 + history.measures.size())},
         .seconds       = row[static_cast<std::ptrdiff_t>(columns.size()) - 1]});
}

}  // namespace nop
