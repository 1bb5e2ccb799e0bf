// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/operand.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/tensor.hpp>

#include <cstddef>
#include <type_traits>

/// \file
/// Pointwise functions of whole tensors: the backend's `map` with the result's memory found for it.
/// These are what rules of ops are written with; they know no tape.

namespace nop {

/// The box of a field: batch, channels, points.
template <std::size_t Rank>
constexpr Shape<3> channel_box(const Shape<Rank>& shape) {
  static_assert(Rank >= 2, "channel_box: expected [batch, channel, grid...]");
  return {shape[0], shape[1], element_count(shape, 2)};
}

/// The shape of a field with another number of channels.
template <std::size_t Rank>
constexpr Shape<Rank> with_channels(Shape<Rank> shape, std::size_t channels) {
  shape[1] = channels;
  return shape;
}

/// f of each element of tensors of one shape, numbers of type `Element`.
template <class Element, class F, class First, class... Rest>
auto mapped_to(const F& f, const First& first, const Rest&... rest) {
  using Backend      = typename First::Backend;
  auto result        = Tensor<Element, First::rank, Backend>::uninitialized(first.shape());
  const Shape<3> box = {1, 1, first.size()};
  Backend::map(f, box, whole(result.mutable_data(), box), whole(first.data(), box),
               whole(rest.data(), box)...);
  return result;
}

/// f of each element of tensors of one shape.
template <class F, class First, class... Rest>
auto mapped(const F& f, const First& first, const Rest&... rest) {
  return mapped_to<std::remove_const_t<typename First::Element>>(f, first, rest...);
}

/// f of each element of a field and its channel's value in each of `vectors`, of shape [channel].
template <class F, class Field, class... Vectors>
auto mapped_by_channel(const F& f, const Field& x, const Vectors&... vectors) {
  using Backend      = typename Field::Backend;
  auto result        = Field::uninitialized(x.shape());
  const Shape<3> box = channel_box(x.shape());
  Backend::map(f, box, whole(result.mutable_data(), box), whole(x.data(), box),
               per_middle(vectors.data())...);
  return result;
}

/// The sum over batch and points of f of each element, per channel: shape [channel].
template <class F, class Field, class... Rest>
auto summed_by_channel(const F& f, const Field& x, const Rest&... rest) {
  using Backend      = typename Field::Backend;
  const Shape<3> box = channel_box(x.shape());
  auto result        = Tensor<typename Field::Element, 1, Backend>::uninitialized({x.shape()[1]});
  Backend::sum(f, box, per_middle(result.mutable_data()), whole(x.data(), box),
               whole(rest.data(), box)...);
  return result;
}

}  // namespace nop
