// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/runtime.cuh>
#include <nop/core/error.hpp>

#include <cstddef>
#include <cstdint>
#include <new>

/// \file
/// Memory of the device, in the order of the stream: what is given back may be taken at once by
/// what is asked for later, without waiting. The driver's pool keeps all it ever had.

namespace nop::cuda {

namespace detail {

/// The driver's pool, told once to keep what is given back.
inline void keep_memory() {
  static const bool told = [] {
    int number          = 0;
    cudaMemPool_t pool  = nullptr;
    std::uint64_t bytes = UINT64_MAX;
    check(cudaGetDevice(&number), "cudaGetDevice");
    check(cudaDeviceGetDefaultMemPool(&pool, number), "cudaDeviceGetDefaultMemPool");
    check(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &bytes),
          "cudaMemPoolSetAttribute");
    return true;
  }();
  static_cast<void>(told);
}

/// Throws BackendError while a graph is being captured: a copy from or to the host would be
/// repeated with memory that may be gone by then.
inline void expect_no_capture(const char* call) {
  cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
  check(cudaStreamIsCapturing(stream(), &status), "cudaStreamIsCapturing");
  if (status != cudaStreamCaptureStatusNone)
    throw BackendError(call, "the host's memory is not for what is being captured as a graph");
}

}  // namespace detail

/// Throws std::bad_alloc where there is no room.
inline void* allocate(std::size_t bytes) {
  detail::keep_memory();
  void* block              = nullptr;
  const cudaError_t status = cudaMallocAsync(&block, bytes == 0 ? 1 : bytes, stream());
  if (status == cudaErrorMemoryAllocation) {
    static_cast<void>(cudaGetLastError());  // which would otherwise be reported by the next call
    throw std::bad_alloc();
  }
  check(status, "cudaMallocAsync");
  return block;
}

inline void release(void* block) noexcept { static_cast<void>(cudaFreeAsync(block, stream())); }

template <class Element>
void copy(const Element* in, Element* out, std::size_t count) {
  if (count == 0) return;
  check(cudaMemcpyAsync(out, in, count * sizeof(Element), cudaMemcpyDeviceToDevice, stream()),
        "cudaMemcpyAsync");
}

/// When it returns, the host's array is free to be changed.
template <class Element>
void copy_from_host(const Element* in, Element* out, std::size_t count) {
  if (count == 0) return;
  detail::expect_no_capture("cudaMemcpyAsync");
  check(cudaMemcpyAsync(out, in, count * sizeof(Element), cudaMemcpyHostToDevice, stream()),
        "cudaMemcpyAsync");
}

template <class Element>
void copy_to_host(const Element* in, Element* out, std::size_t count) {
  if (count == 0) return;
  detail::expect_no_capture("cudaMemcpyAsync");
  check(cudaMemcpyAsync(out, in, count * sizeof(Element), cudaMemcpyDeviceToHost, stream()),
        "cudaMemcpyAsync");
  synchronize();
}

/// An array on the device, with no values yet; for what kernels keep between them.
template <class Element>
class Scratch {
 public:
  explicit Scratch(std::size_t count)
      : data_(static_cast<Element*>(allocate(count * sizeof(Element)))) {}
  Scratch(const Scratch&)            = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { release(data_); }

  [[nodiscard]] Element* data() const { return data_; }

 private:
  Element* data_;
};

}  // namespace nop::cuda
