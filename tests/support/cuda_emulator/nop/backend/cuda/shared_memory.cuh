// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>

namespace nop::cuda {

/// All that a block can have, one after the other's.
struct SharedMemory {
  static constexpr std::size_t most = std::size_t{227} << 10U;
  alignas(128) std::byte bytes[most];

  static SharedMemory& of_this_block() {
    static SharedMemory only;
    return only;
  }
};

/// The shared memory of a block that its launch has asked for, in a kernel.
template <class Element>
Element* shared_memory() {
  return reinterpret_cast<Element*>(SharedMemory::of_this_block().bytes);
}

}  // namespace nop::cuda
