// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/parameter.hpp>
#include <nop/autodiff/tape.hpp>
#include <nop/core/tensor.hpp>
#include <nop/core/view.hpp>

#include <concepts>
#include <cstddef>
#include <type_traits>

namespace nop {

namespace detail {

/// What the things an op takes have in common: element, rank and backend. Primary: not one of them.
template <class T>
struct FieldTraits {
  static constexpr bool is_field = false;
};

template <class E, std::size_t R, class B>
struct FieldOf {
  using Element                     = std::remove_const_t<E>;
  using Backend                     = B;
  static constexpr std::size_t rank = R;
  static constexpr bool is_field    = true;
};

template <class E, std::size_t R, class B>
struct FieldTraits<Tensor<E, R, B>> : FieldOf<E, R, B> {};
template <class E, std::size_t R, class B>
struct FieldTraits<TensorView<E, R, B>> : FieldOf<E, R, B> {};
template <class E, std::size_t R, class B>
struct FieldTraits<Variable<E, R, B>> : FieldOf<E, R, B> {};
template <class E, std::size_t R, class B>
struct FieldTraits<Parameter<E, R, B>> : FieldOf<E, R, B> {
  static constexpr bool is_field = false;
};

template <class T>
inline constexpr bool is_variable = false;
template <class E, std::size_t R, class B>
inline constexpr bool is_variable<Variable<E, R, B>> = true;

template <class T>
inline constexpr bool is_parameter = false;
template <class E, std::size_t R, class B>
inline constexpr bool is_parameter<Parameter<E, R, B>> = true;

}  // namespace detail

template <class T>
using element_of = typename detail::FieldTraits<T>::Element;
template <class T>
using backend_of = typename detail::FieldTraits<T>::Backend;
template <class T>
inline constexpr std::size_t rank_of = detail::FieldTraits<T>::rank;

/// What an op computes with: a Tensor (at rest), a TensorView (somebody else's memory) or a
/// Variable (on a tape).
template <class T>
concept field = detail::FieldTraits<T>::is_field;

/// What an op accepts: a field or a parameter.
template <class T>
concept operand = field<T> || detail::is_parameter<T>;

/// A field of `[batch, channel, grid...]` with `Dim` grid axes, on this backend.
template <class T, std::size_t Dim, class Backend, class Element>
concept field_like = field<T> && rank_of<T> == Dim + 2 && std::same_as<backend_of<T>, Backend> &&
                     std::same_as<element_of<T>, Element>;

/// A field at rest or on a tape, as F is.
template <field F, class Element, std::size_t Rank>
using field_as = std::conditional_t<detail::is_variable<F>, Variable<Element, Rank, backend_of<F>>,
                                    Tensor<Element, Rank, backend_of<F>>>;

}  // namespace nop
