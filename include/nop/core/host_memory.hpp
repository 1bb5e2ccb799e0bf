// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>
#include <vector>

namespace nop {

/// Host memory that is kept for reuse: what one training step or one evaluation gives back, the
/// next one takes, so a loop in its steady state never calls the system's allocator.
///
/// Blocks are aligned to 64 bytes, sorted by size (at most 1/8 larger than asked), shared by all
/// threads behind one lock, and handed back to the system by `trim`.
class HostMemory {
 public:
  static constexpr std::size_t alignment = 64;

  static void* allocate(std::size_t bytes) {
    if (bytes > PTRDIFF_MAX / 2) throw std::bad_alloc();  // what is rounded up is a size, too
    const std::size_t size = block_size(bytes);
    {
      Cache& cache = instance();
      const std::scoped_lock lock(cache.mutex);
      auto& blocks = cache.blocks[size_class(bytes)];
      if (!blocks.empty()) {
        void* block = blocks.back();
        blocks.pop_back();
        return block;
      }
    }
    return ::operator new(size, std::align_val_t{alignment});
  }

  /// Takes back what `allocate(bytes)` returned.
  static void release(void* block, std::size_t bytes) noexcept {
    Cache& cache = instance();
    const std::scoped_lock lock(cache.mutex);
    try {
      cache.blocks[size_class(bytes)].push_back(block);
    } catch (const std::bad_alloc&) {
      ::operator delete(block, std::align_val_t{alignment});
    }
  }

  /// Gives every block that is not in use back to the system.
  static void trim() {
    Cache& cache = instance();
    const std::scoped_lock lock(cache.mutex);
    for (auto& blocks : cache.blocks) {
      for (void* block : blocks) ::operator delete(block, std::align_val_t{alignment});
      blocks.clear();
      blocks.shrink_to_fit();
    }
  }

 private:
  struct Cache {
    std::mutex mutex;
    std::array<std::vector<void*>, 512> blocks;  ///< by size class
  };

  // Never destroyed: tensors with static storage may outlive any static cache.
  static Cache& instance() {
    static Cache& cache = *new Cache;
    return cache;
  }

  // Multiples of 64 bytes up to 512, and then eight sizes for each power of two.
  static constexpr std::size_t step_of(std::size_t bytes) {
    return bytes <= 512 ? alignment : std::bit_floor(bytes) / 8;
  }
  static constexpr std::size_t block_size(std::size_t bytes) {
    const std::size_t step = step_of(bytes);
    return bytes == 0 ? step : (bytes + step - 1) / step * step;
  }
  static constexpr std::size_t size_class(std::size_t bytes) {
    const std::size_t step = step_of(bytes), steps = block_size(bytes) / step;
    return static_cast<std::size_t>(std::countr_zero(step / alignment)) * 8 + steps;
  }
};

}  // namespace nop
