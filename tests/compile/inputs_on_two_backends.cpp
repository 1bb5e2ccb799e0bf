// SPDX-License-Identifier: BSD-3-Clause
// expect: expected all inputs on one backend
#include <nop/autodiff/evaluate.hpp>
#include <nop/backend/cpu.hpp>

struct Elsewhere : nop::Cpu {};

auto use(const nop::Tensor<float, 1, nop::Cpu>& x, const nop::Tensor<float, 1, Elsewhere>& y) {
  return nop::evaluate(
      [](const auto& a, const auto&) {
        return nop::with_pullbacks(a, nop::no_pullback, nop::no_pullback);
      },
      x, y);
}
