// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "cost.hpp"
#include "work.hpp"

#include <functional>
#include <string>
#include <vector>

namespace bench {

/// One primitive of the backend at a typical size, in float. Operands that a field is read from are
/// taken in turns, so that no cache holds them.
struct KernelCase {
  std::string name;
  Cost cost;  ///< the least work, each operand read or written once
  std::function<Work()> make;
};

std::vector<KernelCase> kernel_cases();

}  // namespace bench
