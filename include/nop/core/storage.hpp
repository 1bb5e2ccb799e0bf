// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/host_memory.hpp>

#include <atomic>
#include <cstddef>
#include <new>
#include <utility>

namespace nop {

/// Memory of a backend with value semantics: copies share it until one of them is written to.
///
/// A borrowed storage reads memory that belongs to somebody else; it is copied before a write.
template <class Element, class Backend>
class Storage {
 public:
  Storage() = default;

  explicit Storage(std::size_t count) : count_(count) {
    if (count == 0) return;
    data_ = static_cast<Element*>(Backend::allocate(count * sizeof(Element)));
    try {
      owners_ = new (HostMemory::allocate(sizeof(Owners))) Owners{1};
    } catch (...) {
      Backend::release(data_, count * sizeof(Element));
      throw;
    }
  }

  static Storage borrowed(const Element* data, std::size_t count) {
    Storage storage;
    storage.data_  = const_cast<Element*>(data);  // never written: mutable_data copies first
    storage.count_ = count;
    return storage;
  }

  Storage(const Storage& other) noexcept
      : data_(other.data_), count_(other.count_), owners_(other.owners_) {
    if (owners_ != nullptr) owners_->fetch_add(1, std::memory_order_relaxed);
  }
  Storage(Storage&& other) noexcept { swap(other); }
  Storage& operator=(Storage other) noexcept {
    swap(other);
    return *this;
  }
  ~Storage() {
    if (owners_ != nullptr && owners_->fetch_sub(1, std::memory_order_acq_rel) == 1) release();
  }

  void swap(Storage& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(count_, other.count_);
    std::swap(owners_, other.owners_);
  }

  [[nodiscard]] const Element* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return count_; }
  [[nodiscard]] bool is_borrowed() const { return owners_ == nullptr && count_ != 0; }

  /// True if a write would not have to copy first.
  [[nodiscard]] bool is_unique() const {
    return owners_ != nullptr && owners_->load(std::memory_order_acquire) == 1;
  }

  [[nodiscard]] Element* mutable_data() {
    if (count_ != 0 && !is_unique()) *this = clone();
    return data_;
  }

  [[nodiscard]] Storage clone() const {
    Storage copy(count_);
    if (count_ != 0) Backend::copy(data_, copy.data_, count_);
    return copy;
  }

 private:
  using Owners = std::atomic<std::size_t>;

  /// Kept apart: tensors end in very many places.
  [[gnu::noinline]] void release() noexcept {
    HostMemory::release(owners_, sizeof(Owners));
    Backend::release(data_, count_ * sizeof(Element));
  }

  Element* data_     = nullptr;
  std::size_t count_ = 0;
  Owners* owners_    = nullptr;
};

}  // namespace nop
