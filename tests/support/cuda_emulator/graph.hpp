// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

/// \file
/// Graphs of the emulated runtime: while one is captured, what is asked for is written down and not
/// done. As strict as CUDA's: memory that is allocated inside is given back inside, or the graph
/// runs once; memory from outside is not given back inside; nobody waits inside.

namespace nop::test::cuda_emulator {

/// What was asked for, and the memory that it has all to itself.
struct GraphBody {
  std::vector<std::function<void()>> work;
  struct Block {
    std::size_t bytes;
    bool released;
  };
  std::map<void*, Block> blocks;
  bool has_run = false;

  GraphBody()                            = default;
  GraphBody(const GraphBody&)            = delete;
  GraphBody& operator=(const GraphBody&) = delete;
  ~GraphBody() {
    for (const auto& [block, about] : blocks) std::free(block);
  }

  [[nodiscard]] bool keeps_memory() const {
    for (const auto& [block, about] : blocks)
      if (!about.released) return true;
    return false;
  }
};

struct Capture {
  std::shared_ptr<GraphBody> body;  ///< null: nothing is captured
  bool is_valid = true;
};
inline Capture& capture() {
  static Capture only;
  return only;
}

/// Does it, or writes it down.
template <class Work>
void ask(Work work) {
  if (capture().body != nullptr)
    capture().body->work.emplace_back(std::move(work));
  else
    work();
}

/// Memory of a graph, which holds nothing, a NaN in either precision, before and after its use.
inline void* allocate_in_graph(std::size_t bytes) {
  void* const block = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
  if (block == nullptr) return nullptr;
  capture().body->blocks[block] = {bytes, false};
  ask([block, bytes] { std::memset(block, 0xFF, bytes); });
  return block;
}
/// False for memory that is not the graph's.
inline bool release_in_graph(void* block) {
  const auto found = capture().body->blocks.find(block);
  if (found == capture().body->blocks.end() || found->second.released)
    return capture().is_valid = false;
  found->second.released = true;
  ask([block, bytes = found->second.bytes] { std::memset(block, 0xFF, bytes); });
  return true;
}

}  // namespace nop::test::cuda_emulator

// NOLINTBEGIN: the names are CUDA's
struct CUgraph_st {
  std::shared_ptr<nop::test::cuda_emulator::GraphBody> body;
};
using cudaGraph_t     = CUgraph_st*;
using cudaGraphExec_t = CUgraph_st*;
// NOLINTEND
