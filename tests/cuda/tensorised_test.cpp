// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda.hpp>
#include <nop/models/tfno.hpp>
#include <nop/models/uno.hpp>

#include "support/agreement.hpp"
#include <doctest/doctest.h>

#include <cstddef>

namespace nop::test::tensorised_test {

using There = nop::Cuda;

namespace {

TEST_CASE_TEMPLATE("operators with weights of factors on a GPU are those on the CPU", Real, float,
                   double) {
  const auto x = random_tensor<Real, Cpu>(Shape<4>{2, 2, 5, 6}, 2);
  for (const auto kind :
       {SpectralWeightKind::tucker, SpectralWeightKind::cp, SpectralWeightKind::tensor_train}) {
    CAPTURE(static_cast<int>(kind));
    Rng rng(1);
    check_model<There>(Tfno<2, Cpu, Real>({.in_channels  = 2,
                                           .out_channels = 1,
                                           .width        = 4,
                                           .depth        = 1,
                                           .modes        = {4, 4},
                                           .weight       = {.kind = kind, .rank = 0.5}},
                                          rng),
                       x);
  }
}

TEST_CASE_TEMPLATE("a U-shaped operator on a GPU is that on the CPU", Real, float, double) {
  Rng rng(1);
  check_model<There>(Uno<2, Cpu, Real>({.in_channels  = 2,
                                        .out_channels = 1,
                                        .width        = 3,
                                        .layers = {{4, {4, 4}, {0.5, 0.5}}, {3, {4, 4}, {2, 2}}},
                                        .lifting_channels    = 4,
                                        .projection_channels = 3},
                                       rng),
                     random_tensor<Real, Cpu>(Shape<4>{2, 2, 8, 6}, 2));
}

}  // namespace

}  // namespace nop::test::tensorised_test
