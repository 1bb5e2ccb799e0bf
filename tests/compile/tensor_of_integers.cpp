// SPDX-License-Identifier: BSD-3-Clause
// expect: constraint
#include <nop/backend/cpu.hpp>

nop::Tensor<int, 2, nop::Cpu> use();
