// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/fourier_cost.cuh>

#include <doctest/doctest.h>

#include <complex>

namespace nop::test::cuda::fourier_cost_test {

using nop::cuda::FourierCost;

template <std::size_t Dim>
FourierTransform<Dim> transform(const Shape<Dim>& grid, const Shape<Dim>& modes,
                                std::size_t inner = 1) {
  return {64, grid, inner, modes, ModeWeight::coefficient, FourierEngine::automatic};
}

TEST_CASE("products are for few modes, and full transforms for all of many points") {
  const FourierCost cost;
  CHECK(cost.cheaper<float>(transform<2>({128, 128}, {32, 32})) == FourierEngine::dense);
  CHECK(cost.cheaper<float>(transform<1>({8192}, {32})) == FourierEngine::dense);
  CHECK(cost.cheaper<double>(transform<3>({64, 64, 40}, {16, 16, 16})) == FourierEngine::dense);
  CHECK(cost.cheaper<std::complex<float>>(transform<2>({64, 64}, {16, 16}, 3)) ==
        FourierEngine::dense);
  CHECK(cost.cheaper<float>(transform<1>({8192}, {8192})) == FourierEngine::fft);
  CHECK(cost.cheaper<float>(transform<2>({1024, 1024}, {1024, 1024})) == FourierEngine::fft);
}

TEST_CASE("modes make products dearer, primes full transforms") {
  const FourierCost cost;
  CHECK(cost.dense<float>(transform<2>({256, 256}, {200, 200})) >
        cost.dense<float>(transform<2>({256, 256}, {100, 100})));
  CHECK(cost.fft<float>(transform<1>({4099}, {10})) >
        2 * cost.fft<float>(transform<1>({4096}, {10})));
  CHECK(FourierCost::has_large_prime(421));
  CHECK_FALSE(FourierCost::has_large_prime(13 * 1024));
}

TEST_CASE("an engine that is asked for is taken") {
  auto few = transform<1>({8192}, {8});
  CHECK(nop::cuda::engine_of<float>(few) == FourierEngine::dense);
  few.engine = FourierEngine::fft;
  CHECK(nop::cuda::engine_of<float>(few) == FourierEngine::fft);
}

}  // namespace nop::test::cuda::fourier_cost_test
