// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/shared_memory.cuh>
#include <nop/core/error.hpp>

#include <cuda_runtime.h>

#include <cstddef>
#include <type_traits>

/// \file
/// CUDA's runtime: the one stream on which everything happens, launches, and statuses that become
/// errors.

namespace nop::cuda {

/// Throws BackendError, with the name of the call, unless all went well.
inline void check(cudaError_t status, const char* call) {
  if (status != cudaSuccess) throw BackendError(call, cudaGetErrorString(status));
}

/// The stream of all work, whichever thread asks for it: what is asked for later sees what was
/// asked for before. It does not wait for the default stream, nor that for it.
inline cudaStream_t stream() {
  static const cudaStream_t only = [] {
    cudaStream_t made = nullptr;
    check(cudaStreamCreateWithFlags(&made, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
    return made;
  }();
  return only;
}

/// Waits until all that was asked for is done, and throws BackendError if any of it failed.
inline void synchronize() { check(cudaStreamSynchronize(stream()), "cudaStreamSynchronize"); }

/// What the device that is in use can do.
struct Device {
  std::size_t multiprocessors;
  std::size_t shared_bytes;  ///< the most shared memory that a block can have
};
inline const Device& device() {
  static const Device used = [] {
    int number = 0, multiprocessors = 0, shared = 0;
    check(cudaGetDevice(&number), "cudaGetDevice");
    check(cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, number),
          "cudaDeviceGetAttribute");
    check(cudaDeviceGetAttribute(&shared, cudaDevAttrMaxSharedMemoryPerBlockOptin, number),
          "cudaDeviceGetAttribute");
    return Device{static_cast<std::size_t>(multiprocessors), static_cast<std::size_t>(shared)};
  }();
  return used;
}

/// The least number of parts of this size that cover a whole.
constexpr std::size_t parts_of(std::size_t whole, std::size_t size) {
  return (whole + size - 1) / size;
}

/// No more blocks than this are possible along the axes y and z.
inline constexpr std::size_t most_blocks_across = 65535;

struct Launch {
  dim3 blocks;
  dim3 threads;
  std::size_t shared_bytes = 0;  ///< beside what the kernel itself declares
};

/// Starts a kernel on the stream, or nothing where there are no blocks.
template <class... Parameter>
void launch(const Launch& how, void (*kernel)(Parameter...),
            const std::type_identity_t<Parameter>&... arguments) {
  if (how.blocks.x == 0 || how.blocks.y == 0 || how.blocks.z == 0) return;
  if (how.shared_bytes > 32U << 10U)  // with its own beside, it may be 48 KB: it has to be told
    check(cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel),
                               cudaFuncAttributeMaxDynamicSharedMemorySize,
                               static_cast<int>(how.shared_bytes)),
          "cudaFuncSetAttribute");
  cudaLaunchConfig_t config{};
  config.gridDim          = how.blocks;
  config.blockDim         = how.threads;
  config.dynamicSmemBytes = how.shared_bytes;
  config.stream           = stream();
  check(cudaLaunchKernelEx(&config, kernel, arguments...), "cudaLaunchKernelEx");
}

/// A number of blocks or threads as CUDA counts them.
constexpr unsigned count(std::size_t n) { return static_cast<unsigned>(n); }

}  // namespace nop::cuda
