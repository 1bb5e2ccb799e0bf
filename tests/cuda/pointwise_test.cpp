// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda.hpp>
#include <nop/ops/activation.hpp>
#include <nop/ops/broadcast.hpp>
#include <nop/ops/complex_parts.hpp>
#include <nop/ops/dropout.hpp>
#include <nop/ops/elementwise.hpp>
#include <nop/ops/linear_combination.hpp>
#include <nop/ops/reduce.hpp>
#include <nop/ops/scale_and_shift.hpp>
#include <nop/ops/sinusoids.hpp>
#include <nop/ops/softmax.hpp>

#include "support/agreement.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <vector>

namespace nop::test::pointwise_test {

using There = nop::Cuda;

namespace {

template <scalar Element, std::size_t Rank>
auto random(const Shape<Rank>& shape, std::uint64_t seed = 1) {
  return random_tensor<Element, Cpu>(shape, seed);
}

TEST_CASE_TEMPLATE("arithmetic on a GPU is that on the CPU", Element, float, double,
                   std::complex<float>, std::complex<double>) {
  const Shape<3> shape{2, 3, 7};
  const auto x = random<Element>(shape), y = random<Element>(shape, 2);
  check_agreement<There>([](const auto& a, const auto& b) { return add(a, b); }, x, y);
  check_agreement<There>([](const auto& a, const auto& b) { return subtract(a, b); }, x, y);
  check_agreement<There>([](const auto& a, const auto& b) { return multiply(a, b); }, x, y);
  check_agreement<There>([](const auto& a) { return scale_by(a, -1.5); }, x);
  check_agreement<There>(
      [](const auto& a, const auto& b) { return linear_combination({0.5, -2.0}, a, b); }, x, y);
  check_agreement<There>(
      [](const auto& a, const auto& b) {
        const std::vector<double> p{0.5, 2}, q{-1, 3};
        return linear_combination(p, a, q, b);
      },
      x, y);
  check_agreement<There>([](const auto& a) { return nop::sum(a); }, x);
  check_agreement<There>([](const auto& a, const auto& b) { return broadcast_multiply(a, b); },
                         random<Element>(Shape<3>{3, 1, 5}), random<Element>(Shape<3>{1, 4, 5}, 2));
}

TEST_CASE_TEMPLATE("activations, norms and waves on a GPU are those on the CPU", Real, float,
                   double) {
  const auto x = random<Real>(Shape<3>{2, 3, 37});
  for (const auto sigma : {Activation::gelu, Activation::relu, Activation::leaky_relu,
                           Activation::silu, Activation::tanh, Activation::selu})
    check_agreement<There>([sigma](const auto& a) { return activate(a, sigma); }, x);
  check_agreement<There>([](const auto& a) { return sum_of_squares(a); }, x);
  check_agreement<There>([](const auto& a) { return sum_of_magnitudes(a); }, x);
  check_agreement<There>([](const auto& a) { return softmax(scale_by(a, 5)); }, x);
  check_agreement<There>([](const auto& a, const auto& b) { return scale_and_shift(a, b); }, x,
                         random<Real>(Shape<2>{2, 6}, 3));
  check_agreement<There>(
      [](const auto& a) {
        const std::vector<Real> frequencies{1, 2.5};
        using Backend = backend_of<std::remove_cvref_t<decltype(a)>>;
        return sinusoids(a, Tensor<Real, 1, Backend>({2}, frequencies));
      },
      x);
  check_agreement<There>(
      [](const auto& a) {
        Rng rng(5);
        return dropout(a, 0.3, rng);
      },
      x);
}

TEST_CASE_TEMPLATE("the parts of complex fields on a GPU are those on the CPU", Real, float,
                   double) {
  const auto z = random<std::complex<Real>>(Shape<2>{3, 11});
  const auto x = random<Real>(Shape<2>{3, 11}), y = random<Real>(Shape<2>{3, 11}, 2);
  check_agreement<There>([](const auto& a) { return real_part(a); }, z);
  check_agreement<There>([](const auto& a) { return imaginary_part(a); }, z);
  check_agreement<There>([](const auto& a, const auto& b) { return from_parts(a, b); }, x, y);
}

}  // namespace

}  // namespace nop::test::pointwise_test
