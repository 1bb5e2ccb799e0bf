// SPDX-License-Identifier: BSD-3-Clause
// expect: expected a real loss
#include <nop/autodiff/tape.hpp>
#include <nop/backend/cpu.hpp>

#include <complex>

auto use(nop::Tape& tape, const nop::Variable<std::complex<float>, 0, nop::Cpu>& loss) {
  return tape.gradient(loss);
}
