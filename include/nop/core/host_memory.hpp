// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#if __has_include(<sys/mman.h>)
#include <sys/mman.h>
#endif

namespace nop {

namespace detail {

/// Blocks of memory that are not in use, by size class: a stack of each, linked through the blocks
/// themselves. May be used from many threads at once.
class FreeBlocks {
 public:
  static constexpr std::size_t classes = 512;

  /// A block, or null if there is none.
  void* take(std::size_t size_class) noexcept {
    const std::scoped_lock lock(mutex_);
    Stack& stack = stacks_[size_class];
    if (stack.top == nullptr) return nullptr;
    --stack.count;
    return std::exchange(stack.top, stack.top->below);
  }

  /// Keeps a block and says true, or says false where there are `most` of its size already.
  bool put(std::size_t size_class, void* block, std::size_t most = SIZE_MAX) noexcept {
    const std::scoped_lock lock(mutex_);
    Stack& stack = stacks_[size_class];
    if (stack.count >= most) return false;
    ++stack.count;
    stack.top = new (block) Free{stack.top};
    return true;
  }

  /// Gives every block to `receive(size_class, block)`.
  template <class Receive>
  void empty(const Receive& receive) {
    const std::scoped_lock lock(mutex_);
    for (std::size_t size_class = 0; size_class < classes; ++size_class) {
      Free* top = std::exchange(stacks_[size_class], {}).top;
      while (top != nullptr) receive(size_class, std::exchange(top, top->below));
    }
  }

 private:
  struct Free {
    Free* below;
  };
  struct Stack {
    Free* top         = nullptr;
    std::size_t count = 0;
  };

  std::mutex mutex_;
  std::array<Stack, classes> stacks_;
};

}  // namespace detail

/// Host memory that is kept for reuse: what one training step or one evaluation gives back, the
/// next one takes, so a loop in its steady state never calls the system's allocator.
///
/// Blocks are aligned to 64 bytes, those of 4 MB and more to large pages, which are asked for where
/// the system has them, and sorted by size (at most 1/8 larger than asked). A thread keeps for
/// itself as many of each size as it has had at once: what it has done, it can do again without new
/// memory, whatever other threads do meanwhile. Any more, and all of a thread that has ended, serve
/// every thread. `trim` hands back to the system what is not in use.
class HostMemory {
 public:
  static constexpr std::size_t alignment = 64;

  static void* allocate(std::size_t bytes) {
    if (bytes > PTRDIFF_MAX / 2) throw std::bad_alloc();  // what is rounded up is a size, too
    const std::size_t place = size_class(bytes);
    Own* const own          = own_blocks();
    if (own != nullptr) own->needs[place].add();
    if (own == nullptr || !own->takes_new) {
      if (own != nullptr)
        if (void* const block = own->blocks.take(place)) return block;
      if (void* const block = shared().blocks.take(place)) return block;
    }
    return from_system(place, block_size(bytes));
  }

  /// Takes back what `allocate(bytes)` returned, on any thread.
  static void release(void* block, std::size_t bytes) noexcept {
    const std::size_t place = size_class(bytes);
    if (Own* const own = own_blocks()) {
      own->needs[place].remove();
      if (own->blocks.put(place, block, own->needs[place].most)) return;
    }
    shared().blocks.put(place, block);
  }

  /// Gives every block that is not in use back to the system, those that threads keep included.
  static void trim() {
    constexpr auto to_system = [](std::size_t place, void* block) {
      ::operator delete(block, alignment_of(place));
    };
    Shared& all = shared();
    const std::scoped_lock lock(all.mutex);
    for (Own* own = all.first; own != nullptr; own = own->next) own->blocks.empty(to_system);
    all.blocks.empty(to_system);
  }

  class Kept;

 private:
  /// How many blocks of a size a thread has, and the most it has had at once. It may have got some
  /// from other threads, and given some away.
  struct Need {
    std::size_t now  = 0;
    std::size_t most = 0;

    void add() { most = std::max(most, ++now); }
    void remove() { now -= now > 0 ? 1 : 0; }
  };

  /// What a thread keeps for itself.
  struct Own {
    explicit Own(bool& ended) : thread_ended(ended) {
      Shared& all = shared();
      const std::scoped_lock lock(all.mutex);
      next = std::exchange(all.first, this);
    }
    Own(const Own&)            = delete;
    Own& operator=(const Own&) = delete;
    ~Own() {
      thread_ended = true;
      Shared& all  = shared();
      const std::scoped_lock lock(all.mutex);
      Own** link = &all.first;
      while (*link != this) link = &(*link)->next;
      *link = next;
      blocks.empty([&all](std::size_t place, void* block) { all.blocks.put(place, block); });
    }

    detail::FreeBlocks blocks;
    std::array<Need, detail::FreeBlocks::classes> needs;
    bool takes_new = false;
    bool& thread_ended;
    Own* next = nullptr;
  };

  /// What is there for all threads, and the list of what they keep for themselves.
  struct Shared {
    detail::FreeBlocks blocks;
    std::mutex mutex;  ///< of the list
    Own* first = nullptr;
  };

  // Never destroyed: tensors with static storage may outlive any static object.
  static Shared& shared() {
    static Shared& all = *new Shared;
    return all;
  }

  /// Null at the very end of a thread, when its blocks were given to all.
  static Own* own_blocks() {
    thread_local bool ended = false;
    if (ended) return nullptr;
    thread_local Own own(ended);
    return &own;
  }

  static void* from_system(std::size_t size_class, std::size_t bytes) {
    void* const block = ::operator new(bytes, alignment_of(size_class));
#ifdef MADV_HUGEPAGE
    // A wish: where it is not granted, pages are small.
    if (is_large(size_class)) madvise(block, bytes / large_page * large_page, MADV_HUGEPAGE);
#endif
    return block;
  }

  // Large blocks lie on large pages, whose addresses the processor finds without a search: lines of
  // a field are often a small page apart.
  static constexpr std::size_t large_page = std::size_t{1} << 21U;
  static constexpr bool is_large(std::size_t place) { return place >= size_class(2 * large_page); }
  static constexpr std::align_val_t alignment_of(std::size_t place) {
    return std::align_val_t{is_large(place) ? large_page : alignment};
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

/// While there is one, its thread takes memory from the system only: for what is made once and
/// kept, which would else be taken out of what the thread has given back and needs again.
class HostMemory::Kept {
 public:
  Kept() : own_(own_blocks()), before_(own_ != nullptr && std::exchange(own_->takes_new, true)) {}
  Kept(const Kept&)            = delete;
  Kept& operator=(const Kept&) = delete;
  ~Kept() {
    if (own_ != nullptr) own_->takes_new = before_;
  }

 private:
  Own* own_;
  bool before_;
};

/// Gives the standard library's containers memory that is kept for reuse.
template <class Element>
struct HostAllocator {
  using value_type = Element;

  HostAllocator() = default;
  template <class Other>
  HostAllocator(const HostAllocator<Other>&) {}  // NOLINT(google-explicit-constructor)

  Element* allocate(std::size_t count) {
    if (count > PTRDIFF_MAX / sizeof(Element)) throw std::bad_alloc();
    return static_cast<Element*>(HostMemory::allocate(count * sizeof(Element)));
  }
  void deallocate(Element* block, std::size_t count) noexcept {
    HostMemory::release(block, count * sizeof(Element));
  }
  friend bool operator==(const HostAllocator&, const HostAllocator&) = default;
};

template <class Element>
using HostVector = std::vector<Element, HostAllocator<Element>>;

}  // namespace nop
