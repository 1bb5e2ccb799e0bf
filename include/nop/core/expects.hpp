// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>

#include <sstream>

namespace nop {

namespace detail {
template <class... Message>
[[noreturn]] void refuse(const Message&... message) {
  std::ostringstream text;
  (text << ... << message);
  throw PreconditionError(text.str());
}
}  // namespace detail

/// Checks a value at a public entry point; `message` is what a PreconditionError says if it fails.
///
///     expects(x.extent(1) == in, "SpectralConv: expected ", in, " channels, got ", x.extent(1));
///
/// The parts are put together only on failure.
template <class... Message>
constexpr void expects(bool condition, const Message&... message) {
  if (!condition) [[unlikely]]
    detail::refuse(message...);
}

}  // namespace nop
