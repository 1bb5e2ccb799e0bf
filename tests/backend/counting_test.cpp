// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/counting.hpp>
#include <nop/core/rng.hpp>
#include <nop/layers/channel_linear.hpp>
#include <nop/layers/local_conv.hpp>
#include <nop/layers/temporal_conv.hpp>
#include <nop/ops/matrix_product.hpp>

#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <cstdint>

namespace nop::test::counting_test {
namespace {

template <class Call>
std::uint64_t counted(const Call& call) {
  Counting<>::multiplications = 0;
  call();
  return Counting<>::multiplications;
}

TEST_CASE_TEMPLATE("products of matrices are counted by their sizes", Element, float, double,
                   std::complex<double>) {
  const Tensor<Element, 2, Counting<>> a({3, 5}), b({5, 7});
  CHECK(counted([&] { matrix_product(a, b); }) == (complex<Element> ? 4 : 1) * 3 * 5 * 7);
}

TEST_CASE("layers are counted by channels, points and taps") {
  Rng rng(1);
  const Tensor<double, 4, Counting<>> x({2, 3, 6, 5});
  const ChannelLinear<Counting<>, double> mixing({.in_channels = 3, .out_channels = 4}, rng);
  CHECK(counted([&] { mixing(x); }) == 2 * 3 * 4 * 30);
  const LocalConv<2, Counting<>, double> convolution(
      {.in_channels = 3, .out_channels = 4, .kernel = {3, 1}}, rng);
  CHECK(counted([&] { convolution(x); }) == 2 * 3 * 4 * 30 * 3);
}

TEST_CASE("a temporal convolution takes four products for a mode, one where it is real") {
  Rng rng(1);
  const auto of_steps = [&](std::size_t steps, std::size_t modes) {
    const TemporalConv<Counting<>, double> layer({.channels = 3, .modes = modes}, rng);
    const Tensor<double, 4, Counting<>> x({2, steps, 3, 7});
    return counted([&] { layer(x); });
  };
  constexpr std::uint64_t product = 2 * 3 * 3 * 7;
  CHECK(of_steps(4, 1) == product);
  CHECK(of_steps(4, 2) == 5 * product);
  CHECK(of_steps(4, 3) == 6 * product);
  CHECK(of_steps(5, 3) == 9 * product);
}

TEST_CASE("what is counted is what Cpu computes") {
  Rng rng(1), same(1);
  const LocalConv<1, Counting<>, double> counting(
      {.in_channels = 1, .out_channels = 2, .kernel = {3}}, rng);
  const LocalConv<1, Cpu, double> plain({.in_channels = 1, .out_channels = 2, .kernel = {3}}, same);
  Tensor<double, 3, Counting<>> x({1, 1, 9});
  Tensor<double, 3, Cpu> y({1, 1, 9});
  for (std::size_t i = 0; i < 9; ++i)
    x.mutable_data()[i] = y.mutable_data()[i] = static_cast<double>(i * i);
  CHECK(counting(x).to_host() == plain(y).to_host());
}

}  // namespace
}  // namespace nop::test::counting_test
