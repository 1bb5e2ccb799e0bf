// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/layers/context.hpp>

namespace nop {

/// What the adaptive norms of a model adapt to, told in a call: a vector for the whole batch.
///
///     model(x, NormEmbedding{e})
///
/// On a tape, gradients by the vector are those of any other value.
template <field Vector>
  requires(rank_of<Vector> == 1)
struct NormEmbedding {
  Vector values;
};
template <class Vector>
NormEmbedding(Vector) -> NormEmbedding<Vector>;

namespace detail {

template <class T>
inline constexpr bool is_norm_embedding = false;
template <class Vector>
inline constexpr bool is_norm_embedding<NormEmbedding<Vector>> = true;
template <class Vector>
inline constexpr bool is_context<NormEmbedding<Vector>> = true;
template <class Vector>
inline constexpr bool is_context<const NormEmbedding<Vector>> = true;

/// The vector among what was told.
template <class First, class... Rest>
const auto& told_embedding(const First& first, const Rest&... rest) {
  if constexpr (is_norm_embedding<First>)
    return first.values;
  else
    return told_embedding(rest...);
}

}  // namespace detail

}  // namespace nop
