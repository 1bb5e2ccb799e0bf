// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/expects.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>

namespace nop {

/// A pointer and a shape: somebody else's contiguous row-major array, used in place.
///
/// Copying a view copies no element. `Element` is const for memory that is only read.
template <class Element, std::size_t Rank, class Backend>
  requires scalar<std::remove_const_t<Element>>
class TensorView {
 public:
  TensorView(Element* data, const Shape<Rank>& shape) : data_(data), shape_(shape) {
    // Not by the number of elements, which may be too large for one.
    expects(data != nullptr || std::count(shape.begin(), shape.end(), 0U) > 0,
            "TensorView: expected memory of shape ", shape, ", got a null pointer");
  }

  /// A view that may write is also one that may read.
  operator TensorView<const Element, Rank, Backend>() const
    requires(!std::is_const_v<Element>)
  {
    return {data_, shape_};
  }

  [[nodiscard]] Element* data() const { return data_; }
  [[nodiscard]] const Shape<Rank>& shape() const { return shape_; }
  [[nodiscard]] std::size_t extent(std::size_t axis) const { return shape_[axis]; }
  [[nodiscard]] std::size_t size() const { return element_count(shape_); }

  /// The element at an index per axis, checked; for backends whose memory the host can read.
  template <class... Index>
    requires(sizeof...(Index) == Rank && Backend::host_accessible)
  Element& operator()(Index... index) const {
    const Shape<Rank> at{static_cast<std::size_t>(index)...};
    std::size_t offset = 0;
    for (std::size_t axis = 0; axis < Rank; ++axis) {
      expects(at[axis] < shape_[axis], "TensorView: expected an index inside ", shape_, ", got ",
              at);
      offset = offset * shape_[axis] + at[axis];
    }
    return data_[offset];
  }

 private:
  Element* data_;
  Shape<Rank> shape_;
};

/// The same memory as a line of real numbers, of which a complex one is two. For what treats both
/// parts alike: real numbers fill wider registers.
template <class Element, std::size_t Rank, class Backend>
auto parts(const TensorView<Element, Rank, Backend>& view) {
  using Number               = real_of<Element>;
  using Part                 = std::conditional_t<std::is_const_v<Element>, const Number, Number>;
  constexpr std::size_t each = complex<std::remove_const_t<Element>> ? 2 : 1;
  return TensorView<Part, 1, Backend>(reinterpret_cast<Part*>(view.data()), {each * view.size()});
}

}  // namespace nop
