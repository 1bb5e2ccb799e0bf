// SPDX-License-Identifier: BSD-3-Clause
// expect: axes outside the shape
#include <nop/core/shape.hpp>

auto use(const nop::Shape<3>& shape) { return nop::subshape<2, 2>(shape); }
