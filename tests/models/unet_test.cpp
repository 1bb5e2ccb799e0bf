// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/io/checkpoint.hpp>
#include <nop/models/unet.hpp>

#include "support/layer_battery.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace nop::test::unet_test {

template <std::size_t Dim = 2, class Backend = Cpu>
using Net    = nop::UNet<Dim, Backend, double>;
using Config = nop::UNetConfig;

namespace {

/// One whose parameters are all at random.
template <std::size_t Dim = 2, class Backend = Cpu>
Net<Dim, Backend> trained(const Config& config) {
  nop::Rng rng(1);
  Net<Dim, Backend> net(config, rng);
  std::uint64_t seed = 10;
  nop::for_each_parameter(net, [&seed](const std::string&, auto& parameter) {
    auto values = nop::test::random_values<double>(parameter.value().size(), ++seed);
    for (double& value : values) value *= 0.3;
    parameter.assign(
        typename std::remove_cvref_t<decltype(parameter)>::Value(parameter.shape(), values));
  });
  return net;
}

Config small(std::size_t unshuffle = 1) {
  return {.in_channels   = 1,
          .out_channels  = 1,
          .width         = 4,
          .multipliers   = {1, 2},
          .blocks        = 1,
          .attention     = {1},
          .head_channels = 4,
          .unshuffle     = unshuffle};
}

/// Goes on with what `next(place, h)` makes, in all of so many states.
template <class Next>
struct Between {
  std::size_t count;
  Next next;
  [[nodiscard]] nop::States states(std::size_t) const { return {0, count}; }
  auto operator()(std::size_t place, const auto& h) const { return next(place, h); }
};
template <class Next>
Between(std::size_t, Next) -> Between<Next>;

auto two_times() { return nop::test::field_of<double>(Shape<1>{2}, {0.2, 0.7}); }

/// How many parameters a UNet has.
std::size_t size_of(const Config& config) {
  return nop::parameter_count(
      nop::UNet<2>(config, nop::Initializer::zeros(std::numeric_limits<std::uint32_t>::max())));
}

}  // namespace

TEST_CASE("U-Nets have as many parameters as those of the papers") {
  const auto images = [](std::size_t width, std::vector<std::size_t> multipliers,
                         std::size_t unshuffle) {
    const std::size_t lowest = multipliers.size() - 1;
    return size_of({.in_channels  = 1,
                    .out_channels = 1,
                    .width        = width,
                    .multipliers  = std::move(multipliers),
                    .blocks       = 1,
                    .attention    = {lowest},
                    .unshuffle    = unshuffle});
  };
  // Counted by hand from the definition, layer by layer.
  CHECK(images(32, {1, 1}, 1) == 352801);
  CHECK(images(32, {1, 1}, 2) == 354532);
  CHECK(images(48, {1, 1}, 2) == 792916);
  CHECK(images(48, {1, 2}, 2) == 1856500);
  // Of the CIFAR-10 model of progressive distillation and DSNO: 60.00 million.
  const Config cifar{.in_channels  = 3,
                     .out_channels = 3,
                     .width        = 256,
                     .multipliers  = {1, 1, 1},
                     .blocks       = 3,
                     .attention    = {1, 2}};
  CHECK(size_of(cifar) == 60004099);
}

TEST_CASE("between is called after every block that does not resample") {
  const auto net = trained(
      {.in_channels = 1, .out_channels = 1, .width = 4, .multipliers = {1, 2, 3}, .blocks = 2});
  CHECK(net.places() ==
        std::vector<std::size_t>{4, 4, 8, 8, 12, 12, 12, 12, 12, 12, 8, 8, 8, 4, 4, 4});
  std::vector<std::size_t> seen;
  std::size_t expected = 0;
  const auto x         = random_field(Shape{1, 1, 4, 8}, 2);
  const auto y         = net(x, two_times(), Between{2, [&](std::size_t place, const auto& h) {
                                               CHECK(place == expected++);
                                               CHECK(h.extent(0) == 2);
                                               seen.push_back(h.extent(1));
                                               return h;
                                             }});
  CHECK(seen == net.places());
  CHECK(nop::test::worst_error(y.to_host(), net(nop::repeat_samples(x, 2), two_times()).to_host()) <
        1e-13);
  const auto changed =
      net(x, two_times(), Between{2, [](std::size_t place, const auto& h) {
                                    return nop::scale_by(h, place == 7 ? 0.5 : 1.0);
                                  }});
  CHECK(nop::test::worst_error(changed.to_host(), y.to_host()) > 1e-3);
}

TEST_CASE("a U-Net has right gradients by all of its parameters") {
  const auto net   = trained(small(2));
  const auto x     = random_field(Shape{2, 1, 4, 4}, 2);
  const auto check = nop::gradient_check([&net](const auto& u) { return net(u, two_times()); }, x);
  CHECK(check.worst_error < 1e-7);
  nop::Tape tape;
  const auto gradients =
      tape.gradient(nop::detail::random_projection(net(tape.input(x), two_times())));
  // In a random direction of all parameters together.
  auto moved          = net;
  double slope        = 0;
  const double step   = 1e-6;
  const auto value_at = [&](double sign) {
    std::uint64_t seed = 100;
    moved              = net;
    nop::test::for_each_pair_of_parameters(
        net, moved, [&](const std::string&, const auto& from, auto& to) {
          const auto direction = random_field(from.shape(), ++seed);
          to.assign(nop::mapped(nop::Plus{}, from.value(),
                                nop::mapped(nop::TimesConstant<double>{sign * step}, direction)));
        });
    return nop::detail::random_projection(moved(x, two_times())).item();
  };
  std::uint64_t seed = 100;
  nop::for_each_parameter(net, [&](const std::string& path, const auto& parameter) {
    CAPTURE(path);
    REQUIRE(gradients.contains(parameter));
    const auto direction = random_field(parameter.shape(), ++seed).to_host();
    const auto gradient  = gradients[parameter].to_host();
    for (std::size_t i = 0; i < gradient.size(); ++i) slope += gradient[i] * direction[i];
  });
  const double expected = (value_at(1) - value_at(-1)) / (2 * step);
  CHECK(slope == doctest::Approx(expected).epsilon(1e-6));
}

TEST_CASE("a sample at many times is as many samples, and samples do not see each other") {
  const auto net = trained(small());
  const auto x   = random_field(Shape{2, 1, 4, 4}, 2);
  const auto at  = [](const std::vector<double>& times) {
    return nop::test::field_of<double>(Shape<1>{times.size()}, times);
  };
  const auto y = net(x, at({0, 0.4, 1}), Between{3, [](std::size_t, const auto& h) { return h; }});
  CHECK(nop::test::worst_error(
            y.to_host(), net(nop::repeat_samples(x, 3), at({0, 0.4, 1, 0, 0.4, 1})).to_host()) <
        1e-13);
  CHECK(nop::test::worst_error(nop::test::samples_of(y, 1, 2).to_host(),
                               net(nop::test::samples_of(x, 0, 1), at({0.4})).to_host()) < 1e-13);
}

TEST_CASE("a U-Net is its trunk and its head, and makes other heads that answer with zeros") {
  const auto net = trained(small(2));
  const auto x   = random_field(Shape{2, 1, 8, 4}, 2);
  const auto h   = net.trunk(x, two_times());
  CHECK(h.shape() == Shape<4>{2, net.places().back(), 4, 2});
  CHECK(net.head()(h).to_host() == net(x, two_times()).to_host());
  nop::Rng rng(1);
  CHECK(net.new_head(rng)(h).to_host() == std::vector<double>(x.size()));
}

TEST_CASE("a new U-Net answers with zeros; one told an Rng drops out") {
  nop::Rng rng(1);
  const auto x = random_field(Shape{2, 1, 4, 4}, 2);
  CHECK(Net<>(small(), rng)(x, two_times()).to_host() == std::vector<double>(32));
  auto config    = small();
  config.dropout = 0.5;
  const auto net = trained(config);
  nop::Rng one(7), same(7);
  const auto y = net(x, two_times(), one).to_host();
  CHECK(y != net(x, two_times()).to_host());
  CHECK(y == net(x, two_times(), same).to_host());
}

TEST_CASE("a U-Net is read from a file as it was written") {
  const auto net = trained(small(2));
  nop::SafeTensors file;
  nop::model_to_file(net, "", file);
  const auto read = nop::model_from_file<Net<>>("", file, "memory");
  const auto x    = random_field(Shape{2, 1, 8, 4}, 2);
  CHECK(read(x, two_times()).to_host() == net(x, two_times()).to_host());
}

TEST_CASE("a U-Net refuses what does not fit") {
  nop::Rng rng(1);
  const auto net = trained(small(2));
  CHECK_THROWS_WITH_AS(net(random_field(Shape{2, 1, 4, 6}), two_times()),
                       "UNet: expected 1 channels on a grid of multiples of 4 points, got a field "
                       "of shape [2, 1, 4, 6]",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS(net(random_field(Shape{3, 1, 4, 4}), two_times()),
                       "UNet: expected a time for each of 3 samples, got 2",
                       nop::PreconditionError);
  auto config      = small();
  config.attention = {2};
  CHECK_THROWS_WITH_AS(Net<>(config, rng), "UNet: expected attention at one of 2 levels, got 2",
                       nop::PreconditionError);
  config               = small();
  config.head_channels = 3;
  CHECK_THROWS_WITH_AS(Net<>(config, rng),
                       "UNet: expected heads of a number of channels that divides 8, got 3",
                       nop::PreconditionError);
  config             = small();
  config.multipliers = {};
  CHECK_THROWS_AS(Net<>(config, rng), nop::PreconditionError);
  config.multipliers = {1, 0};
  CHECK_THROWS_AS(Net<>(config, rng), nop::PreconditionError);
}

TEST_CASE("a U-Net works on any backend") {
  using Toy      = nop::test::ToyBackend;
  const auto toy = trained<2, Toy>(small());
  const auto x   = nop::test::random_tensor<double, Toy>(Shape{2, 1, 4, 4}, 2);
  const nop::Tensor<double, 1, Toy> toy_times({2}, std::vector<double>{0.2, 0.7});
  CHECK(nop::test::worst_error(
            toy(x, toy_times).to_host(),
            trained(small())(random_field(Shape{2, 1, 4, 4}, 2), two_times()).to_host()) < 1e-12);
}

TEST_CASE("a U-Net of absurd sizes is refused before memory is asked for") {
  const auto zeros       = nop::Initializer::zeros(1000);
  constexpr auto largest = std::numeric_limits<std::size_t>::max();
  auto config            = small();
  config.width           = largest / 4 + 1;
  CHECK_THROWS_AS(Net<>(config, zeros), nop::PreconditionError);
  config             = small();
  config.multipliers = {1, largest / 4 + 1};
  CHECK_THROWS_WITH_AS(Net<>(config, zeros),
                       "UNet: expected multipliers of at most 1048576, got 4611686018427387904",
                       nop::PreconditionError);
  config             = small();
  config.multipliers = {1048576};
  CHECK_THROWS_AS(Net<>(config, zeros), nop::PreconditionError);
}

}  // namespace nop::test::unet_test
