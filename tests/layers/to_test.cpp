// SPDX-License-Identifier: BSD-3-Clause
#include <nop/layers/normalizer.hpp>
#include <nop/layers/to.hpp>
#include <nop/models/dsno.hpp>
#include <nop/models/fno.hpp>
#include <nop/models/image_classifier.hpp>
#include <nop/models/normalized.hpp>
#include <nop/models/residual_mlp.hpp>
#include <nop/models/tfno.hpp>
#include <nop/models/unet.hpp>
#include <nop/models/uno.hpp>
#include <nop/models/with_variance.hpp>

#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

namespace nop::test::to_test {
namespace {

using Toy = nop::test::ToyBackend;

/// A second one that the host cannot touch.
struct OtherToy : Toy {};

/// All numbers of a module, by name.
template <class Module>
std::vector<std::string> numbers_of(const Module& module) {
  std::vector<std::string> all;
  for_each_leaf(module, [&](const std::string& path, const auto& leaf) {
    for (const std::complex<double> value : nop::detail::tensor_of(leaf).to_host())
      all.push_back(path + ' ' + std::to_string(value.real()) + ' ' + std::to_string(value.imag()));
  });
  return all;
}

/// There and back a model is the same, and there it answers as here.
template <class There, class Model, class... Input>
void check_model(const Model& model, const Input&... inputs) {
  const auto there = nop::to<Toy>(model);
  static_assert(std::is_same_v<std::remove_const_t<decltype(there)>, There>);
  CHECK(numbers_of(there) == numbers_of(model));
  const auto back = nop::to<nop::Cpu>(there);
  static_assert(std::is_same_v<std::remove_const_t<decltype(back)>, Model>);
  CHECK(numbers_of(back) == numbers_of(model));
  CHECK(nop::test::worst_error(there(nop::to<Toy>(inputs)...).to_host(),
                               model(inputs...).to_host()) < 100 * nop::test::rounding<double>);
  CHECK(back(inputs...).to_host() == model(inputs...).to_host());
}

template <std::size_t Rank>
auto random(const Shape<Rank>& shape, std::uint64_t seed = 1) {
  return nop::test::random_tensor<double, nop::Cpu>(shape, seed);
}

TEST_CASE("a tensor on another backend has the same numbers") {
  const auto x    = nop::test::random_tensor<std::complex<float>, nop::Cpu>(Shape<2>{3, 5}, 1);
  const auto on_a = nop::to<Toy>(x);
  const auto on_b = nop::to<OtherToy>(on_a);
  CHECK(on_a.shape() == x.shape());
  CHECK(on_a.to_host() == x.to_host());
  CHECK(on_b.to_host() == x.to_host());
  CHECK(nop::to<nop::Cpu>(on_b).to_host() == x.to_host());
  CHECK(nop::to<nop::Cpu>(x).data() == x.data());  // where it is already, nothing is copied
  CHECK(nop::to<Toy>(nop::Tensor<float, 3, nop::Cpu>(Shape<3>{2, 0, 4})).shape() ==
        Shape<3>{2, 0, 4});
}

TEST_CASE("a moved model is another value: what changes there does not change here") {
  nop::Rng rng(1);
  const nop::ResidualMlp<nop::Cpu, double> model(
      {.in_channels = 2, .out_channels = 2, .width = 4, .blocks = 1}, rng);
  const auto before = numbers_of(model);
  auto there        = nop::to<Toy>(model);
  for_each_parameter(
      there, [](const std::string&, auto& parameter) { parameter.mutable_value().fill(3); });
  CHECK(numbers_of(model) == before);
}

TEST_CASE("Fourier neural operators go to another backend and back") {
  nop::Rng rng(1);
  using Config = nop::FnoConfig<1>;
  const Config config{.in_channels  = 2,
                      .out_channels = 1,
                      .width        = 4,
                      .depth        = 2,
                      .modes        = {6},
                      .norm         = nop::NormKind::batch};
  const auto x = random(Shape<3>{2, 2, 9});
  check_model<nop::Fno<1, Toy, double>>(nop::Fno<1, nop::Cpu, double>(config, rng), x);
  auto fewer = nop::Fno<1, nop::Cpu, double>(config, rng);
  fewer.set_modes({4});
  check_model<nop::Fno<1, Toy, double>>(fewer, x);
  check_model<nop::Tfno<1, Toy, double>>(
      nop::Tfno<1, nop::Cpu, double>(nop::tensorised<1>(config, 0.5), rng), x);
  check_model<nop::Uno<1, Toy, double>>(
      nop::Uno<1, nop::Cpu, double>({.in_channels  = 2,
                                     .out_channels = 1,
                                     .width        = 3,
                                     .layers       = {{4, {4}, {0.5}}, {3, {4}, {2}}}},
                                    rng),
      x);
}

TEST_CASE("a model between normalizers keeps its statistics") {
  nop::Rng rng(1);
  nop::Normalized<nop::Fno<1, nop::Cpu, double>> model(
      {.model  = {.in_channels = 2, .out_channels = 1, .width = 4, .depth = 1, .modes = {4}},
       .output = nop::NormalizerKind::per_point},
      rng);
  const auto x = random(Shape<3>{3, 2, 9});
  model.fit(x, random(Shape<3>{3, 1, 9}, 2));
  check_model<nop::Normalized<nop::Fno<1, Toy, double>>>(model, x);
  const auto normalizer = nop::to<Toy>(model.input_normalizer());
  CHECK(nop::test::worst_error(normalizer.encode(nop::to<Toy>(x)).to_host(),
                               model.input_normalizer().encode(x).to_host()) <
        nop::test::rounding<double>);
}

TEST_CASE("models of pictures and of trajectories go to another backend and back") {
  nop::Rng rng(1);
  using Net = nop::UNet<1, nop::Cpu, double>;
  using Mlp = nop::ResidualMlp<nop::Cpu, double>;
  const nop::UNetConfig config{
      .in_channels = 1, .out_channels = 1, .width = 4, .multipliers = {1, 2}, .blocks = 1};
  const auto x = random(Shape<3>{2, 1, 8});
  const Net net(config, rng);
  check_model<nop::UNet<1, Toy, double>>(net, x, random(Shape<1>{2}, 3));
  check_model<nop::Dsno<nop::UNet<1, Toy, double>>>(
      nop::Dsno<Net>(net, std::vector<double>{0.5, 0.25, 0}, 2, rng), x);
  check_model<nop::ResidualMlp<Toy, double>>(
      Mlp({.in_channels = 2, .out_channels = 2, .width = 4, .blocks = 2}, rng),
      random(Shape<2>{3, 2}), random(Shape<1>{3}, 4));
  check_model<nop::ImageClassifier<1, Toy, double>>(
      nop::ImageClassifier<1, nop::Cpu, double>(
          {.in_channels = 1, .classes = 3, .grid = {8}, .width = 2, .features = 5}, rng),
      x);
  const nop::WithVariance<Net> pair(net, nop::ReverseVariance::npr, rng);
  const auto there = nop::to<Toy>(pair);
  CHECK(numbers_of(there) == numbers_of(pair));
  CHECK(numbers_of(nop::to<nop::Cpu>(there)) == numbers_of(pair));
  CHECK(there.config().variance == nop::ReverseVariance::npr);
}

TEST_CASE("a module says where it computes, if it does") {
  static_assert(std::is_same_v<nop::backend_of_module<nop::Fno<2, Toy>, nop::Cpu>, Toy>);
  static_assert(
      std::is_same_v<nop::backend_of_module<nop::Normalized<nop::Fno<2, Toy>>, nop::Cpu>, Toy>);
  static_assert(std::is_same_v<nop::backend_of_module<int, nop::Cpu>, nop::Cpu>);
}

}  // namespace
}  // namespace nop::test::to_test
