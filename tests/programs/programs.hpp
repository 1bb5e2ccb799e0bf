// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/io/array.hpp>
#include <nop/io/npy.hpp>
#include <nop/io/npz.hpp>

#include <doctest/doctest.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <complex>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

/// \file
/// The programs, run as somebody runs them.

namespace nop::test {

/// What a program that ended left behind.
struct Outcome {
  int status;
  std::string text;  ///< of both its output and its errors

  /// Did it end with another status than 0, having said only this one line?
  [[nodiscard]] bool failed_with(const std::string& end) const {
    if (status != 0 && std::count(text.begin(), text.end(), '\n') == 1 &&
        text.ends_with(end + "\n"))
      return true;
    MESSAGE("status " << status << ": " << text);
    return false;
  }
  [[nodiscard]] bool succeeded_with(const std::string& part) const {
    if (status == 0 && text.find(part) != std::string::npos) return true;
    MESSAGE("status " << status << ": " << text);
    return false;
  }
};

/// Runs a program of ours; its arguments must not need quotes.
inline Outcome run_program(const std::string& command) {
  std::FILE* const pipe =
      ::popen((std::string(NOP_PROGRAMS) + "/" + command + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  Outcome outcome{-1, {}};
  std::array<char, 256> part;
  while (std::fgets(part.data(), part.size(), pipe) != nullptr) outcome.text += part.data();
  const int status = ::pclose(pipe);
  if (WIFEXITED(status)) outcome.status = WEXITSTATUS(status);
  return outcome;
}

inline std::string fixture(const std::string& name) {
  return (std::filesystem::path(NOP_TEST_DATA) / "reference" / name).string();
}

/// The largest difference between two arrays as a part of the largest number.
inline double relative_difference(const Array& a, const Array& b) {
  REQUIRE(a.shape() == b.shape());
  const auto x = a.values<std::complex<double>>(), y = b.values<std::complex<double>>();
  double largest = 0, difference = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    largest    = std::max(largest, std::abs(y[i]));
    difference = std::max(difference, std::abs(x[i] - y[i]));
  }
  return difference / largest;
}

}  // namespace nop::test
