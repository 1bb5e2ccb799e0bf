// SPDX-License-Identifier: BSD-3-Clause
#include <nop/layers/normalizer.hpp>

#include "support/layer_battery.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <cstddef>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace nop::test::normalizer_test {
namespace {

using Toy    = nop::test::ToyBackend;
using Values = std::vector<double>;

struct Moments {
  double mean = 0, deviation = 0;
};

/// The mean and the unbiased deviation of every `step`-th value ... by the formulas.
Moments moments_of(const Values& values) {
  Moments m;
  for (const double value : values) m.mean += value / static_cast<double>(values.size());
  for (const double value : values)
    m.deviation += (value - m.mean) * (value - m.mean) / static_cast<double>(values.size() - 1);
  m.deviation = std::sqrt(m.deviation);
  return m;
}

/// The values at these indices of [batch, channel, point].
template <class Keep>
Values chosen(const Values& all, std::size_t channels, std::size_t points, const Keep& keep) {
  Values values;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (keep(i / points % channels, i % points)) values.push_back(all[i]);
  return values;
}

TEST_CASE("encoded data has mean zero and deviation one, per channel") {
  const auto x       = nop::test::random_tensor<double, Toy>(Shape<4>{5, 3, 4, 3}, 1);
  const auto encoded = fit_normalizer(x, NormalizerKind::per_channel).encode(x).to_host();
  for (std::size_t channel = 0; channel < 3; ++channel) {
    const auto m = moments_of(
        chosen(encoded, 3, 12, [channel](std::size_t c, std::size_t) { return c == channel; }));
    CHECK(std::abs(m.mean) < 1e-12);
    CHECK(m.deviation == doctest::Approx(1).epsilon(1e-6));
  }
}

TEST_CASE("statistics are those of the formulas, with the unbiased deviation") {
  const auto x = nop::test::random_tensor<double, Toy>(Shape<3>{6, 2, 4}, 2);
  for (const auto kind : {NormalizerKind::per_channel, NormalizerKind::per_point}) {
    const auto normalizer = fit_normalizer(x, kind);
    std::vector<Values> leaves;
    nop::for_each_leaf(normalizer, [&](const std::string&, const auto& leaf) {
      leaves.push_back(leaf.to_host());
    });
    REQUIRE(leaves.size() == 2);
    const bool by_point = kind == NormalizerKind::per_point;
    REQUIRE(leaves[0].size() == (by_point ? 8 : 2));
    for (std::size_t i = 0; i < leaves[0].size(); ++i) {
      const auto m = moments_of(chosen(x.to_host(), 2, 4, [&](std::size_t c, std::size_t p) {
        return by_point ? c * 4 + p == i : c == i;
      }));
      CHECK(leaves[0][i] == doctest::Approx(m.mean).epsilon(1e-12));
      CHECK(leaves[1][i] == doctest::Approx(m.deviation).epsilon(1e-12));
    }
  }
}

TEST_CASE("decoding undoes encoding, also where the data never changes") {
  auto values = nop::test::random_values<double>(24, 3);
  for (std::size_t b = 0; b < 4; ++b) values[b * 6 + 2] = 7;
  const nop::Tensor<double, 3, Toy> x({4, 2, 3}, values);
  for (const auto kind :
       {NormalizerKind::none, NormalizerKind::per_channel, NormalizerKind::per_point}) {
    const auto normalizer = fit_normalizer(x, kind);
    CHECK(nop::test::worst_error(normalizer.decode(normalizer.encode(x)).to_host(), values) <
          1e-12);
  }
  const auto encoded = fit_normalizer(x, NormalizerKind::per_point).encode(x).to_host();
  for (std::size_t b = 0; b < 4; ++b) CHECK(std::abs(encoded[b * 6 + 2]) < 1e-7);
}

TEST_CASE("gradients flow through both directions") {
  const auto x = nop::test::random_field(Shape<4>{3, 2, 3, 4}, 4);
  for (const auto kind :
       {NormalizerKind::none, NormalizerKind::per_channel, NormalizerKind::per_point}) {
    const auto normalizer = fit_normalizer(x, kind);
    nop::test::check_function([&](const auto& u) { return normalizer.encode(u); }, x);
    nop::test::check_function([&](const auto& u) { return normalizer.decode(u); }, x);
  }
}

using Complex = std::complex<double>;

/// The mean of complex values and sqrt(sum |z - mean|^2 / (n - 1)).
std::pair<Complex, double> moments_of(const std::vector<Complex>& values) {
  Complex mean     = 0;
  double deviation = 0;
  const auto count = static_cast<double>(values.size());
  for (const Complex value : values) mean += value / count;
  for (const Complex value : values) deviation += std::norm(value - mean) / (count - 1);
  return {mean, std::sqrt(deviation)};
}

template <class Backend>
void check_complex_statistics() {
  constexpr std::size_t channels = 2, points = 3, batch = 5;
  auto values = nop::test::random_values<Complex>(batch * channels * points, 8);
  for (Complex& value : values) value = Complex(0, 3) * value + Complex(4, -2);
  const nop::Tensor<Complex, 3, Backend> x({batch, channels, points},
                                           std::span<const Complex>(values));
  for (const auto kind : {NormalizerKind::per_channel, NormalizerKind::per_point}) {
    const bool by_point   = kind == NormalizerKind::per_point;
    const auto normalizer = fit_normalizer(x, kind);
    std::vector<Complex> means;
    Values deviations;
    nop::for_each_leaf(normalizer, [&](const std::string&, const auto& leaf) {
      const auto host = leaf.to_host();
      if constexpr (std::is_same_v<typename std::remove_cvref_t<decltype(leaf)>::Element, double>)
        deviations = host;
      else
        means = host;
    });
    REQUIRE(means.size() == (by_point ? channels * points : channels));
    REQUIRE(deviations.size() == means.size());
    const auto encoded = normalizer.encode(x).to_host();
    for (std::size_t i = 0; i < means.size(); ++i) {
      const auto belongs = [&](std::size_t j) {
        return by_point ? j % (channels * points) == i : j / points % channels == i;
      };
      std::vector<Complex> before, after;
      for (std::size_t j = 0; j < values.size(); ++j)
        if (belongs(j)) {
          before.push_back(values[j]);
          after.push_back(encoded[j]);
        }
      const auto [mean, deviation] = moments_of(before);
      CHECK(std::abs(means[i] - mean) < 1e-12);
      CHECK(deviations[i] == doctest::Approx(deviation).epsilon(1e-12));
      for (std::size_t j = 0; j < before.size(); ++j)
        CHECK(std::abs(after[j] - (before[j] - mean) / (deviation + 1e-7)) < 1e-12);
    }
    CHECK(nop::test::worst_error(normalizer.decode(normalizer.encode(x)).to_host(), values) <
          1e-12);
  }
}

TEST_CASE("complex data has complex means and real deviations, those of the formulas") {
  check_complex_statistics<Cpu>();
  check_complex_statistics<Toy>();
}

TEST_CASE("gradients of complex fields flow through both directions") {
  const auto x = nop::test::random_field<Complex>(Shape<3>{3, 2, 4}, 9);
  for (const auto kind :
       {NormalizerKind::none, NormalizerKind::per_channel, NormalizerKind::per_point}) {
    const auto normalizer = fit_normalizer(x, kind);
    nop::test::check_function([&](const auto& u) { return normalizer.encode(u); }, x);
    nop::test::check_function([&](const auto& u) { return normalizer.decode(u); }, x);
  }
}

TEST_CASE("statistics per channel serve every grid, those per point only theirs") {
  const auto x = nop::test::random_tensor<float, Cpu>(Shape<3>{4, 2, 8}, 5);
  const auto y = nop::test::random_tensor<float, Cpu>(Shape<3>{1, 2, 16}, 6);
  CHECK(fit_normalizer(x, NormalizerKind::per_channel).encode(y).shape() == y.shape());
  CHECK_THROWS_WITH_AS((void)fit_normalizer(x, NormalizerKind::per_point).encode(y),
                       "Normalizer::encode: expected the grid [8] that the statistics per point "
                       "belong to, got a field of shape [1, 2, 16]",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS((void)fit_normalizer(x, NormalizerKind::per_channel)
                           .decode(nop::Tensor<float, 3, Cpu>({1, 3, 8})),
                       "Normalizer::decode: expected 2 channels, got a field of shape [1, 3, 8]",
                       nop::PreconditionError);
}

TEST_CASE("a normalizer has no parameters, and members of known names") {
  const auto x          = nop::test::random_tensor<float, Cpu>(Shape<3>{4, 2, 8}, 5);
  const auto normalizer = fit_normalizer(x, NormalizerKind::per_point);
  CHECK(nop::parameter_count(normalizer) == 0);
  std::vector<std::string> names;
  nop::for_each_leaf(normalizer, [&](const std::string& path, const auto& leaf) {
    names.push_back(path);
    CHECK(leaf.shape() == Shape<2>{2, 8});
  });
  CHECK(names == std::vector<std::string>{"mean", "deviation"});
}

TEST_CASE("a normalizer that is not fitted yet changes next to nothing") {
  nop::Rng rng{1};
  const nop::Normalizer<1, Cpu, double> normalizer(
      {.kind = NormalizerKind::per_channel, .channels = 2}, rng);
  const auto x = nop::test::random_field(Shape<3>{2, 2, 5}, 7);
  CHECK(nop::test::worst_error(normalizer.encode(x).to_host(), x.to_host()) < 1e-6);
}

TEST_CASE("too little data to measure a deviation is refused") {
  const nop::Tensor<float, 3, Cpu> one({1, 2, 8}), none({0, 2, 8});
  CHECK_THROWS_WITH_AS(
      (void)fit_normalizer(one, NormalizerKind::per_point),
      "Normalizer::fit: expected at least two numbers per statistic, got data of shape [1, 2, 8]",
      nop::PreconditionError);
  CHECK_THROWS_AS((void)fit_normalizer(none, NormalizerKind::per_channel), nop::PreconditionError);
}

}  // namespace

}  // namespace nop::test::normalizer_test
