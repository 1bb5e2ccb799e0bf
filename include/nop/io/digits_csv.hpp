// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/io/array.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace nop {

/// Pictures of handwritten digits, and which digit each is.
struct Digits {
  Array images;  ///< uint8 [count, 8, 8], 0 to 16
  Array labels;  ///< uint8 [count], 0 to 9
};

namespace detail {

/// Whole numbers with a comma behind each but the last of a line.
class DigitsLine {
 public:
  /// The line of `text` that begins at `at`, without its end.
  DigitsLine(std::string_view text, std::size_t at, const std::string& source)
      : line_(text.substr(at, text.find('\n', at) - at)), offset_(at), source_(source) {
    if (line_.ends_with('\r')) line_.remove_suffix(1);
  }

  [[nodiscard]] std::uint8_t next(unsigned most, bool is_last) {
    const std::size_t comma     = is_last ? line_.size() : line_.find(',', at_);
    const std::string_view word = line_.substr(at_, comma - at_);
    double value                = -1;  // np.savetxt writes whole numbers as reals, too
    const auto [end, failure]   = std::from_chars(word.data(), word.data() + word.size(), value);
    if (failure != std::errc{} || end != word.data() + word.size() ||
        !(value >= 0 && value <= most) || value != static_cast<unsigned>(value) ||
        comma == std::string_view::npos)
      throw FormatError(source_, offset_ + at_,
                        "expected lines of 64 whole numbers from 0 to 16 and a digit, with commas "
                        "between, as in scikit-learn's digits.csv");
    at_ = comma + 1;
    return static_cast<std::uint8_t>(value);
  }

 private:
  std::string_view line_;
  std::size_t offset_, at_ = 0;
  const std::string& source_;
};

}  // namespace detail

/// Reads scikit-learn's digits.csv, once unpacked: for each picture a line of its 64 points, row by
/// row, and the digit. `source` is for messages. Anything else is a FormatError.
///
/// Alpaydin and Kaynak, "Optical recognition of handwritten digits", UCI machine learning
/// repository, 1998.
inline Digits parse_digits_csv(std::string_view text, const std::string& source) {
  constexpr std::size_t side = 8;
  std::vector<std::uint8_t> images, labels;
  for (std::size_t at = 0; at < text.size();) {
    detail::DigitsLine line(text, at, source);
    for (std::size_t i = 0; i < side * side; ++i) images.push_back(line.next(16, false));
    labels.push_back(line.next(9, true));
    const std::size_t end = text.find('\n', at);
    at                    = end == std::string_view::npos ? text.size() : end + 1;
  }
  if (labels.empty()) throw FormatError(source, 0, "expected lines of numbers, got an empty file");
  return {make_array(images, {labels.size(), side, side}), make_array(labels, {labels.size()})};
}

}  // namespace nop
