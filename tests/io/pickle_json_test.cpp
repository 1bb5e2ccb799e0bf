// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/pickle_json.hpp>

#include "hostile.hpp"
#include "pickles.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <string>

namespace nop::detail::pickle_json_test {
namespace {

using test::global;
using test::number;
using test::text;

Json json(const std::string& opcodes, std::size_t allowance = 100'000) {
  UnpackBudget budget("test", 0, {.ratio = 0, .allowance = allowance});
  const Pickle pickle = test::pickle(opcodes);
  return PickleToJson(budget)(pickle.root());
}

TEST_CASE("plain values are what they are in JSON") {
  CHECK(json("N") == Json(nullptr));
  CHECK(json("\x88") == Json(true));
  CHECK(json("K\5").is_number_unsigned());
  CHECK(json(std::string("J\xff\xff\xff\xff", 5)) == Json(-1));
  CHECK(json(std::string("G\x40\x04\0\0\0\0\0\0", 9)) == Json(2.5));
  CHECK(json(text("é")) == Json("é"));
  CHECK(json(std::string("C\2\1\xff")) == Json({1, 255}));
  CHECK(json("]" + number(1) + "a" + test::tuple({2, 3}) + "\x86") == Json::parse("[[1], [2, 3]]"));
  CHECK(json(")").is_array());
}

TEST_CASE("dicts keep their order; whole numbers as keys become texts, attributes are left out") {
  CHECK(json("}(" + text("z") + "N" + number(0) + text("a") + "u").dump() ==
        R"({"z":null,"0":"a"})");
  CHECK(json("}}b").dump() == "{}");
  CHECK(test::says(test::refusal([] { json("}NNs"); }), "expected a text, but found none"));
  CHECK(test::says(test::refusal([] { json("}(" + text("0") + "N" + number(0) + "Nu"); }),
                   "the key '0' comes twice"));
}

TEST_CASE("what only Python could make is described by its name") {
  CHECK(json(global("torch._C._nn", "gelu")).dump() == R"({"global":"torch._C._nn.gelu"})");
  CHECK(json(global("torch", "Size") + test::tuple({3, 4}) + "\x85R").dump() ==
        R"({"global":"torch.Size","arguments":[[3,4]]})");
  CHECK(json(global("m", "C") + ")\x81}b").dump() == R"({"global":"m.C","arguments":[{}]})");
  CHECK(json(global("m", "f") + ")R)R").dump() ==
        R"({"global":{"global":"m.f","arguments":[]},"arguments":[]})");
  CHECK(json(text("x") + "Q").dump() == R"({"persistent_id":"x"})");
}

TEST_CASE("values that are shared without end use up the budget, not the memory") {
  CHECK_NOTHROW(json(test::doubling_lists(5)));
  CHECK(test::says(test::refusal([] { json(test::doubling_lists(60)); }), "(UnpackLimit)"));
  const std::string long_text = text(std::string(1000, 'x')) + std::string("q\0", 2);
  std::string repeated;
  for (int i = 0; i < 150; ++i) repeated += std::string("h\0", 2);
  CHECK(test::says(test::refusal([&] { json("(" + long_text + repeated + "t"); }), "UnpackLimit"));
}

}  // namespace
}  // namespace nop::detail::pickle_json_test
