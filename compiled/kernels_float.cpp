// SPDX-License-Identifier: BSD-3-Clause
#include "kernels.hpp"

namespace nop::cpu {

NOP_KERNELS(, float)

}  // namespace nop::cpu
