// SPDX-License-Identifier: BSD-3-Clause
// expect: a Parameter alone does not know its tape
#include <nop/autodiff/evaluate.hpp>
#include <nop/backend/cpu.hpp>

auto use(const nop::Parameter<float, 1, nop::Cpu>& weight) {
  return nop::evaluate([](const auto& w) { return nop::with_pullbacks(w, nop::no_pullback); },
                       weight);
}
