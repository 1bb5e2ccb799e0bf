// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda.hpp>
#include <nop/models/fno.hpp>

#include "support/agreement.hpp"
#include "support/cuda.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>

namespace nop::test::cuda::fno_test {

using There = nop::Cuda;

namespace {

template <std::size_t Dim, scalar Element>
void check(const Shape<Dim>& modes, const Shape<Dim + 2>& shape, FnoConfig<Dim> config = {}) {
  CAPTURE(shape);
  config.in_channels  = shape[1];
  config.out_channels = 2;
  config.width        = emulated ? 4 : 12;
  config.depth        = 2;
  config.modes        = modes;
  Rng rng(1);
  check_model<There>(Fno<Dim, Cpu, Element>(config, rng), random_tensor<Element, Cpu>(shape, 2));
}

constexpr std::size_t many = emulated ? 1 : 5;  ///< times as many points

TEST_CASE_TEMPLATE("Fourier neural operators of lines on a GPU are those on the CPU", Real, float,
                   double) {
  check<1, Real>({4}, {2, 1, 8 * many});
  check<1, Real>({5}, {3, 2, 11 * many});
  check<1, Real>({4}, {2, 1, 10}, {.norm = NormKind::group, .domain_padding = {0.3}});
}

TEST_CASE_TEMPLATE("Fourier neural operators of planes on a GPU are those on the CPU", Real, float,
                   double) {
  check<2, Real>({4, 4}, {2, 1, 6 * many, 8 * many});
  check<2, Real>({4, 3}, {1, 2, 5 * many, 7});
  check<2, Real>(
      {4, 4}, {2, 1, 6, 8},
      {.skip_kernel = 3, .norm = NormKind::instance, .order = LayerOrder::pre_activation});
}

TEST_CASE_TEMPLATE("Fourier neural operators of spaces on a GPU are those on the CPU", Real, float,
                   double) {
  check<3, Real>({2, 2, 4}, {1, 1, 4 * many, 3, 6});
  check<3, Real>({3, 2, 3}, {2, 1, 5, 4, 5 * many});
}

TEST_CASE_TEMPLATE("Fourier neural operators of four axes on a GPU are those on the CPU", Real,
                   float, double) {
  check<4, Real>({2, 2, 2, 2}, {1, 1, 2, 3, 4, 3});
}

TEST_CASE("Fourier neural operators of complex fields on a GPU are those on the CPU") {
  check<1, std::complex<float>>({4}, {2, 1, 9});
  check<2, std::complex<double>>({3, 2}, {1, 1, 4, 6});
}

}  // namespace

}  // namespace nop::test::cuda::fno_test
