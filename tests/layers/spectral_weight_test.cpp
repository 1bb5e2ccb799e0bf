// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/layers/spectral_weight.hpp>

#include "support/layer_battery.hpp"
#include "support/naive_weight.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <cstddef>
#include <string>
#include <vector>

namespace nop::test::spectral_weight_test {

using Kind    = nop::SpectralWeightKind;
using Complex = std::complex<double>;
template <std::size_t Dim>
using Weight = nop::SpectralWeight<Dim, nop::Cpu, Complex, nop::WeightForms::all>;

namespace {

constexpr auto kinds = {Kind::dense, Kind::tucker, Kind::cp, Kind::tensor_train};

template <std::size_t Dim>
Weight<Dim> weight(const Shape<Dim>& stored, const nop::SpectralWeightForm& form,
                   std::size_t channels = 3) {
  nop::Rng rng(1);
  return {{.in_channels = channels, .out_channels = channels, .stored = stored, .form = form}, rng};
}

}  // namespace

TEST_CASE("a form that the weights are not compiled for is refused") {
  using Dense = nop::SpectralWeight<1, nop::Cpu, Complex, nop::WeightForms::dense>;
  nop::Rng rng(1);
  for (const auto kind : kinds) {
    const Dense::Config config{2, 2, {3}, {.kind = kind}};
    if (kind == Kind::dense)
      CHECK_NOTHROW(Dense(config, rng));
    else
      CHECK_THROWS_WITH_AS(Dense(config, rng), doctest::Contains("Tfno"), nop::PreconditionError);
  }
}

TEST_CASE("the leaves of every form have the names and shapes of the reference") {
  using Names     = std::vector<std::string>;
  using Extents   = std::vector<std::size_t>;
  const auto file = [](Kind kind, ChannelMixing mixing) {
    nop::SafeTensors arrays;
    leaves_to_arrays(weight(Shape{4, 5}, {.kind = kind, .mixing = mixing, .rank = 0.4}), "",
                     arrays);
    return arrays.tensors;
  };
  const auto names = [&](Kind kind, ChannelMixing mixing) {
    Names all;
    for (const auto& [name, array] : file(kind, mixing)) all.push_back(name);
    return all;
  };
  const auto full = ChannelMixing::full, separable = ChannelMixing::separable;
  CHECK(names(Kind::dense, full) == Names{"weight"});
  CHECK(names(Kind::tucker, full) == Names{"weight.core", "weight.factors.0", "weight.factors.1",
                                           "weight.factors.2", "weight.factors.3"});
  CHECK(names(Kind::cp, separable) ==
        Names{"weight.weights", "weight.factors.0", "weight.factors.1", "weight.factors.2"});
  CHECK(names(Kind::tensor_train, separable) ==
        Names{"weight.factors.0", "weight.factors.1", "weight.factors.2"});
  CHECK(file(Kind::dense, full).at("weight").shape() == Extents{3, 3, 4, 5});
  CHECK(file(Kind::dense, separable).at("weight").shape() == Extents{3, 4, 5});
  CHECK(file(Kind::tensor_train, separable).at("weight.factors.0").shape()[0] == 1);
}

TEST_CASE("whichever way is cheaper for the batch is taken, unless one is asked for") {
  // 20 channels, rank 2 of 20: reduced first, unless the batch pays for building the matrices.
  for (const auto kind : {Kind::tucker, Kind::cp, Kind::tensor_train}) {
    CAPTURE(static_cast<int>(kind));
    const auto of = [&](Contraction contraction, std::size_t rank) {
      std::vector<std::size_t> ranks(kind == Kind::tucker ? 3 : kind == Kind::cp ? 1 : 2, rank);
      return weight(Shape<1>{4}, {.kind = kind, .ranks = ranks, .contraction = contraction}, 20);
    };
    const auto result = [&](Contraction contraction, std::size_t rank, std::size_t batch) {
      const auto x =
          nop::test::random_field<Complex>(Shape{std::size_t{4}, batch, std::size_t{20}});
      return of(contraction, rank)(x, {0}).to_host();
    };
    const auto factorised = result(Contraction::factorised, 2, 3);
    CHECK(result(Contraction::automatic, 2, 3) == factorised);
    CHECK(result(Contraction::rebuilt, 2, 3) != factorised);
    const auto rebuilt = result(Contraction::rebuilt, 40, 200);
    CHECK(result(Contraction::automatic, 40, 200) == rebuilt);
    CHECK(result(Contraction::factorised, 40, 200) != rebuilt);
  }
}

TEST_CASE("every form starts with the same variance") {
  for (const auto kind : kinds)
    for (const auto mixing : {ChannelMixing::full, ChannelMixing::separable}) {
      CAPTURE(static_cast<int>(kind));
      double squares = 0, count = 0;
      for (std::uint64_t seed = 0; seed < 60; ++seed) {
        nop::Rng rng(seed);
        const Weight<2> weights({.in_channels  = 4,
                                 .out_channels = 4,
                                 .stored       = {5, 4},
                                 .form         = {.kind = kind, .mixing = mixing, .rank = 0.3}},
                                rng);
        const nop::test::NaiveWeight naive(weights, kind, "weight.");
        const std::vector<std::size_t> shape = mixing == ChannelMixing::full
                                                   ? std::vector<std::size_t>{4, 4, 5, 4}
                                                   : std::vector<std::size_t>{4, 5, 4};
        // The entries of one draw have factors in common: a few of them say what all do.
        nop::test::NaiveWeight::for_each_index(shape, [&](const std::vector<std::size_t>& index) {
          if (index[0] != index.back()) return;
          squares += std::norm(naive.entry(index));
          ++count;
        });
      }
      CHECK(squares / count == doctest::Approx(2.0 / 8).epsilon(0.25));
    }
}

TEST_CASE("every form gives the same on another backend") {
  using Toy = nop::test::ToyBackend;
  for (const auto kind : kinds)
    for (const auto mixing : {ChannelMixing::full, ChannelMixing::separable}) {
      CAPTURE(static_cast<int>(kind));
      const nop::SpectralWeightForm form{.kind = kind, .mixing = mixing, .rank = 0.3};
      nop::Rng rng(1);
      const nop::SpectralWeight<2, Toy, Complex, nop::WeightForms::all> elsewhere(
          {.in_channels = 3, .out_channels = 3, .stored = {4, 5}, .form = form}, rng);
      const Shape<4> shape = {3, 4, 2, 3};
      CHECK(nop::test::worst_error(
                elsewhere(nop::test::random_tensor<Complex, Toy>(shape, 2), {1, 0}).to_host(),
                weight(Shape{4, 5}, form)(nop::test::random_field<Complex>(shape, 2), {1, 0})
                    .to_host()) < 1e-14);
    }
}

TEST_CASE("separable weights between different numbers of channels are refused") {
  nop::Rng rng(1);
  CHECK_THROWS_WITH_AS(Weight<1>({.in_channels  = 2,
                                  .out_channels = 3,
                                  .stored       = {4},
                                  .form         = {.mixing = ChannelMixing::separable}},
                                 rng),
                       "SpectralWeight: expected as many channels out as in for separable weights, "
                       "got 2 in and 3 out",
                       nop::PreconditionError);
}

TEST_CASE("ranks that ask for more memory than a file has are refused") {
  for (const auto kind : {Kind::tucker, Kind::cp, Kind::tensor_train}) {
    std::vector<std::size_t> ranks(kind == Kind::tucker ? 3
                                   : kind == Kind::cp   ? 1
                                                        : 2,
                                   std::size_t{1} << 40U);
    CHECK_THROWS_AS(Weight<1>({.in_channels  = 2,
                               .out_channels = 2,
                               .stored       = {4},
                               .form         = {.kind = kind, .ranks = ranks}},
                              nop::Initializer::zeros(1000)),
                    nop::PreconditionError);
  }
}

}  // namespace nop::test::spectral_weight_test
