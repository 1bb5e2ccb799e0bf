// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/expects.hpp>
#include <nop/core/functors.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/storage.hpp>
#include <nop/core/view.hpp>

#include <cstddef>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace nop {

/// A contiguous row-major array on a backend. A value: copying is cheap, because copies share
/// memory until one of them is written to.
template <scalar Element_, std::size_t Rank_, class Backend_>
class Tensor {
 public:
  using Element                     = Element_;
  using Backend                     = Backend_;
  static constexpr std::size_t rank = Rank_;
  using ShapeType                   = Shape<Rank_>;
  using View                        = TensorView<const Element, Rank_, Backend>;
  using MutableView                 = TensorView<Element, Rank_, Backend>;

  /// No elements (one of value zero for rank 0).
  Tensor() : Tensor(ShapeType{}) {}

  Tensor(const Tensor&)            = default;
  Tensor& operator=(const Tensor&) = default;
  ~Tensor()                        = default;
  /// What is moved from has no elements.
  Tensor(Tensor&& other) noexcept
      : shape_(std::exchange(other.shape_, ShapeType{})), storage_(std::move(other.storage_)) {}
  Tensor& operator=(Tensor&& other) noexcept {
    shape_   = std::exchange(other.shape_, ShapeType{});
    storage_ = std::move(other.storage_);
    return *this;
  }

  /// All elements zero.
  explicit Tensor(const ShapeType& shape) : Tensor(uninitialized(shape)) { fill(Element{}); }

  /// The elements of a host array, in row-major order.
  Tensor(const ShapeType& shape, std::span<const Element> values) : Tensor(uninitialized(shape)) {
    expects(values.size() == size(), "Tensor: expected ", size(), " values for shape ", shape,
            ", got ", values.size());
    if (!values.empty()) Backend::copy_from_host(values.data(), storage_.mutable_data(), size());
  }

  /// Memory with no values yet, for code that writes every element.
  static Tensor uninitialized(const ShapeType& shape) {
    return Tensor(shape, Storage<Element, Backend>(checked_count(shape)));
  }

  /// Reads somebody else's memory in place, which must outlive the tensor and its copies.
  static Tensor borrowed(const View& view) {
    return Tensor(view.shape(), Storage<Element, Backend>::borrowed(view.data(), view.size()));
  }

  [[nodiscard]] const ShapeType& shape() const { return shape_; }
  [[nodiscard]] std::size_t extent(std::size_t axis) const { return shape_[axis]; }
  [[nodiscard]] std::size_t size() const { return storage_.size(); }
  [[nodiscard]] bool is_borrowed() const { return storage_.is_borrowed(); }

  [[nodiscard]] const Element* data() const { return storage_.data(); }
  [[nodiscard]] View view() const { return {data(), shape_}; }

  /// Access for writing; takes a copy first if another tensor shares the memory.
  [[nodiscard]] Element* mutable_data() { return storage_.mutable_data(); }
  [[nodiscard]] MutableView mutable_view() { return {mutable_data(), shape_}; }

  [[nodiscard]] Tensor clone() const { return Tensor(shape_, storage_.clone()); }

  void fill(Element value) { Backend::generate(Constant<Element>{value}, mutable_data(), size()); }

  /// The same elements under another shape of equal count.
  template <std::size_t NewRank>
  [[nodiscard]] Tensor<Element, NewRank, Backend> reshaped(const Shape<NewRank>& shape) const {
    using Reshaped = Tensor<Element, NewRank, Backend>;
    expects(Reshaped::checked_count(shape) == size(), "Tensor::reshaped: expected a shape of ",
            size(), " elements like ", shape_, ", got ", shape);
    return Reshaped(shape, storage_);
  }

  /// All elements on the host, in row-major order.
  [[nodiscard]] std::vector<Element> to_host() const {
    std::vector<Element> values(size());
    if (!values.empty()) Backend::copy_to_host(data(), values.data(), size());
    return values;
  }

  /// The value of a tensor that has exactly one.
  [[nodiscard]] Element item() const {
    expects(size() == 1, "Tensor::item: expected one element, got shape ", shape_);
    Element value;
    Backend::copy_to_host(data(), &value, 1);
    return value;
  }

 private:
  template <scalar, std::size_t, class>
  friend class Tensor;

  Tensor(const ShapeType& shape, Storage<Element, Backend> storage)
      : shape_(shape), storage_(std::move(storage)) {}

  static std::size_t checked_count(const ShapeType& shape) {
    std::size_t room = std::numeric_limits<std::size_t>::max() / sizeof(Element) / 2;
    for (const std::size_t extent : shape) {
      expects(extent == 0 || room / extent > 0,
              "Tensor: expected a shape that fits into memory, got ", shape);
      if (extent != 0) room /= extent;
    }
    return element_count(shape);
  }

  ShapeType shape_;
  Storage<Element, Backend> storage_;
};

}  // namespace nop
