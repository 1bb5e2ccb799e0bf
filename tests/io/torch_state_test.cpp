// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/torch_state.hpp>

#include "hostile.hpp"
#include "torch_pickles.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <vector>

namespace nop::detail::torch_state_test {
namespace {

using test::dict;
using test::global;
using test::number;
using test::TensorOpcodes;
using test::text;

TorchState read(const std::string& opcodes, std::size_t allowance = 1'000'000) {
  UnpackBudget budget("test", 0, {.ratio = 0, .allowance = allowance});
  const Pickle pickle = test::pickle(opcodes);
  return TorchStateReader(pickle, budget).read();
}

std::string refused(const std::string& opcodes) {
  return test::refusal([&] { read(opcodes); });
}

std::vector<std::string> names(const TorchState& state) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : state.tensors) names.push_back(name);
  return names;
}

const std::string tensor = TensorOpcodes{}.call();
const std::string gelu   = global("torch._C._nn", "gelu");
const std::string attack = global("os", "system") + text("id") + "\x85R";

TEST_CASE("dicts are flattened in their order, and so are lists that hold tensors") {
  const auto state =
      read("}(" + text("model.weight") + tensor + text("state") + "}(" + number(0) +
           dict({{"step", tensor}, {"lr", number(3)}}) + "u" + text("list") + "](" + tensor + "N" +
           number(1) + "e" + text("numbers") + test::tuple({1, 2}) + text("nothing") + "}u");
  CHECK(names(state) == std::vector<std::string>{"model.weight", "state.0.step", "list.0"});
  CHECK(state.values.dump() ==
        R"({"state.0.lr":3,"list.1":null,"list.2":1,"numbers":[1,2],"nothing":{}})");
  CHECK(state.metadata.is_null());
}

TEST_CASE("a tensor or a value alone has an empty name") {
  CHECK(names(read(tensor)) == std::vector<std::string>{""});
  CHECK(read(number(7)).values.dump() == R"({"":7})");
  CHECK(names(read("(" + tensor + dict({{"a", tensor}}) + "t")) ==
        std::vector<std::string>{"0", "1.a"});
}

TEST_CASE("names that nop does not know stand in the metadata only") {
  const auto state =
      read(dict({{"weight", tensor}, {"_metadata", dict({{"act", gelu}, {"n", number(2)}})}}));
  CHECK(names(state) == std::vector<std::string>{"weight"});
  CHECK(state.metadata.dump() == R"({"act":{"global":"torch._C._nn.gelu"},"n":2})");
  CHECK(state.values.empty());

  CHECK(test::says(refused(dict({{"activation", gelu}})), "asks for 'torch._C._nn.gelu'"));
  CHECK(test::says(refused(dict({{"weight", attack}})),
                   "test: byte 15: the pickle asks for 'os.system'"));
  CHECK(test::says(refused("](" + tensor + attack + "e"), "os.system"));
  CHECK(test::says(refused(attack), "os.system"));
  CHECK(test::says(refused(TensorOpcodes{.hooks = dict({{"h", attack}})}.call()), "os.system"));
  CHECK(test::says(refused(TensorOpcodes{.rest = attack}.call()), "os.system"));
  CHECK(test::says(refused("}" + text("x") + number(1) + "s" + attack + "b"), "os.system"));
}

TEST_CASE("the metadata of an inner dict is a value like others") {
  const auto state = read(dict({{"model", dict({{"_metadata", gelu}, {"w", tensor}})}}));
  CHECK(state.metadata.is_null());
  CHECK(state.values.dump() == R"({"model._metadata":{"global":"torch._C._nn.gelu"}})");
}

TEST_CASE("what PyTorch itself adds to a state is stepped over") {
  const auto state =
      read(dict({{"w", tensor}}) +
           dict({{"_metadata", dict({{"", dict({{"version", number(1)}})}})}}) + "b");
  CHECK(names(state) == std::vector<std::string>{"w"});
  CHECK(state.values.empty());
  CHECK(state.metadata.is_null());
}

TEST_CASE("sizes, types and devices are values; a storage alone is none") {
  const auto state = read(dict({{"size", global("torch", "Size") + test::tuple({2}) + "\x85R"},
                                {"type", global("torch", "float32")},
                                {"device", global("torch", "device") + text("cpu") + "\x85R"}}));
  CHECK(state.values["type"]["global"] == "torch.float32");
  CHECK(state.values.size() == 3);
  CHECK(test::says(refused(dict({{"s", text("x") + "Q"}})), "belongs to no tensor"));
}

TEST_CASE("a name that comes twice is refused, however it is put together") {
  CHECK(test::says(refused(dict({{"a", tensor}, {"a", tensor}})), "'a' comes twice"));
  CHECK(test::says(refused(dict({{"a.b", tensor}, {"a", dict({{"b", number(1)}})}})),
                   "'a.b' comes twice"));
  CHECK(test::says(refused("}(" + text("0") + "N" + number(0) + "Nu"), "'0' comes twice"));
  CHECK(test::says(refused(dict({{"_metadata", "N"}, {"_metadata", "N"}})), "comes twice"));
  CHECK(test::says(refused("}NNs"), "expected a text, but found none"));
}

TEST_CASE("dicts that are shared without end use up the budget, not the memory") {
  std::string opcodes = "(}q" + std::string(1, '\0') + text("t") + tensor + "s";
  for (char level = 1; level < 50; ++level) {
    const std::string before = std::string("h") + static_cast<char>(level - 1);
    opcodes += dict({{"a", before}, {"b", before}}) + "q" + level;
  }
  CHECK(test::says(refused(opcodes + "t"), "(UnpackLimit)"));
}

}  // namespace
}  // namespace nop::detail::torch_state_test
