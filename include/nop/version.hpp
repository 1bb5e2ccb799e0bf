// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string_view>

// CMakeLists.txt reads these three lines.
#define NOP_VERSION_MAJOR 0
#define NOP_VERSION_MINOR 1
#define NOP_VERSION_PATCH 0

#define NOP_DETAIL_QUOTED(x) #x
#define NOP_DETAIL_VERSION(a, b, c) \
  NOP_DETAIL_QUOTED(a) "." NOP_DETAIL_QUOTED(b) "." NOP_DETAIL_QUOTED(c)

namespace nop {

/// The version of these headers, as in "1.2.3".
inline constexpr std::string_view version =
    NOP_DETAIL_VERSION(NOP_VERSION_MAJOR, NOP_VERSION_MINOR, NOP_VERSION_PATCH);

}  // namespace nop
