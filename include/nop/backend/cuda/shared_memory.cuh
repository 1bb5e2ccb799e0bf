// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>

namespace nop::cuda {

/// The shared memory of a block that its launch has asked for, in a kernel.
template <class Element>
__device__ Element* shared_memory() {
  alignas(16) extern __shared__ std::byte nop_shared_memory[];  // NOLINT: the only way
  return reinterpret_cast<Element*>(nop_shared_memory);
}

}  // namespace nop::cuda
