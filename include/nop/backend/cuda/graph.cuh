// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/runtime.cuh>

#include <utility>

namespace nop::cuda {

/// What a piece of work asks of the stream, written down as a CUDA graph: to be done again and
/// again with one call of the driver. Memory has the addresses that it had then.
///
///     const Graph graph([&] { cuda::copy(in, out, count); });
///     graph.launch();
///
/// The work is asked for once, and not done by that. It should have been done before, so that what
/// is made once and kept (plans, tables, handles) is there. What it allocates it has to release,
/// and nothing else; and it may not bring numbers to or from the host, which throws BackendError.
/// What is asked for by other threads meanwhile would be written down, too.
class Graph {
 public:
  template <class Work>
  explicit Graph(const Work& work) {
    check(cudaStreamBeginCapture(stream(), cudaStreamCaptureModeRelaxed), "cudaStreamBeginCapture");
    cudaGraph_t captured = nullptr;
    try {
      work();
    } catch (...) {  // the stream goes on as if nothing had been asked for
      if (cudaStreamEndCapture(stream(), &captured) == cudaSuccess)
        static_cast<void>(cudaGraphDestroy(captured));
      static_cast<void>(cudaGetLastError());
      throw;
    }
    const cudaError_t ended = cudaStreamEndCapture(stream(), &captured);
    if (ended != cudaSuccess) static_cast<void>(cudaGetLastError());
    check(ended, "cudaStreamEndCapture");
    const cudaError_t made = cudaGraphInstantiate(&executable_, captured, 0);
    static_cast<void>(cudaGraphDestroy(captured));
    check(made, "cudaGraphInstantiate");
  }
  Graph(Graph&& other) noexcept : executable_(std::exchange(other.executable_, nullptr)) {}
  Graph& operator=(Graph&& other) noexcept {
    std::swap(executable_, other.executable_);
    return *this;
  }
  /// A graph that is still being done is done to its end.
  ~Graph() {
    if (executable_ != nullptr) static_cast<void>(cudaGraphExecDestroy(executable_));
  }

  /// Asks for all of it once more, after what was asked for before.
  void launch() const { check(cudaGraphLaunch(executable_, stream()), "cudaGraphLaunch"); }

 private:
  cudaGraphExec_t executable_ = nullptr;
};

}  // namespace nop::cuda
