// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/calibrate.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <string>

namespace nop::test::calibrate_test {

TEST_CASE_TEMPLATE("a calibration gives costs that can be chosen by", Real, float, double) {
  const nop::cpu::FourierCost cost = nop::cpu::measured_fourier_cost<Real>();
  CHECK(std::isfinite(cost.level));
  CHECK(cost.level > 0);
  CHECK(std::isfinite(cost.prime));
  CHECK(cost.prime >= 1);
}

TEST_CASE("the engines of a transform are told axis by axis") {
  const auto before = nop::cpu::fourier_cost();
  nop::cpu::set_fourier_cost({.level = 0.5F, .prime = 4});
  FourierTransform<2> transform{
      1, {128, 97}, 1, {32, 8}, ModeWeight::coefficient, FourierEngine::automatic};
  const std::string told = nop::cpu::describe_engines<double>(transform);
  CHECK(told.find("axis 0: 128 points, 32 modes, dense 8.25, fft ") == 0);
  CHECK(told.find("\naxis 1: 97 points, 8 modes, dense 4.5, fft ") != std::string::npos);
  CHECK(told.find(": dense\n") != std::string::npos);
  transform.engine = FourierEngine::fft;
  CHECK(nop::cpu::describe_engines<double>(transform).find(": dense\n") == std::string::npos);
  nop::cpu::set_fourier_cost(before);
}

}  // namespace nop::test::calibrate_test
