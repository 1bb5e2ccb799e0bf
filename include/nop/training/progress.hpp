// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/expects.hpp>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace nop {

/// How progress is shown.
enum class ProgressStyle {
  automatic,  ///< a bar if the stream is std::cout, std::cerr or std::clog and that is a terminal
  bar,        ///< one line that is drawn again and again
  plain       ///< finished lines only, for files
};

namespace detail {

/// "0:07", "12:30" or "3:05:00".
inline std::string clock_text(double seconds) {
  const auto whole = static_cast<long>(std::lround(std::clamp(seconds, 0.0, 1e8)));
  char text[32];
  if (whole >= 3600)
    std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
  else
    std::snprintf(text, sizeof text, "%ld:%02ld", whole / 60, whole % 60);
  return text;
}

/// Four digits, for people.
inline std::string short_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

inline bool is_terminal(const std::ostream& stream) {
  if (&stream == &std::cout) return ::isatty(STDOUT_FILENO) != 0;
  if (&stream == &std::cerr || &stream == &std::clog) return ::isatty(STDERR_FILENO) != 0;
  return false;
}

inline double seconds_now() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

}  // namespace detail

/// A line that says how far a long work is: a label, a bar, the rate, the time left and a note.
///
///     epoch 3/20 [########------------]  40%  812/s  0:07 left  loss 0.0123
///
/// On a terminal it is drawn in place, at most ten times a second; elsewhere only finished lines
/// appear.
class Progress {
 public:
  struct Config {
    std::ostream& stream          = std::clog;
    ProgressStyle style           = ProgressStyle::automatic;
    std::function<double()> clock = detail::seconds_now;  ///< in seconds
  };

  explicit Progress(const Config& config)
      : stream_(&config.stream),
        clock_(config.clock),
        draws_bar_(
            config.style == ProgressStyle::bar ||
            (config.style == ProgressStyle::automatic && detail::is_terminal(config.stream))) {}

  /// Begins a work of `total` items, or goes on with it after the first `done` of them.
  void start(std::string label, std::size_t total, std::size_t done = 0) {
    label_   = std::move(label);
    total_   = std::max<std::size_t>(1, total);
    before_  = done;
    started_ = clock_();
    drawn_.reset();
  }

  /// Shows that `done` items are behind.
  void show(std::size_t done, std::string_view note) {
    const double now = clock_();
    if (!draws_bar_ || (drawn_ && now - *drawn_ < 0.1)) return;
    drawn_ = now;
    write('\r' + line(std::min(done, total_), now - started_) + std::string(note) + "\x1b[K");
  }

  /// Writes a line that stays, after `done` items: "label  400/1000  0:03 left  note".
  void report(std::size_t done, std::string_view note) {
    std::string text = std::to_string(done) + '/' + std::to_string(total_);
    if (const double rate = rate_of(done, clock_() - started_); rate > 0 && done < total_)
      text += "  " + detail::clock_text(static_cast<double>(total_ - done) / rate) + " left";
    finish(text + "  " + std::string(note));
  }

  /// Ends the work with a line that stays.
  void finish(std::string_view text) {
    write((draws_bar_ ? "\r" : "") + label_ + "  " + std::string(text) +
          (draws_bar_ ? "\x1b[K\n" : "\n"));
  }

 private:
  [[nodiscard]] std::string line(std::size_t done, double seconds) const {
    constexpr std::size_t width = 20;
    const double part           = static_cast<double>(done) / static_cast<double>(total_);
    const std::size_t full      = done * width / total_;
    std::string text = label_ + " [" + std::string(full, '#') + std::string(width - full, '-');
    char numbers[64];
    std::snprintf(numbers, sizeof numbers, "] %3.0f%%  ", 100 * part);
    text += numbers;
    const double rate = rate_of(done, seconds);
    if (rate <= 0) return text;
    std::snprintf(numbers, sizeof numbers, "%.*f/s  ", rate < 10 ? 2 : 0, rate);
    return text + numbers + detail::clock_text(static_cast<double>(total_ - done) / rate) +
           " left  ";
  }

  /// Items a second in this run; 0 if there were none yet.
  [[nodiscard]] double rate_of(std::size_t done, double seconds) const {
    return done > before_ && seconds > 0 ? static_cast<double>(done - before_) / seconds : 0;
  }

  void write(const std::string& text) {
    *stream_ << text;
    stream_->flush();
  }

  std::ostream* stream_;
  std::function<double()> clock_;
  bool draws_bar_;
  std::string label_;
  std::size_t total_  = 1;
  std::size_t before_ = 0;  ///< items of an earlier run
  double started_     = 0;
  std::optional<double> drawn_;
};

}  // namespace nop
