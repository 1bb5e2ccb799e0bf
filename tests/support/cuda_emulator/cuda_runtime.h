// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "block.hpp"
#include "graph.hpp"
#include "nop/backend/cuda/shared_memory.cuh"

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <mutex>
#include <tuple>
#include <type_traits>

/// \file
/// As much of CUDA's runtime as the backend Cuda uses, on the host: kernels run at once, block
/// after block, and memory of the device is the host's. With it a compiler that knows no CUDA
/// compiles the kernels, and their tests run where there is no GPU.

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __grid_constant__
#define __constant__
#define __shared__ thread_local

// NOLINTBEGIN: the names are CUDA's
struct float2 {
  float x, y;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
struct alignas(16) double2 {
  double x, y;
};
struct int2 {
  int x, y;
};
struct alignas(16) int4 {
  int x, y, z, w;
};
struct uint2 {
  unsigned x, y;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
constexpr float2 make_float2(float x, float y) { return {x, y}; }
constexpr float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
constexpr double2 make_double2(double x, double y) { return {x, y}; }
constexpr int2 make_int2(int x, int y) { return {x, y}; }
constexpr int4 make_int4(int x, int y, int z, int w) { return {x, y, z, w}; }

inline void __syncthreads() { nop::test::cuda_emulator::block().wait_for_block(); }
inline void __syncwarp(unsigned = ~0U) { nop::test::cuda_emulator::block().wait_for_warp(); }
inline void __threadfence() {}
inline void __threadfence_block() {}

template <class T>
T __shfl_sync(unsigned, T value, int lane, int width = 32) {
  auto& block = nop::test::cuda_emulator::block();
  const auto segment =
      block.lane() / static_cast<std::size_t>(width) * static_cast<std::size_t>(width);
  return block.from_lane(
      value, segment + static_cast<std::size_t>(lane) % static_cast<std::size_t>(width));
}
template <class T>
T __shfl_xor_sync(unsigned, T value, int mask, int = 32) {
  auto& block = nop::test::cuda_emulator::block();
  return block.from_lane(value, block.lane() ^ static_cast<std::size_t>(mask));
}
template <class T>
T __shfl_down_sync(unsigned, T value, unsigned delta, int width = 32) {
  auto& block     = nop::test::cuda_emulator::block();
  const auto lane = block.lane(), w = static_cast<std::size_t>(width);
  return block.from_lane(value, lane % w + delta < w ? lane + delta : lane);
}
template <class T>
T __shfl_up_sync(unsigned, T value, unsigned delta, int width = 32) {
  auto& block     = nop::test::cuda_emulator::block();
  const auto lane = block.lane(), w = static_cast<std::size_t>(width);
  return block.from_lane(value, lane % w >= delta ? lane - delta : lane);
}
inline unsigned __activemask() { return ~0U; }

template <class T>
T __ldg(const T* address) {
  return *address;
}
template <class T>
T __ldcs(const T* address) {
  return *address;
}
template <class T>
T __ldcg(const T* address) {
  return *address;
}
template <class T>
void __stcs(T* address, std::type_identity_t<T> value) {
  *address = value;
}
template <class T>
T atomicAdd(T* address, std::type_identity_t<T> value) {
  const T before = *address;
  *address += value;
  return before;
}
inline unsigned __umulhi(unsigned a, unsigned b) {
  return static_cast<unsigned>((static_cast<std::uint64_t>(a) * b) >> 32U);
}
__extension__ using WideInteger = unsigned __int128;
inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
  return static_cast<unsigned long long>((static_cast<WideInteger>(a) * b) >> 64U);
}
inline float __fmaf_rn(float a, float b, float c) { return std::fma(a, b, c); }
inline float rsqrtf(float x) { return 1 / std::sqrt(x); }
inline double rsqrt(double x) { return 1 / std::sqrt(x); }
inline float __uint_as_float(unsigned x) {
  float y;
  std::memcpy(&y, &x, sizeof y);
  return y;
}
inline unsigned __float_as_uint(float x) {
  unsigned y;
  std::memcpy(&y, &x, sizeof y);
  return y;
}

typedef enum cudaError {
  cudaSuccess                       = 0,
  cudaErrorInvalidValue             = 1,
  cudaErrorMemoryAllocation         = 2,
  cudaErrorInvalidConfiguration     = 9,
  cudaErrorIllegalState             = 401,
  cudaErrorStreamCaptureUnsupported = 900,
  cudaErrorStreamCaptureInvalidated = 901,
} cudaError_t;
inline const char* cudaGetErrorString(cudaError_t status) {
  switch (status) {
    case cudaSuccess:
      return "no error";
    case cudaErrorInvalidValue:
      return "invalid argument";
    case cudaErrorMemoryAllocation:
      return "out of memory";
    case cudaErrorInvalidConfiguration:
      return "invalid configuration argument";
    case cudaErrorStreamCaptureUnsupported:
      return "operation not permitted when stream is capturing";
    case cudaErrorStreamCaptureInvalidated:
      return "operation failed due to a previous error during capture";
    default:
      return "unknown error";
  }
}
inline cudaError_t cudaGetLastError() { return cudaSuccess; }
inline cudaError_t cudaPeekAtLastError() { return cudaSuccess; }

struct CUstream_st {};
using cudaStream_t                              = CUstream_st*;
inline constexpr unsigned cudaStreamNonBlocking = 1;
inline cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  static CUstream_st only;
  *stream = &only;
  return cudaSuccess;
}
inline cudaError_t cudaStreamSynchronize(cudaStream_t) {
  auto& capture = nop::test::cuda_emulator::capture();
  if (capture.body == nullptr) return cudaSuccess;
  capture.is_valid = false;
  return cudaErrorStreamCaptureUnsupported;
}
inline cudaError_t cudaDeviceSynchronize() { return cudaSuccess; }

inline cudaError_t cudaGetDevice(int* device) {
  *device = 0;
  return cudaSuccess;
}
enum cudaDeviceAttr {
  cudaDevAttrMultiProcessorCount,
  cudaDevAttrMaxSharedMemoryPerBlockOptin,
};
inline cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int) {
  *value = attribute == cudaDevAttrMultiProcessorCount ? 4 : int{nop::cuda::SharedMemory::most};
  return cudaSuccess;
}

struct cudaMemPool_st {};
using cudaMemPool_t = cudaMemPool_st*;
enum cudaMemPoolAttr { cudaMemPoolAttrReleaseThreshold };
inline cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t* pool, int) {
  static cudaMemPool_st only;
  *pool = &only;
  return cudaSuccess;
}
inline cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t, cudaMemPoolAttr, void*) {
  return cudaSuccess;
}

namespace nop::test::cuda_emulator {
inline std::atomic<std::size_t>& blocks_in_use() {
  static std::atomic<std::size_t> count{0};
  return count;
}
}  // namespace nop::test::cuda_emulator

inline cudaError_t cudaMallocAsync(void** block, std::size_t bytes, cudaStream_t) {
  if (bytes > std::size_t{1} << 40U) return cudaErrorMemoryAllocation;
  if (nop::test::cuda_emulator::capture().body != nullptr) {
    *block = nop::test::cuda_emulator::allocate_in_graph(bytes);
    return *block == nullptr ? cudaErrorMemoryAllocation : cudaSuccess;
  }
  *block = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
  if (*block == nullptr) return cudaErrorMemoryAllocation;
  std::memset(*block, 0xFF, bytes);  // a NaN in either precision
  ++nop::test::cuda_emulator::blocks_in_use();
  return cudaSuccess;
}
inline cudaError_t cudaFreeAsync(void* block, cudaStream_t) {
  if (nop::test::cuda_emulator::capture().body != nullptr)
    return nop::test::cuda_emulator::release_in_graph(block) ? cudaSuccess : cudaErrorInvalidValue;
  std::free(block);
  --nop::test::cuda_emulator::blocks_in_use();
  return cudaSuccess;
}
enum cudaMemcpyKind {
  cudaMemcpyHostToDevice   = 1,
  cudaMemcpyDeviceToHost   = 2,
  cudaMemcpyDeviceToDevice = 3,
};
inline cudaError_t cudaMemcpyAsync(void* out, const void* in, std::size_t bytes, cudaMemcpyKind,
                                   cudaStream_t) {
  nop::test::cuda_emulator::ask([=] { std::memmove(out, in, bytes); });
  return cudaSuccess;
}
inline cudaError_t cudaMemsetAsync(void* out, int value, std::size_t bytes, cudaStream_t) {
  nop::test::cuda_emulator::ask([=] { std::memset(out, value, bytes); });
  return cudaSuccess;
}

enum cudaStreamCaptureStatus {
  cudaStreamCaptureStatusNone,
  cudaStreamCaptureStatusActive,
  cudaStreamCaptureStatusInvalidated
};
inline cudaError_t cudaStreamIsCapturing(cudaStream_t, cudaStreamCaptureStatus* status) {
  const auto& capture = nop::test::cuda_emulator::capture();
  *status             = capture.body == nullptr ? cudaStreamCaptureStatusNone
                        : capture.is_valid      ? cudaStreamCaptureStatusActive
                                                : cudaStreamCaptureStatusInvalidated;
  return cudaSuccess;
}
enum cudaStreamCaptureMode {
  cudaStreamCaptureModeGlobal,
  cudaStreamCaptureModeThreadLocal,
  cudaStreamCaptureModeRelaxed,
};
inline cudaError_t cudaStreamBeginCapture(cudaStream_t, cudaStreamCaptureMode) {
  auto& capture = nop::test::cuda_emulator::capture();
  if (capture.body != nullptr) return cudaErrorIllegalState;
  capture = {std::make_shared<nop::test::cuda_emulator::GraphBody>(), true};
  return cudaSuccess;
}
inline cudaError_t cudaStreamEndCapture(cudaStream_t, cudaGraph_t* graph) {
  const auto done = std::exchange(nop::test::cuda_emulator::capture(), {});
  if (done.body == nullptr) return cudaErrorIllegalState;
  *graph = done.is_valid ? new CUgraph_st{done.body} : nullptr;
  return done.is_valid ? cudaSuccess : cudaErrorStreamCaptureInvalidated;
}
inline cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph,
                                        unsigned long long = 0) {
  *executable = new CUgraph_st{graph->body};
  return cudaSuccess;
}
inline cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}
inline cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
  delete executable;
  return cudaSuccess;
}
inline cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t) {
  auto& body = *executable->body;
  if (nop::test::cuda_emulator::capture().body != nullptr) return cudaErrorStreamCaptureUnsupported;
  if (std::exchange(body.has_run, true) && body.keeps_memory()) return cudaErrorInvalidValue;
  for (const auto& work : body.work) work();
  return cudaSuccess;
}

enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize };
inline cudaError_t cudaFuncSetAttribute(const void*, cudaFuncAttribute, int bytes) {
  return bytes <= int{nop::cuda::SharedMemory::most} ? cudaSuccess : cudaErrorInvalidValue;
}
struct cudaLaunchAttribute {};
struct cudaLaunchConfig_t {
  dim3 gridDim, blockDim;
  std::size_t dynamicSmemBytes = 0;
  cudaStream_t stream          = nullptr;
  cudaLaunchAttribute* attrs   = nullptr;
  unsigned numAttrs            = 0;
};

template <class... Parameter, class... Argument>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(Parameter...),
                               Argument&&... arguments) {
  const dim3 grid = config->gridDim, threads = config->blockDim;
  if (config->dynamicSmemBytes > nop::cuda::SharedMemory::most || grid.y > 65535 ||
      grid.z > 65535 || threads.z > 64 || threads.x * threads.y * threads.z > 1024)
    return cudaErrorInvalidConfiguration;
  nop::test::cuda_emulator::ask(
      [grid, threads, bytes = config->dynamicSmemBytes, kernel,
       values = std::tuple<std::decay_t<Parameter>...>(std::forward<Argument>(arguments)...)] {
        static std::mutex one_at_a_time;
        const std::scoped_lock lock(one_at_a_time);
        auto& block                      = nop::test::cuda_emulator::block();
        ::gridDim                        = grid;
        ::blockDim                       = threads;
        const std::function<void()> body = [&] { std::apply(kernel, values); };
        for (unsigned z = 0; z < grid.z; ++z)
          for (unsigned y = 0; y < grid.y; ++y)
            for (unsigned x = 0; x < grid.x; ++x) {
              ::blockIdx = {x, y, z};
              std::memset(nop::cuda::shared_memory<std::byte>(), 0xFF, bytes);
              block.run(threads, body);
            }
      });
  return cudaSuccess;
}
// NOLINTEND
