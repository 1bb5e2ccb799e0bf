// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/runtime.cuh>

#include "stopwatch.hpp"
#include "work.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace bench {

/// A point in the order of the stream.
class Event {
 public:
  Event() { nop::cuda::check(cudaEventCreate(&event_), "cudaEventCreate"); }
  Event(const Event&)            = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { static_cast<void>(cudaEventDestroy(event_)); }

  void record() {
    nop::cuda::check(cudaEventRecord(event_, nop::cuda::stream()), "cudaEventRecord");
  }
  /// Seconds from another event to this one, for which it waits.
  double since(const Event& start) {
    float milliseconds = 0;
    nop::cuda::check(cudaEventSynchronize(event_), "cudaEventSynchronize");
    nop::cuda::check(cudaEventElapsedTime(&milliseconds, start.event_, event_),
                     "cudaEventElapsedTime");
    return 1e-3 * static_cast<double>(milliseconds);
  }

 private:
  cudaEvent_t event_ = nullptr;
};

/// How long the device, and the host where it is slower, is busy with so many repetitions.
inline double timed(const Work& work, std::size_t calls) {
  Event start, end;
  start.record();
  for (std::size_t call = 0; call < calls; ++call) work();
  end.record();
  return end.since(start);
}

/// The seconds of one repetition: the median of rows of them that go on for `at_least` seconds in
/// all, of which each takes about a fifth.
inline double event_seconds(const Work& work, double at_least) {
  const double first = timed(work, 1);
  const auto calls =
      static_cast<std::size_t>(std::clamp(at_least / 5 / std::max(first, 1e-6), 1.0, 100.0));
  std::vector<double> times;
  for (double total = 0; total < at_least || times.empty();) {
    const double spent = timed(work, calls);
    total += spent;
    times.push_back(spent / static_cast<double>(calls));
  }
  return median(times);
}

}  // namespace bench
