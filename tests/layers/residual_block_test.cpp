// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/layers/residual_block.hpp>
#include <nop/ops/scale_and_shift.hpp>

#include "support/layer_battery.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

namespace nop::test::residual_block_test {

template <std::size_t Dim = 2, class Backend = Cpu>
using Block = nop::ResidualBlock<Dim, Backend, double>;

namespace {

/// One whose parameters are all at random.
template <std::size_t Dim = 2, class Backend = Cpu>
Block<Dim, Backend> trained(const typename Block<Dim, Backend>::Config& config) {
  nop::Rng rng(1);
  Block<Dim, Backend> block(config, rng);
  std::uint64_t seed = 10;
  nop::for_each_parameter(block, [&seed](const std::string&, auto& parameter) {
    parameter.assign(nop::test::random_tensor<double, Backend>(parameter.shape(), ++seed));
  });
  return block;
}

}  // namespace

TEST_CASE("a residual block is its parts one after the other") {
  for (const auto resampling : {Resampling::none, Resampling::up, Resampling::down})
    for (const std::size_t out : {8U, 4U}) {
      const auto block = trained(
          {.in_channels = 8, .out_channels = out, .embedding = 3, .resampling = resampling});
      const auto matrix = [&block](const char* name) {
        return nop::test::parameter_of<nop::Parameter<double, 2, Cpu>>(block, name).value();
      };
      const auto vector = [&block](const char* name) {
        return nop::test::parameter_of<nop::Parameter<double, 1, Cpu>>(block, name).value();
      };
      const auto kernel = [&block](const char* name) {
        return nop::test::parameter_of<nop::Parameter<double, 4, Cpu>>(block, name).value();
      };
      const auto resampled = [&](const auto& u) {
        return resampling == Resampling::up     ? nop::upsample_nearest(u, 2)
               : resampling == Resampling::down ? nop::average_pool(u, 2)
                                                : u;
      };
      const auto normed = [&](const auto& u, std::size_t groups, const std::string& name) {
        return nop::add_channels(nop::scale_channels(nop::group_norm(u, groups, 1e-6),
                                                     vector((name + ".weight").c_str())),
                                 vector((name + ".bias").c_str()));
      };
      const auto x = random_field(Shape{2, 8, 4, 6}, 2);
      const auto e = random_field(Shape{2, 3}, 3);
      auto h       = resampled(nop::silu(normed(x, 2, "first_norm")));
      h            = nop::add_channels(nop::local_convolution(h, kernel("first.weight")),
                                       vector("first.bias"));
      const auto numbers =
          nop::mix_channels(nop::reshape(nop::silu(e), Shape<3>{2, 3, 1}),
                            matrix("modulation.weight"), vector("modulation.bias"));
      h         = nop::silu(nop::scale_and_shift(normed(h, out / 4, "second_norm"),
                                                 nop::reshape(numbers, Shape<2>{2, 2 * out})));
      h         = nop::add_channels(nop::local_convolution(h, kernel("second.weight")),
                                    vector("second.bias"));
      auto past = resampled(x);
      if (out != 8) past = nop::mix_channels(past, matrix("skip.weight"), vector("skip.bias"));
      CHECK(nop::test::worst_error(block(x, e).to_host(), nop::add(past, h).to_host()) < 1e-12);
    }
}

TEST_CASE("a residual block has right gradients by its field, its embedding and its parameters") {
  for (const auto resampling : {Resampling::none, Resampling::up, Resampling::down}) {
    const auto block =
        trained({.in_channels = 2, .out_channels = 3, .embedding = 2, .resampling = resampling});
    const auto x = random_field(Shape{2, 2, 2, 4}, 2);
    const auto e = random_field(Shape{2, 2}, 3);
    nop::test::check_gradients(block, x, e);
    nop::test::check_ways_to_call(block, x, e);
    nop::test::check_gradients(block, x, random_field(Shape{4, 2}, 4));
  }
  nop::test::check_gradients(trained<1>({.in_channels = 2, .out_channels = 2, .embedding = 1}),
                             random_field(Shape{2, 2, 3}, 2), random_field(Shape{2, 1}, 3));
}

TEST_CASE("a sample that meets many embeddings is as many samples that meet one each") {
  const auto block = trained({.in_channels = 4, .out_channels = 8, .embedding = 3});
  const auto x     = random_field(Shape{2, 4, 3, 4}, 2);
  const auto e     = random_field(Shape{6, 3}, 3);
  CHECK(nop::test::worst_error(block(x, e).to_host(),
                               block(nop::repeat_samples(x, 3), e).to_host()) < 1e-13);
}

TEST_CASE("samples that meet the same times are as many samples that meet one each") {
  const auto block = trained({.in_channels = 4, .out_channels = 8, .embedding = 3});
  const auto x     = random_field(Shape{2, 4, 3, 4}, 2);
  const auto e     = random_field(Shape{3, 3}, 3);
  const auto all   = nop::EmbeddedTimes<nop::Tensor<double, 2, Cpu>>{e, 2}.through(
      [](const auto& embedding) { return embedding; });
  const auto with = [&block](const auto& u, const auto& embedding) {
    return block(u, nop::EmbeddedTimes<std::remove_cvref_t<decltype(embedding)>>{embedding, 2});
  };
  CHECK(nop::test::worst_error(with(x, e).to_host(), block(x, all).to_host()) < 1e-13);
  const auto three = nop::repeat_samples(x, 3);
  CHECK(nop::test::worst_error(with(three, e).to_host(), block(three, all).to_host()) < 1e-13);
  CHECK_THROWS_AS(with(random_field(Shape{4, 4, 3, 4}), e), nop::PreconditionError);
}

TEST_CASE("a new residual block only resamples, and drops out when it is called with an Rng") {
  nop::Rng rng(1);
  const auto x = random_field(Shape{2, 4, 4, 4}, 2);
  const auto e = random_field(Shape{2, 3}, 3);
  const Block<> fresh(
      {.in_channels = 4, .out_channels = 4, .embedding = 3, .resampling = Resampling::down}, rng);
  CHECK(fresh(x, e).to_host() == nop::average_pool(x, 2).to_host());
  const auto block = trained({.in_channels = 4, .out_channels = 4, .embedding = 3, .dropout = 0.5});
  nop::Rng one(7), same(7), other(8);
  const auto dropped = block(x, e, one).to_host();
  CHECK(dropped != block(x, e).to_host());
  CHECK(dropped == block(x, e, same).to_host());
  CHECK(dropped != block(x, e, other).to_host());
}

TEST_CASE("a residual block refuses what does not fit, and works on any backend") {
  const auto block = trained({.in_channels = 4, .out_channels = 4, .embedding = 3});
  CHECK_THROWS_WITH_AS(block(random_field(Shape{2, 3, 4, 4}), random_field(Shape{2, 3})),
                       "ResidualBlock: expected 4 channels, got a field of shape [2, 3, 4, 4]",
                       nop::PreconditionError);
  CHECK_THROWS_WITH_AS(block(random_field(Shape{2, 4, 4, 4}), random_field(Shape{3, 3})),
                       "ResidualBlock: expected embeddings of 3 numbers for a batch of 2 samples, "
                       "got [3, 3]",
                       nop::PreconditionError);
  CHECK_THROWS_AS(trained({.in_channels = 4, .out_channels = 4, .embedding = 3, .dropout = 1}),
                  nop::PreconditionError);
  CHECK_THROWS_AS(trained({.in_channels = 0, .out_channels = 4, .embedding = 3}),
                  nop::PreconditionError);
  using Toy      = nop::test::ToyBackend;
  const auto toy = trained<2, Toy>({.in_channels = 4, .out_channels = 4, .embedding = 3});
  const Shape<4> shape{2, 4, 3, 5};
  const Shape<2> embeddings{2, 3};
  CHECK(nop::test::worst_error(
            toy(nop::test::random_tensor<double, Toy>(shape, 2),
                nop::test::random_tensor<double, Toy>(embeddings, 3))
                .to_host(),
            block(random_field(shape, 2), random_field(embeddings, 3)).to_host()) < 1e-12);
}

}  // namespace nop::test::residual_block_test
