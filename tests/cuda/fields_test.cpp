// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda.hpp>
#include <nop/ops/axes.hpp>
#include <nop/ops/channels.hpp>
#include <nop/ops/local_convolution.hpp>
#include <nop/ops/matrix_product.hpp>
#include <nop/ops/mix_chain.hpp>
#include <nop/ops/modulated_norm.hpp>
#include <nop/ops/normalize.hpp>
#include <nop/ops/pixel_shuffle.hpp>
#include <nop/ops/samples.hpp>
#include <nop/ops/sampling.hpp>

#include "support/agreement.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <vector>

namespace nop::test::fields_test {

using There = nop::Cuda;

namespace {

template <scalar Element, std::size_t Rank>
auto random(const Shape<Rank>& shape, std::uint64_t seed = 1) {
  return random_tensor<Element, Cpu>(shape, seed);
}

TEST_CASE_TEMPLATE("boxes, products and channels on a GPU are those on the CPU", Element, float,
                   double, std::complex<float>, std::complex<double>) {
  const auto x = random<Element>(Shape<4>{2, 3, 5, 4}),
             y = random<Element>(Shape<4>{2, 2, 5, 4}, 2);
  check_agreement<There>([](const auto& a) { return crop(a, {0, 1, 1, 0}, {2, 2, 3, 4}); }, x);
  check_agreement<There>([](const auto& a) { return pad(a, {0, 0, 2, 1}, {2, 3, 8, 6}); }, x);
  check_agreement<There>([](const auto& a, const auto& b) { return concat_channels(a, b); }, x, y);
  check_agreement<There>([](const auto& a) { return reshape(a, Shape<2>{6, 20}); }, x);
  check_agreement<There>([](const auto& a, const auto& m) { return axis_product(a, m, 2); }, x,
                         random<Element>(Shape<2>{7, 5}, 3));
  check_agreement<There>([](const auto& a, const auto& w) { return mix_channels(a, w); }, x,
                         random<Element>(Shape<2>{4, 3}, 4));
  check_agreement<There>([](const auto& a, const auto& b) { return add_channels(a, b); }, x,
                         random<Element>(Shape<1>{3}, 5));
  check_agreement<There>([](const auto& a, const auto& b) { return scale_channels(a, b); }, x,
                         random<Element>(Shape<1>{3}, 6));
  check_agreement<There>(
      [](const auto& a, const auto& b) { return matrix_product(a, Form::plain, b, Form::adjoint); },
      random<Element>(Shape<3>{2, 4, 5}), random<Element>(Shape<3>{2, 3, 5}, 7));
  check_agreement<There>([](const auto& a) { return pixel_shuffle(pixel_unshuffle(a, 2), 2); },
                         random<Element>(Shape<4>{2, 3, 4, 6}));
}

TEST_CASE_TEMPLATE("what repeats, averages and convolves on a GPU is what does so on the CPU", Real,
                   float, double) {
  const auto x = random<Real>(Shape<4>{2, 3, 4, 6});
  check_agreement<There>([](const auto& a) { return repeat_samples(a, 3); }, x);
  check_agreement<There>([](const auto& a) { return average_pool(a, 2); }, x);
  check_agreement<There>([](const auto& a) { return upsample_nearest(a, 2); }, x);
  check_agreement<There>(
      [](const auto& a, const auto& w, const auto& b) { return local_convolution(a, w, b); }, x,
      random<Real>(Shape<4>{3, 3, 5, 3}, 2), random<Real>(Shape<1>{5}, 3));
  check_agreement<There>([](const auto& a, const auto& w) { return local_convolution(a, w); },
                         random<Real>(Shape<3>{2, 2, 9}), random<Real>(Shape<3>{3, 4, 2}, 4));
}

TEST_CASE_TEMPLATE("norms on a GPU are those on the CPU", Real, float, double) {
  const auto x      = random<Real>(Shape<4>{2, 6, 5, 3});
  const auto weight = random<Real>(Shape<1>{6}, 2), bias = random<Real>(Shape<1>{6}, 3);
  check_agreement<There>([](const auto& a) { return group_norm(a, 2, Real(1e-5)); }, x);
  check_agreement<There>([](const auto& a) { return batch_norm(a, Real(1e-5)).field; }, x);
  check_agreement<There>(
      [](const auto& a) {
        using Backend = backend_of<std::remove_cvref_t<decltype(a)>>;
        const std::vector<Real> mean{1, 2, 3, 4, 5, 6};
        const Tensor<Real, 1, Backend> numbers({6}, mean);
        return standardize_channels(a, numbers, numbers, Real(1e-5));
      },
      x);
  const NormOptions options{.groups = 3, .activation = Activation::silu};
  check_agreement<There>([options](const auto& a, const auto& w,
                                   const auto& b) { return modulated_norm(a, w, b, options); },
                         x, weight, bias);
  check_agreement<There>(
      [options](const auto& a, const auto& w, const auto& b, const auto& numbers) {
        return modulated_norm(a, w, b, numbers, options);
      },
      x, weight, bias, random<Real>(Shape<2>{4, 12}, 4));
}

TEST_CASE_TEMPLATE("a chain of mixings on a GPU is that on the CPU", Real, float, double) {
  const auto x = random<Real>(Shape<3>{2, 3, 19});
  check_agreement<There>(
      [](const auto& a, const auto& w, const auto& b, const auto& v, const auto& r, const auto& g) {
        return mix_chain(a, through(w, b).then(Activation::gelu),
                         through(v).plus(r).plus_gated(g).then(Activation::tanh));
      },
      x, random<Real>(Shape<2>{5, 3}, 2), random<Real>(Shape<1>{5}, 3),
      random<Real>(Shape<2>{3, 5}, 4), random<Real>(Shape<3>{2, 3, 19}, 5),
      random<Real>(Shape<1>{3}, 6));
}

}  // namespace

}  // namespace nop::test::fields_test
