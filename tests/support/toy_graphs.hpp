// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "toy_backend.hpp"

#include <cstddef>
#include <functional>
#include <utility>

namespace nop::test {

/// The toy backend with graphs, of which it counts those that were made.
struct ToyWithGraphs : ToyBackend {
  class Graph {
   public:
    explicit Graph(std::function<void()> work) : work_(std::move(work)) { ++made(); }
    void launch() const { work_(); }

    static std::size_t& made() {
      static std::size_t count = 0;
      return count;
    }

   private:
    std::function<void()> work_;
  };
};

}  // namespace nop::test
