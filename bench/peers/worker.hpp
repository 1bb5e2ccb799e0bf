// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "case.hpp"
#include "stopwatch.hpp"
#include "work.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>

namespace bench {

struct Task {
  Case name;
  Pass pass;
  Variant variant;
};

/// "CASE/PASS", after which the numbers may be named if they are not float: "CASE/PASS/double".
inline Task parse_task(const std::string& task) {
  const std::size_t end = task.find('/'), next = std::min(task.find('/', end + 1), task.size());
  for (const Pass pass : all<Pass>())
    for (const Element element : all<Element>())
      if (end < next && task.substr(end + 1, next - end - 1) == name_of(pass) &&
          task.substr(next) == (next == task.size() ? "" : "/" + name_of(element)))
        return {parse_case(task.substr(0, end)), pass, {.element = element}};
  throw std::invalid_argument("expected CASE/PASS, such as sc2d_b4_c32_256_m24/fwd, got '" + task +
                              "'");
}

/// The flops and bytes of a task's least work, on a line.
inline void print_cost(const std::string& task) {
  const auto [name, pass, variant] = parse_task(task);
  const Cost cost                  = cost_of(name, pass, variant.element);
  std::printf("%.6g %.6g\n", cost.flops, cost.bytes);
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
/// Between two lines it sleeps. `make(task)` gives the Work, or throws; `measure(work, at_least)`
/// its seconds.
template <class Make, class Measure>
int serve(const std::string& about, const Make& make, const Measure& measure) {
  Work work;
  for (std::string command; std::cin >> command;) {
    if (command == "about") {
      std::cout << about << std::endl;
    } else if (command == "memory") {
      std::cout << peak_resident_bytes() << std::endl;
    } else if (command == "time" && work) {
      std::cout << measure(work, 0.05) << std::endl;
    } else if (std::string task; command == "prepare" && std::cin >> task) {
      try {
        work = nullptr;
        work = make(parse_task(task));
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

template <class Make>
int serve(const std::string& about, const Make& make) {
  return serve(about, make,
               [](const Work& work, double at_least) { return median_seconds(work, at_least); });
}

}  // namespace bench
