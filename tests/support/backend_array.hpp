// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <type_traits>
#include <vector>

namespace nop::test {

/// Numbers that went from the host to the memory of a backend and can be looked at again. Where the
/// host reads that memory they are a std::vector, whose ends sanitizers know.
template <class Backend, class Element>
class BackendArray {
 public:
  explicit BackendArray(const std::vector<Element>& values)
      : size_(values.size()), memory_(values) {}
  BackendArray(std::size_t count, Element value)
      : BackendArray(std::vector<Element>(count, value)) {}

  [[nodiscard]] Element* data() { return memory_.data(); }
  [[nodiscard]] const Element* data() const { return memory_.data(); }
  [[nodiscard]] std::vector<Element> values() const {
    if constexpr (Backend::host_accessible) {
      return memory_;
    } else {
      std::vector<Element> got(size_);
      Backend::copy_to_host(memory_.data(), got.data(), size_);
      return got;
    }
  }

 private:
  class Block {
   public:
    explicit Block(const std::vector<Element>& values)
        : bytes_(values.size() * sizeof(Element)),
          data_(static_cast<Element*>(Backend::allocate(bytes_))) {
      Backend::copy_from_host(values.data(), data_, values.size());
    }
    Block(const Block&)            = delete;
    Block& operator=(const Block&) = delete;
    ~Block() { Backend::release(data_, bytes_); }

    [[nodiscard]] Element* data() const { return data_; }

   private:
    std::size_t bytes_;
    Element* data_;
  };

  std::size_t size_;
  std::conditional_t<Backend::host_accessible, std::vector<Element>, Block> memory_;
};

}  // namespace nop::test
