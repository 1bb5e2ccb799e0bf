// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "case.hpp"
#include "stopwatch.hpp"
#include "work.hpp"

#include <exception>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>

namespace bench {

/// "CASE/PASS"
inline std::pair<Case, Pass> parse_task(const std::string& task) {
  const std::size_t slash = task.rfind('/');
  for (const Pass pass : all<Pass>())
    if (slash != std::string::npos && task.substr(slash + 1) == name_of(pass))
      return {parse_case(task.substr(0, slash)), pass};
  throw std::invalid_argument("expected CASE/PASS, such as sc2d_b4_c32_256_m24/fwd, got '" + task +
                              "'");
}

/// The most memory that this process ever had. Not getrusage: that remembers its parent's, too.
inline std::size_t peak_resident_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (std::size_t kilobytes = 0; word == "VmHWM:" && status >> kilobytes) return 1024 * kilobytes;
  return 0;
}

/// Serves compare.py over standard input and output, a line for a line, until the input ends:
///
///     about               what this is, with its version
///     prepare CASE/PASS   ready, or: error WHY
///     time                the seconds of one repetition: the median of calls for 50 ms, or one
///     memory              the most bytes ever resident
///
/// Between two lines it sleeps. `make(case, pass)` gives the Work, or throws.
template <class Make>
int serve(const std::string& about, const Make& make) {
  Work work;
  for (std::string command; std::cin >> command;) {
    if (command == "about") {
      std::cout << about << std::endl;
    } else if (command == "memory") {
      std::cout << peak_resident_bytes() << std::endl;
    } else if (command == "time" && work) {
      std::cout << median_seconds(work, 0.05) << std::endl;
    } else if (std::string task; command == "prepare" && std::cin >> task) {
      try {
        work                    = nullptr;
        const auto [name, pass] = parse_task(task);
        work                    = make(name, pass);
        for (int warm_up = 0; warm_up < 2; ++warm_up) work();
        std::cout << "ready" << std::endl;
      } catch (const std::exception& error) {
        std::cout << "error " << error.what() << std::endl;
      }
    } else {
      std::cout << "error expected about, prepare CASE/PASS, time or memory, got '" << command
                << "'" << std::endl;
    }
  }
  return 0;
}

}  // namespace bench
