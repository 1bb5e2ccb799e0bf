// SPDX-License-Identifier: BSD-3-Clause
#include <nop/autodiff/members.hpp>

#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace nop::test::members_test {

using Toy = nop::test::ToyBackend;
template <class Element, std::size_t Rank>
using Parameter = nop::Parameter<Element, Rank, Toy>;
using Tensor    = nop::Tensor<double, 1, Toy>;
using Names     = std::vector<std::string>;

namespace {

struct Linear {
  explicit Linear(std::size_t in, std::size_t out)
      : weight(nop::Tensor<double, 2, Toy>({in, out})), bias(Tensor({out})) {}
  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("weight", self.weight);
    visit("bias", self.bias);
  }
  Parameter<double, 2> weight;
  Parameter<double, 1> bias;
};

struct Spectral {
  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("weight", self.weight);
  }
  Parameter<std::complex<double>, 1> weight{nop::Tensor<std::complex<double>, 1, Toy>({5})};
};

struct Model {
  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("lift", self.lift);
    visit("blocks", self.blocks);
    visit("skip", self.skip);
    visit("kind", self.kind);
    visit("mean", self.mean);
    visit("tables", self.tables);
  }
  Linear lift{2, 3};
  std::vector<std::variant<Linear, Spectral>> blocks{Linear(3, 3), Spectral{}};
  std::optional<Linear> skip;
  std::variant<Spectral, Linear> kind;
  Tensor mean{nop::Shape<1>{2}};
  std::vector<Parameter<double, 1>> tables{Parameter<double, 1>(Tensor({4}))};
};

template <class Module>
Names leaves(Module& module) {
  Names names;
  nop::for_each_leaf(module, [&](const std::string& path, auto&) { names.push_back(path); });
  return names;
}

}  // namespace

TEST_CASE("a module is a type that lists its members") {
  static_assert(nop::module<Linear> && nop::module<Model> && nop::module<const Model>);
  static_assert(!nop::module<Tensor> && !nop::module<int>);
  static_assert(!nop::module<Parameter<double, 1>> && !nop::module<std::vector<Linear>>);
}

TEST_CASE("every leaf of a model is visited in order under its path") {
  Model model;
  CHECK(leaves(model) == Names{"lift.weight", "lift.bias", "blocks.0.weight", "blocks.0.bias",
                               "blocks.1.weight", "kind.weight", "mean", "tables.0"});
  model.skip.emplace(1, 1);
  model.kind = Linear(1, 1);
  model.blocks.clear();
  const Model& constant = model;
  CHECK(leaves(constant) == Names{"lift.weight", "lift.bias", "skip.weight", "skip.bias",
                                  "kind.weight", "kind.bias", "mean", "tables.0"});
}

TEST_CASE("a parameter by itself and a list of modules can be walked") {
  Parameter<double, 1> p(Tensor({2}));
  CHECK(leaves(p) == Names{""});
  std::vector<Linear> two(2, Linear(1, 1));
  CHECK(leaves(two) == Names{"0.weight", "0.bias", "1.weight", "1.bias"});
}

TEST_CASE("parameters are visited without the tensors that are not trained") {
  Model model;
  Names names;
  nop::for_each_parameter(model, [&](const std::string& path, auto& parameter) {
    names.push_back(path);
    parameter.mutable_value().fill(1);
  });
  CHECK(names.size() == 7);
  CHECK(model.lift.bias.value().to_host() == std::vector<double>(3, 1));
  CHECK(model.mean.to_host() == std::vector<double>(2, 0));
}

TEST_CASE("parameters are counted in real numbers") {
  CHECK(nop::parameter_count(Linear(2, 3)) == 9);
  CHECK(nop::parameter_count(Spectral{}) == 10);
  CHECK(nop::parameter_count(Model{}) == 9 + 12 + 10 + 10 + 4);
}

TEST_CASE("every module in a model is visited, the outer ones first") {
  Model model;
  model.skip.emplace(1, 1);
  Names seen;
  nop::for_each_module(model, [&](auto& part) {
    using Part = std::remove_cvref_t<decltype(part)>;
    seen.push_back(std::is_same_v<Part, Model>    ? "model"
                   : std::is_same_v<Part, Linear> ? "linear"
                                                  : "spectral");
  });
  CHECK(seen == Names{"model", "linear", "linear", "spectral", "linear", "spectral"});
}

}  // namespace nop::test::members_test
