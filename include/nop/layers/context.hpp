// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/rng.hpp>

#include <concepts>
#include <type_traits>

namespace nop {

namespace detail {
template <class T>
inline constexpr bool is_context = false;
template <>
inline constexpr bool is_context<Rng> = true;
}  // namespace detail

/// What a layer may be told beside its input, in any order:
///
///     model(x)                    as after training
///     model(x, rng)               drops out
///     model(x, rng, statistics)   and normalises a batch by its own statistics
///     model(x, NormEmbedding{e})  adapts its norms to e
///
/// A layer takes from it what it knows, and passes all of it on.
template <class T>
concept context = detail::is_context<std::remove_reference_t<T>>;

/// Is something of this type among what was told?
template <class Wanted, context... Given>
inline constexpr bool is_told = (std::same_as<Wanted, std::remove_reference_t<Given>> || ...);

/// What was told of this type.
template <class Wanted, class First, class... Rest>
Wanted& told(First& first, Rest&... rest) {
  if constexpr (std::same_as<Wanted, First>)
    return first;
  else
    return told<Wanted>(rest...);
}

}  // namespace nop
