// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/host_memory.hpp>

#include <cstddef>
#include <limits>
#include <new>

#ifdef __has_feature
#define NOP_HAS_FEATURE(feature) __has_feature(feature)
#else
#define NOP_HAS_FEATURE(feature) 0
#endif

namespace nop {

namespace detail {

/// What a thread keeps for small scratch arrays: since they go back in the opposite order, a stack.
/// Taking from it needs no lock, and finds memory that is still in this thread's cache.
class ScratchStack {
 public:
  static ScratchStack& of_this_thread() {
    thread_local ScratchStack stack;
    return stack;
  }
  ScratchStack()                               = default;
  ScratchStack(const ScratchStack&)            = delete;
  ScratchStack& operator=(const ScratchStack&) = delete;
  ~ScratchStack() {
    if (bottom_ != nullptr) HostMemory::release(bottom_, room);
  }

  /// `bytes` of it, a multiple of the alignment, or null where they do not fit.
  std::byte* take(std::size_t bytes) {
    if (bytes > room - used_) return nullptr;
    if (bottom_ == nullptr) bottom_ = static_cast<std::byte*>(HostMemory::allocate(room));
    used_ += bytes;
    return bottom_ + (used_ - bytes);
  }

  /// Takes back what was taken last.
  void give_back(std::size_t bytes) noexcept { used_ -= bytes; }

 private:
#if defined(__SANITIZE_ADDRESS__) || NOP_HAS_FEATURE(address_sanitizer)
  static constexpr std::size_t room = 0;  // arrays of their own show what goes beyond their ends
#else
  static constexpr std::size_t room = std::size_t{1} << 20;
#endif

  std::byte* bottom_ = nullptr;
  std::size_t used_  = 0;
};

}  // namespace detail

/// An array in reused host memory, with no values yet; for the intermediate results of kernels. It
/// lives and dies on one thread, as local variables do: what was made last goes first.
template <class Element>
class Scratch {
 public:
  explicit Scratch(std::size_t count) : count_(count), bytes_(bytes_of(count)) {
    std::byte* const small = detail::ScratchStack::of_this_thread().take(bytes_);
    on_stack_              = small != nullptr;
    data_ =
        static_cast<Element*>(on_stack_ ? static_cast<void*>(small) : HostMemory::allocate(bytes_));
  }
  Scratch(const Scratch&)            = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    if (on_stack_)
      detail::ScratchStack::of_this_thread().give_back(bytes_);
    else
      HostMemory::release(data_, bytes_);
  }

  [[nodiscard]] Element* data() const { return data_; }
  [[nodiscard]] Element* begin() const { return data_; }
  [[nodiscard]] Element* end() const { return data_ + count_; }
  Element& operator[](std::size_t i) const { return data_[i]; }

 private:
  /// The next multiple of the alignment.
  static std::size_t bytes_of(std::size_t count) {
    constexpr std::size_t step = HostMemory::alignment;
    if (count > (std::numeric_limits<std::size_t>::max() - step) / sizeof(Element))
      throw std::bad_alloc();
    return (count * sizeof(Element) + step - 1) / step * step;
  }

  Element* data_;
  std::size_t count_, bytes_;
  bool on_stack_;
};

}  // namespace nop

#undef NOP_HAS_FEATURE
