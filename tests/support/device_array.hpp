// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cuda/memory.cuh>

#include <cstddef>
#include <vector>

namespace nop::test {

/// Numbers that went from the host to the device and can be looked at again.
template <class Element>
class DeviceArray {
 public:
  explicit DeviceArray(const std::vector<Element>& values)
      : size_(values.size()), memory_(values.size()) {
    nop::cuda::copy_from_host(values.data(), memory_.data(), size_);
  }
  DeviceArray(std::size_t count, Element value)
      : DeviceArray(std::vector<Element>(count, value)) {}

  [[nodiscard]] Element* data() { return memory_.data(); }
  [[nodiscard]] const Element* data() const { return memory_.data(); }
  [[nodiscard]] std::vector<Element> values() const {
    std::vector<Element> got(size_);
    nop::cuda::copy_to_host(memory_.data(), got.data(), size_);
    return got;
  }

 private:
  std::size_t size_;
  nop::cuda::Scratch<Element> memory_;
};

}  // namespace nop::test
