// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/layers/norm.hpp>
#include <nop/ops/activation.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

namespace nop::test::norm_test {

template <class Real>
using Norm   = nop::Norm<Cpu, Real>;
using Vector = nop::Tensor<double, 1, Cpu>;

namespace {

template <class Real = double>
Norm<Real> norm(const typename Norm<Real>::Config& config) {
  nop::Rng rng(1);
  return {config, rng};
}

/// A norm whose factors and offsets are not those it begins with.
Norm<double> affine_norm(const Norm<double>::Config& config) {
  auto layer         = norm(config);
  std::uint64_t seed = 10;
  nop::for_each_leaf(layer, [&](const std::string& path, auto& leaf) {
    auto value = random_field(leaf.shape(), ++seed);
    if (path == "running_variance") value = nop::multiply(value, value);
    if constexpr (nop::detail::is_parameter<std::remove_cvref_t<decltype(leaf)>>)
      leaf.assign(value);
    else
      leaf = value;
  });
  return layer;
}

Norm<double> group_layer(std::size_t groups) {
  return affine_norm({.kind = NormKind::group, .channels = 4, .groups = groups});
}

/// A norm that is told something, as a function of the field alone.
template <class Function>
struct Told {
  Norm<double> layer;
  Function function;
  template <class X>
  auto operator()(const X& x) const {
    return function(layer, x);
  }
  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("layer", self.layer);
  }
};
template <class Function>
Told(Norm<double>, Function) -> Told<Function>;

/// The kept tensor of that name.
Vector kept(const Norm<double>& layer, const std::string& name) {
  Vector found;
  nop::for_each_leaf(layer, [&](const std::string& path, const auto& leaf) {
    if constexpr (nop::detail::is_tensor<std::remove_cvref_t<decltype(leaf)>>)
      if (path == name) found = leaf;
  });
  return found;
}

/// The numbers of channel c of a field, sample after sample.
std::vector<double> channel(const nop::Tensor<double, 3, Cpu>& x, std::size_t c) {
  std::vector<double> values;
  for (std::size_t b = 0; b < x.extent(0); ++b)
    for (std::size_t i = 0; i < x.extent(2); ++i) values.push_back(x.view()(b, c, i));
  return values;
}

}  // namespace

TEST_CASE("no norm changes nothing and has no parameters") {
  const auto layer = norm({.kind = NormKind::none, .channels = 4});
  const auto x     = random_field(Shape{2, 4, 5});
  CHECK(layer(x).to_host() == x.to_host());
  CHECK(nop::parameter_count(layer) == 0);
  nop::test::check_linear_function(layer, x);
}

TEST_CASE("instance norm has as many groups as channels and no parameters") {
  const auto layer = norm({.kind = NormKind::instance, .channels = 4, .groups = 2});
  const auto x     = random_field(Shape{2, 4, 5});
  CHECK(layer(x).to_host() == nop::group_norm(x, 4, 1e-5).to_host());
  CHECK(nop::parameter_count(layer) == 0);
  nop::test::check_function(layer, x);
}

TEST_CASE("group norm begins with factors one and offsets zero") {
  const auto layer = norm({.kind = NormKind::group, .channels = 4, .groups = 2, .epsilon = 0.5});
  const auto x     = random_field(Shape{2, 4, 5});
  CHECK(worst_error(layer(x).to_host(), nop::group_norm(x, 2, 0.5).to_host()) < rounding<double>);
  CHECK(nop::test::parameter_paths(layer) == std::vector<std::string>{"weight", "bias"});
  CHECK(nop::parameter_count(layer) == 8);
}

TEST_CASE("group norm scales and shifts each channel") {
  const auto layer  = group_layer(2);
  const auto factor = nop::test::parameter_of<nop::Parameter<double, 1, Cpu>>(layer, "weight");
  const auto offset = nop::test::parameter_of<nop::Parameter<double, 1, Cpu>>(layer, "bias");
  const auto x      = random_field(Shape{2, 4, 3, 5});
  const auto normal = nop::group_norm(x, 2, 1e-5), y = layer(x);
  for (std::size_t b = 0; b < 2; ++b)
    for (std::size_t c = 0; c < 4; ++c)
      for (std::size_t i = 0; i < 3; ++i)
        CHECK(y.view()(b, c, i, 4) ==
              doctest::Approx(normal.view()(b, c, i, 4) * factor.value().view()(c) +
                              offset.value().view()(c)));
}

TEST_CASE("group norm passes the battery") {
  for (const std::size_t groups : {1U, 2U, 4U}) {
    CAPTURE(groups);
    const auto layer = group_layer(groups);
    nop::test::check_function(layer, random_field(Shape{2, 4, 5}));
    nop::test::check_function(layer, random_field(Shape{2, 4, 3, 4}));
    nop::test::check_precisions(
        layer, norm<float>({.kind = NormKind::group, .channels = 4, .groups = groups}),
        random_field(Shape{2, 4, 20}));
  }
}

TEST_CASE("an activated group norm is one and an activation, on a grid or without one") {
  const auto layer = group_layer(2);
  const auto check = [&layer](const auto& x) {
    CHECK(nop::test::worst_error(layer.activated(x, nop::Activation::silu).to_host(),
                                 nop::silu(layer(x)).to_host()) < 1e-14);
    nop::test::check_function(
        [&layer](const auto& u) { return layer.activated(u, nop::Activation::silu); }, x);
  };
  check(random_field(Shape{2, 4, 3, 5}));
  check(random_field(Shape{3, 4}));
  const auto other = norm({.kind = NormKind::instance, .channels = 4});
  CHECK_THROWS_WITH_AS(other.activated(random_field(Shape{2, 4, 5}), nop::Activation::silu),
                       "Norm: expected a group norm to be activated, got instance",
                       nop::PreconditionError);
}

TEST_CASE("group norm refuses groups that do not divide the channels") {
  CHECK_THROWS_WITH_AS(norm({.kind = NormKind::group, .channels = 4, .groups = 3}),
                       "Norm: expected a number of groups that divides 4 channels, got 3",
                       nop::PreconditionError);
  CHECK_THROWS_AS(norm({.kind = NormKind::group, .channels = 4, .groups = 0}),
                  nop::PreconditionError);
}

TEST_CASE("batch norm goes by its running statistics, which begin as those of a normal field") {
  const auto begun = norm({.kind = NormKind::batch, .channels = 3, .epsilon = 0.5});
  const auto x     = random_field(Shape{2, 3, 5});
  CHECK(nop::test::worst_error(begun(x).to_host(), nop::scale_by(x, 1 / std::sqrt(1.5)).to_host()) <
        1e-15);
  CHECK(nop::test::parameter_paths(begun) == std::vector<std::string>{"weight", "bias"});

  const auto layer = affine_norm({.kind = NormKind::batch, .channels = 3});
  const auto mean = kept(layer, "running_mean"), variance = kept(layer, "running_variance");
  const auto& factor = nop::test::parameter_of<nop::Parameter<double, 1, Cpu>>(layer, "weight");
  const auto& offset = nop::test::parameter_of<nop::Parameter<double, 1, Cpu>>(layer, "bias");
  const auto y       = layer(x);
  for (std::size_t b = 0; b < 2; ++b)
    for (std::size_t c = 0; c < 3; ++c)
      for (std::size_t i = 0; i < 5; ++i)
        CHECK(y.view()(b, c, i) ==
              doctest::Approx((x.view()(b, c, i) - mean.view()(c)) /
                                  std::sqrt(variance.view()(c) + 1e-5) * factor.value().view()(c) +
                              offset.value().view()(c)));
  nop::test::check_function(layer, x);
  nop::test::check_function(layer, random_field(Shape{2, 3, 2, 3}));
}

TEST_CASE("batch norm that is told to goes by the batch, and its running statistics follow") {
  auto layer   = norm({.kind = NormKind::batch, .channels = 2, .momentum = 0.25});
  const auto x = random_field(Shape{3, 2, 4});
  nop::BatchStatistics statistics;
  const auto y = layer(x, statistics);
  CHECK(kept(layer, "running_mean").to_host() == std::vector<double>{0, 0});
  statistics.update(layer);
  for (std::size_t c = 0; c < 2; ++c) {
    const auto values = channel(x, c);
    double mean = 0, variance = 0;
    for (const double v : values) mean += v / 12;
    for (const double v : values) variance += (v - mean) * (v - mean) / 12;
    for (std::size_t i = 0; i < 12; ++i)
      CHECK(channel(y, c)[i] == doctest::Approx((values[i] - mean) / std::sqrt(variance + 1e-5)));
    CHECK(kept(layer, "running_mean").view()(c) == doctest::Approx(0.25 * mean));
    CHECK(kept(layer, "running_variance").view()(c) ==
          doctest::Approx(0.75 + 0.25 * variance * 12 / 11));
  }
  const auto before = kept(layer, "running_mean").to_host();
  statistics.update(layer);  // what was noted is forgotten
  CHECK(kept(layer, "running_mean").to_host() == before);
}

TEST_CASE("two calls within a step move the running statistics twice, in order") {
  auto layer   = norm({.kind = NormKind::batch, .channels = 1, .momentum = 0.5});
  const auto x = nop::test::field_of<double>(Shape{2, 1, 1}, {1, 3});
  const auto z = nop::test::field_of<double>(Shape{2, 1, 1}, {10, 20});
  nop::BatchStatistics statistics;
  static_cast<void>(layer(x, statistics));
  static_cast<void>(layer(z, statistics));
  statistics.update(layer);
  CHECK(kept(layer, "running_mean").item() == doctest::Approx(0.5 * (0.5 * 2) + 0.5 * 15));
  CHECK(kept(layer, "running_variance").item() ==
        doctest::Approx(0.5 * (0.5 * 1 + 0.5 * 2) + 0.5 * 50));
}

TEST_CASE("gradients of a batch norm by the batch's statistics are right") {
  const auto by_batch = [](const auto& layer, const auto& x) {
    nop::BatchStatistics statistics;
    return layer(x, statistics);
  };
  const auto check = [&](const auto& x) {
    const Told told{affine_norm({.kind = NormKind::batch, .channels = 3}), by_batch};
    nop::test::check_gradients(told, x);
    nop::test::check_ways_to_call(told, x);
  };
  check(random_field(Shape{3, 3, 1}));
  check(random_field(Shape{2, 3, 5}));
  check(random_field(Shape{2, 3, 4, 3}));
  check(random_field(Shape{1, 3, 2, 3, 2}));
  check(random_field(Shape{2, 3, 2, 1, 2, 3}));
}

TEST_CASE("a batch of one number per channel has no statistics") {
  const auto layer = norm({.kind = NormKind::batch, .channels = 2});
  nop::BatchStatistics statistics;
  CHECK_THROWS_WITH_AS(
      layer(random_field(Shape{1, 2, 1}), statistics),
      "batch_norm: expected at least two numbers in a channel, got a field of shape [1, 2, 1]",
      nop::PreconditionError);
  CHECK(layer(random_field(Shape{1, 2, 1})).shape() == Shape<3>{1, 2, 1});
}

TEST_CASE("adaptive norm takes factors and offsets from an MLP of the embedding") {
  const auto layer     = affine_norm({.kind = NormKind::adaptive, .channels = 2, .embedding = 3});
  const auto x         = random_field(Shape{2, 2, 5});
  const auto embedding = random_field(Shape{3}, 7);
  const auto matrix    = [&](const std::string& path) {
    return nop::test::parameter_of<nop::Parameter<double, 2, Cpu>>(layer, path).value().to_host();
  };
  const auto vector = [&](const std::string& path) {
    return nop::test::parameter_of<nop::Parameter<double, 1, Cpu>>(layer, path).value().to_host();
  };
  const auto w0 = matrix("mlp.0.weight"), w1 = matrix("mlp.1.weight");
  const auto b0 = vector("mlp.0.bias"), b1 = vector("mlp.1.bias");
  REQUIRE(b0.size() == 512);
  std::vector<double> hidden(512), both(4);
  for (std::size_t h = 0; h < 512; ++h) {
    double v = b0[h];
    for (std::size_t e = 0; e < 3; ++e) v += w0[h * 3 + e] * embedding.view()(e);
    hidden[h] = 0.5 * v * (1 + std::erf(v / std::sqrt(2.0)));
  }
  for (std::size_t o = 0; o < 4; ++o) {
    both[o] = b1[o];
    for (std::size_t h = 0; h < 512; ++h) both[o] += w1[o * 512 + h] * hidden[h];
  }
  const auto normal = nop::group_norm(x, 2, 1e-5);
  const auto y      = layer(x, nop::NormEmbedding{embedding});
  for (std::size_t b = 0; b < 2; ++b)
    for (std::size_t c = 0; c < 2; ++c)
      for (std::size_t i = 0; i < 5; ++i)
        CHECK(y.view()(b, c, i) == doctest::Approx(normal.view()(b, c, i) * both[c] + both[2 + c]));
}

TEST_CASE("gradients of an adaptive norm by everything, its embedding too, are right") {
  const Told adapted{affine_norm({.kind = NormKind::adaptive, .channels = 2, .embedding = 2}),
                     [](const auto& layer, const auto& x) {
                       return layer(x, nop::NormEmbedding{random_field(Shape{2}, 7)});
                     }};
  nop::test::check_function(adapted, random_field(Shape{2, 2, 3}));
  const auto layer = norm({.kind = NormKind::adaptive, .channels = 2, .embedding = 3});
  nop::test::check_gradients(
      [&](const auto& x, const auto& e) { return layer(x, nop::NormEmbedding{e}); },
      random_field(Shape{2, 2, 2, 3}), random_field(Shape{3}, 8));
}

TEST_CASE("an adaptive norm refuses to be told nothing, or another number of things") {
  const auto layer = norm({.kind = NormKind::adaptive, .channels = 2, .embedding = 3});
  const auto x     = random_field(Shape{1, 2, 4});
  CHECK_THROWS_WITH_AS(layer(x),
                       "Norm: expected an embedding of 3 numbers for an adaptive norm, "
                       "model(x, NormEmbedding{e}), got none",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS(layer(x, nop::NormEmbedding{Vector({2})}),
                       "Norm: expected an embedding of 3 numbers, got [2]", nop::PreconditionError);
  CHECK_THROWS_WITH_AS(
      norm({.kind = NormKind::adaptive, .channels = 2}),
      "Norm: expected an embedding of at least one number for an adaptive norm, got 0",
      nop::PreconditionError);
}

TEST_CASE("the usual groups divide the channels and have four of them or more") {
  CHECK(nop::usual_groups(1) == 1);
  CHECK(nop::usual_groups(7) == 1);
  CHECK(nop::usual_groups(32) == 8);
  CHECK(nop::usual_groups(48) == 12);
  CHECK(nop::usual_groups(128) == 32);
  CHECK(nop::usual_groups(144) == 24);
  CHECK(nop::usual_groups(256) == 32);
}

TEST_CASE("a norm of any kind refuses fields of other channels") {
  for (const auto kind :
       {NormKind::instance, NormKind::group, NormKind::batch, NormKind::adaptive}) {
    const auto layer = norm({.kind = kind, .channels = 4, .embedding = 3});
    for (const std::size_t channels : {2U, 8U})
      CHECK_THROWS_AS(layer(random_field(Shape{1, channels, 5}), nop::NormEmbedding{Vector({3})}),
                      nop::PreconditionError);
  }
  CHECK_THROWS_WITH_AS(
      norm({.kind = NormKind::instance, .channels = 4})(random_field(Shape{1, 8, 5})),
      "Norm: expected 4 channels, got a field of shape [1, 8, 5]", nop::PreconditionError);
  CHECK_THROWS_AS(norm({.kind = NormKind::group, .channels = 4, .epsilon = -1}),
                  nop::PreconditionError);
}

}  // namespace nop::test::norm_test
