// SPDX-License-Identifier: BSD-3-Clause
// A table of named rows in a .csv file, for dsno_evaluate.
#pragma once

#include <nop/io/file.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// A row: columns and what is in them.
using Values = std::vector<std::pair<std::string, double>>;

/// The file is whole again after each row. Rows need not have the same columns.
class Table {
 public:
  Table(std::filesystem::path path, bool keep) : path_(std::move(path)) {
    if (keep && std::filesystem::exists(path_)) *this = read(path_);
  }

  static Table read(const std::filesystem::path& path) {
    const auto bytes = nop::read_file(path);
    std::istringstream text({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    Table table(path, false);
    std::string line;
    std::getline(text, line);
    table.columns_ = cells(line);
    if (table.columns_.empty()) throw std::runtime_error(path.string() + ": expected a table");
    table.columns_.erase(table.columns_.begin());
    while (std::getline(text, line)) {
      const auto found = cells(line);
      if (found.size() != table.columns_.size() + 1)
        throw std::runtime_error(path.string() + ": expected a number in each column, got '" +
                                 line + "'");
      Values values;
      for (std::size_t i = 0; i < table.columns_.size(); ++i) {
        if (found[i + 1].empty()) continue;
        double value           = 0;
        const char* const last = found[i + 1].data() + found[i + 1].size();
        if (std::from_chars(found[i + 1].data(), last, value).ptr != last)
          throw std::runtime_error(path.string() + ": expected a number, got " + found[i + 1]);
        values.emplace_back(table.columns_[i], value);
      }
      table.rows_.emplace_back(found[0], std::move(values));
    }
    return table;
  }

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] bool has(std::string_view name) const { return find(name) != rows_.end(); }
  [[nodiscard]] const Values& row(std::string_view name) const { return find(name)->second; }
  [[nodiscard]] std::optional<double> value(std::string_view name, std::string_view column) const {
    if (!has(name)) return {};
    for (const auto& [which, value] : row(name))
      if (which == column) return value;
    return {};
  }

  void add(const std::string& name, const Values& values) {
    for (const auto& [column, value] : values)
      if (std::find(columns_.begin(), columns_.end(), column) == columns_.end())
        columns_.push_back(column);
    rows_.emplace_back(name, values);
    write(path_, ",", "");
  }

  /// Forgets a row, if there is one; the file keeps it until the next one is added.
  void drop(std::string_view name) {
    std::erase_if(rows_, [name](const Row& row) { return row.first == name; });
  }

  void write_markdown(const std::filesystem::path& path) const {
    std::string rule = "\n| ---";
    for (std::size_t i = 0; i < columns_.size(); ++i) rule += " | ---:";
    write(path, " | ", rule + " |");
  }

 private:
  using Row = std::pair<std::string, Values>;

  static std::vector<std::string> cells(const std::string& line) {
    std::vector<std::string> found;
    for (std::size_t first = 0; first <= line.size();) {
      const std::size_t last = std::min(line.find(',', first), line.size());
      found.push_back(line.substr(first, last - first));
      first = last + 1;
    }
    return found;
  }
  [[nodiscard]] std::vector<Row>::const_iterator find(std::string_view name) const {
    return std::find_if(rows_.begin(), rows_.end(),
                        [name](const Row& row) { return row.first == name; });
  }

  void write(const std::filesystem::path& path, const std::string& between,
             const std::string& rule) const {
    const std::string edge = rule.empty() ? "" : "|";
    const auto line        = [&](std::string row) {
      return edge.empty() ? row : "| " + std::move(row) + " |";
    };
    std::string head = "sampler";
    for (const auto& column : columns_) head += between + column;
    std::string text = line(head) + rule + '\n';
    for (const auto& [name, values] : rows_) {
      std::string row = name;
      for (const auto& column : columns_) {
        const auto found = value(name, column);
        char number[32]  = "";
        if (found) std::snprintf(number, sizeof number, "%.4g", *found);
        row += between + number;
      }
      text += line(row) + '\n';
    }
    nop::write_atomically(path, [&](nop::OutputFile& file) { file.write(text); });
  }

  std::filesystem::path path_;
  std::vector<std::string> columns_;
  std::vector<Row> rows_;
};
