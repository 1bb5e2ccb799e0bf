// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/memory.cuh>

#include "backend_array.hpp"

#include <cstddef>

namespace nop::test {

/// The memory of the backend Cuda, for tests of what that is made of.
struct DeviceMemory {
  static constexpr bool host_accessible = false;

  static void* allocate(std::size_t bytes) { return nop::cuda::allocate(bytes); }
  static void release(void* block, std::size_t) noexcept { nop::cuda::release(block); }
  template <class Element>
  static void copy_from_host(const Element* in, Element* out, std::size_t count) {
    nop::cuda::copy_from_host(in, out, count);
  }
  template <class Element>
  static void copy_to_host(const Element* in, Element* out, std::size_t count) {
    nop::cuda::copy_to_host(in, out, count);
  }
};

template <class Element>
using DeviceArray = BackendArray<DeviceMemory, Element>;

}  // namespace nop::test
