// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/tensor.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace nop {

/// The name under which gradients find what they belong to: it moves along, a copy gets a new one.
class Identity {
 public:
  Identity() : number_(next()) {}
  Identity(const Identity&) : Identity() {}
  Identity& operator=(const Identity&) { return *this; }
  Identity(Identity&& other) noexcept : number_(std::exchange(other.number_, next())) {}
  Identity& operator=(Identity&& other) noexcept {
    if (this != &other) number_ = std::exchange(other.number_, next());
    return *this;
  }
  ~Identity() = default;

  [[nodiscard]] std::uint64_t number() const { return number_; }

 private:
  static std::uint64_t next() {
    static std::atomic<std::uint64_t> last{0};
    return ++last;
  }
  std::uint64_t number_;
};

/// How a file lays out what a tensor keeps as `[modes..., in, out]` or `[modes..., channel]`.
enum class FileLayout {
  same,            ///< as it is in memory
  channel_first,   ///< as `[channel, modes...]`, the last axis in front
  channels_first,  ///< as `[in, out, modes...]`, the last two axes in front
};

/// How many of the last axes a file has in front.
constexpr std::size_t axes_in_front(FileLayout layout) { return static_cast<std::size_t>(layout); }

/// A tensor that training changes. It holds a value and an identity, and no gradient.
template <scalar Element_, std::size_t Rank_, class Backend_>
class Parameter {
 public:
  using Element                     = Element_;
  using Backend                     = Backend_;
  static constexpr std::size_t rank = Rank_;
  using Value                       = Tensor<Element, Rank_, Backend>;

  explicit Parameter(Value value, FileLayout layout = FileLayout::same)
      : value_(std::move(value)), file_layout_(layout) {}

  [[nodiscard]] const Value& value() const { return value_; }
  [[nodiscard]] const Shape<Rank_>& shape() const { return value_.shape(); }
  [[nodiscard]] std::size_t extent(std::size_t axis) const { return value_.extent(axis); }
  [[nodiscard]] const Identity& identity() const { return identity_; }
  [[nodiscard]] FileLayout file_layout() const { return file_layout_; }

  /// Replaces the value by one of the same shape.
  void assign(Value value) {
    expects(value.shape() == shape(), "Parameter::assign: expected shape ", shape(), ", got ",
            value.shape());
    value_ = std::move(value);
  }

  /// Access for writing in place.
  [[nodiscard]] Value& mutable_value() { return value_; }

 private:
  Value value_;
  FileLayout file_layout_;
  Identity identity_;
};

}  // namespace nop
