// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

namespace bench {

/// How long one call takes, in seconds.
template <class Call>
double seconds(const Call& call) {
  const auto start = std::chrono::steady_clock::now();
  call();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

inline double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// The median of calls that go on for at least `at_least` seconds, of one call if that is longer.
template <class Call>
double median_seconds(const Call& call, double at_least) {
  std::vector<double> times;
  for (double total = 0; total < at_least || times.empty(); total += times.back())
    times.push_back(seconds(call));
  return median(times);
}

}  // namespace bench
