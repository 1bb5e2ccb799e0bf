// SPDX-License-Identifier: BSD-3-Clause
// Where an example can be told to compute: on the CPU and, where it was built with CUDA, on a GPU.
#pragma once

#ifdef NOP_EXAMPLES_WITH_CUDA
#include <nop/cuda.hpp>
#else
#include <nop/backend/cpu.hpp>
#endif

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace examples {

inline std::vector<std::string> backend_names() {
#ifdef NOP_EXAMPLES_WITH_CUDA
  return {"cpu", "cuda"};
#else
  return {"cpu"};
#endif
}

/// Calls `use(backend)` with the backend of that name, as a value.
template <class Use>
void on_backend(const std::string& name, const Use& use) {
#ifdef NOP_EXAMPLES_WITH_CUDA
  if (name == "cuda") return use(nop::Cuda{});
#endif
  if (name == "cpu") use(nop::Cpu{});
}

inline void add_backend_option(CLI::App& app, std::string& name) {
  app.add_option("--backend", name, "what computes")
      ->capture_default_str()
      ->check(CLI::IsMember(backend_names()));
}

}  // namespace examples
