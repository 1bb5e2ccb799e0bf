// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/layers/attention.hpp>

#include "support/layer_battery.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

namespace nop::test::attention_test {

template <class Backend = Cpu>
using Layer = nop::SelfAttention<Backend, double>;

namespace {

/// One whose projection is not zero.
template <class Backend = Cpu>
Layer<Backend> trained(const typename Layer<Backend>::Config& config) {
  nop::Rng rng(1);
  Layer<Backend> layer(config, rng);
  std::uint64_t seed = 10;
  nop::for_each_parameter(layer, [&seed](const std::string&, auto& parameter) {
    parameter.assign(nop::test::random_tensor<double, Backend>(parameter.shape(), ++seed));
  });
  return layer;
}

/// The definition, number by number, of what follows the norm.
std::vector<double> naive(const Layer<>& layer, const nop::test::CpuTensor<double, 4>& x,
                          std::size_t heads, std::size_t groups) {
  const std::size_t batch = x.extent(0), channels = x.extent(1), each = channels / heads;
  const std::size_t points = x.extent(2) * x.extent(3);
  const auto values        = [&layer](const char* name, auto rank) {
    return nop::test::parameter_of<nop::Parameter<double, decltype(rank)::value, Cpu>>(layer, name)
        .value()
        .to_host();
  };
  const std::integral_constant<std::size_t, 1> vector;
  const std::integral_constant<std::size_t, 2> matrix;
  const auto w = values("query_key_value.weight", matrix),
             b = values("query_key_value.bias", vector);
  const auto p = values("projection.weight", matrix), c = values("projection.bias", vector);
  const auto gain = values("norm.weight", vector), offset = values("norm.bias", vector);
  const auto h = nop::group_norm(x, groups, 1e-6).to_host();
  auto y       = x.to_host();
  for (std::size_t s = 0; s < batch; ++s) {
    const auto mixed = [&](std::size_t row, std::size_t point) {
      double sum = b[row];
      for (std::size_t i = 0; i < channels; ++i)
        sum +=
            w[row * channels + i] * (h[(s * channels + i) * points + point] * gain[i] + offset[i]);
      return sum;
    };
    for (std::size_t at = 0; at < points; ++at) {
      std::vector<double> seen(channels);
      for (std::size_t head = 0; head < heads; ++head) {
        double total = 0;
        for (std::size_t from = 0; from < points; ++from) {
          double product = 0;
          for (std::size_t i = head * each; i < (head + 1) * each; ++i)
            product += mixed(i, at) * mixed(channels + i, from);
          const double weight = std::exp(product / std::sqrt(static_cast<double>(each)));
          total += weight;
          for (std::size_t i = head * each; i < (head + 1) * each; ++i)
            seen[i] += weight * mixed(2 * channels + i, from);
        }
        for (std::size_t i = head * each; i < (head + 1) * each; ++i) seen[i] /= total;
      }
      for (std::size_t o = 0; o < channels; ++o) {
        double sum = c[o];
        for (std::size_t i = 0; i < channels; ++i) sum += p[o * channels + i] * seen[i];
        y[(s * channels + o) * points + at] += sum;
      }
    }
  }
  return y;
}

}  // namespace

TEST_CASE("attention is the mean of all points' values by the softmax of the products") {
  for (const std::size_t heads : {1U, 2U, 4U}) {
    CAPTURE(heads);
    const auto layer = trained({.channels = 4, .heads = heads, .groups = 2});
    const auto x     = random_field(Shape{2, 4, 3, 2}, 2);
    CHECK(nop::test::worst_error(layer(x).to_host(), naive(layer, x, heads, 2)) < 1e-12);
  }
}

TEST_CASE("attention passes the battery, and sees no order of points") {
  const auto layer = trained({.channels = 4, .heads = 2, .groups = 2});
  nop::test::check_function(layer, random_field(Shape{2, 4, 2, 3}, 2));
  nop::test::check_function(layer, random_field(Shape{2, 4, 5}, 2));
  nop::test::check_translation(layer, random_field(Shape{2, 4, 3, 4}, 2));
}

TEST_CASE("new attention does nothing") {
  nop::Rng rng(1);
  const Layer<> layer({.channels = 8, .heads = 2, .groups = 2}, rng);
  const auto x = random_field(Shape{2, 8, 4, 4}, 2);
  CHECK(layer(x).to_host() == x.to_host());
}

TEST_CASE("attention refuses what does not divide, and works on any backend") {
  nop::Rng rng(1);
  CHECK_THROWS_WITH_AS(Layer<>({.channels = 4, .heads = 3}, rng),
                       "SelfAttention: expected a number of heads that divides 4 channels, got 3",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS(trained({.channels = 4})(random_field(Shape{1, 3, 2, 2})),
                       "SelfAttention: expected 4 channels, got a field of shape [1, 3, 2, 2]",
                       nop::PreconditionError);
  using Toy = nop::test::ToyBackend;
  const Shape shape{2, 4, 2, 3};
  CHECK(
      nop::test::worst_error(
          trained<Toy>({.channels = 4})(nop::test::random_tensor<double, Toy>(shape, 2)).to_host(),
          trained({.channels = 4})(random_field(shape, 2)).to_host()) < 1e-12);
}

}  // namespace nop::test::attention_test
