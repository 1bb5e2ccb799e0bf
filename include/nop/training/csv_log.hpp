// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/core/expects.hpp>
#include <nop/io/file.hpp>

#include <array>
#include <charconv>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <ios>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nop {

namespace detail {

/// The shortest text that reads as the same number.
inline std::string number_text(double value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

template <class Values, class Text>
std::string csv_row(const Values& values, const Text& text_of) {
  std::string row;
  for (const auto& value : values) row += (row.empty() ? "" : ",") + text_of(value);
  return row + '\n';
}

/// The header of a log and its rows whose first number is at most `last`. A row that a crash cut
/// off is dropped.
inline std::string kept_rows(std::string_view text, std::string_view header, double last,
                             const std::string& source) {
  if (!text.starts_with(header))
    throw FormatError(
        source, 0,
        "the log should begin with '" + std::string(header.substr(0, header.size() - 1)) + "'");
  std::string kept(header);
  for (std::size_t begin = header.size(); begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    if (end == std::string_view::npos) break;
    const std::string_view row = text.substr(begin, end + 1 - begin);
    double number              = 0;
    if (std::from_chars(row.data(), row.data() + row.size(), number).ec != std::errc{})
      throw FormatError(source, begin, "a row should begin with a number");
    if (number <= last) kept += row;
    begin = end + 1;
  }
  return kept;
}

}  // namespace detail

/// A table of numbers in a .csv file, a row at a time. Each row is in the file when `append`
/// returns.
class CsvLog {
 public:
  /// Begins a new file, in the place of one that is there.
  CsvLog(const std::filesystem::path& path, const std::vector<std::string>& columns)
      : CsvLog(path, columns, header_of(columns)) {}

  /// Goes on with a file if there is one, after the rows whose first number is at most `last`;
  /// those behind it are dropped. Throws FormatError if its columns are others.
  static CsvLog resumed(const std::filesystem::path& path, const std::vector<std::string>& columns,
                        double last) {
    const std::string header = header_of(columns);
    if (!std::filesystem::exists(path)) return CsvLog(path, columns, header);
    const auto bytes = read_file(path);
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return CsvLog(path, columns, detail::kept_rows(text, header, last, path.string()));
  }

  /// Throws PreconditionError unless there is a number for each column, BackendError if the file
  /// cannot be written.
  void append(std::span<const double> row) {
    expects(row.size() == columns_, "CsvLog::append: expected ", columns_, " numbers, got ",
            row.size());
    file_ << detail::csv_row(row, detail::number_text) << std::flush;
    if (!file_) throw BackendError("write '" + path_.string() + "'", "failed");
  }

 private:
  CsvLog(const std::filesystem::path& path, const std::vector<std::string>& columns,
         const std::string& start)
      : path_(path), columns_(columns.size()) {
    write_atomically(path, [&](OutputFile& file) { file.write(start); });
    file_.open(path, std::ios::binary | std::ios::app);
    if (!file_) throw BackendError("open '" + path.string() + "'", "failed");
  }

  static std::string header_of(const std::vector<std::string>& columns) {
    return detail::csv_row(columns, [](const std::string& name) {
      expects(name.find_first_of(",\"\r\n") == std::string::npos,
              "CsvLog: expected a column name without commas, quotes and line breaks, got '", name,
              "'");
      return name;
    });
  }

  std::filesystem::path path_;
  std::size_t columns_;
  std::ofstream file_;
};

}  // namespace nop
