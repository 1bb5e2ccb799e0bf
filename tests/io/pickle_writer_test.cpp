// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/pickle_json.hpp>
#include <nop/io/pickle_writer.hpp>

#include "hostile.hpp"
#include "pickles.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

namespace nop::detail::pickle_writer_test {
namespace {

std::string written(const Json& value) {
  PickleWriter writer;
  writer.json(value);
  return writer.finish();
}

Json read_back(const Json& value) {
  UnpackBudget budget("test", 0, {.ratio = 0, .allowance = 1'000'000});
  const Pickle pickle = parse_pickle(test::byte_vector(written(value)), "test");
  return PickleToJson(budget)(pickle.root());
}

TEST_CASE("opcodes are what Python's pickletools expect") {
  CHECK(written(nullptr) == "\x80\2N.");
  CHECK(written(255) == "\x80\2K\xff.");
  CHECK(written(256) == std::string("\x80\2J\0\1\0\0.", 8));
  CHECK(written(-1) == "\x80\2J\xff\xff\xff\xff.");
  CHECK(written(2.5) == std::string("\x80\2G\x40\x04\0\0\0\0\0\0.", 12));
  CHECK(written("ab") == std::string("\x80\2X\2\0\0\0ab.", 10));
  CHECK(written({{"a", {true}}}) == std::string("\x80\2}(X\1\0\0\0a](\x88"
                                                "eu.",
                                                16));
}

TEST_CASE("JSON of every kind comes back") {
  using Limits = std::numeric_limits<std::int64_t>;
  for (const Json& value :
       {Json(), Json(true), Json(false), Json(0), Json(-129), Json(65536), Json(-2147483648ll),
        Json(2147483648ll), Json(Limits::min()), Json(Limits::max()), Json(0.1), Json(-0.0),
        Json("é\n"), Json(""), Json::array(), Json::object(),
        Json::parse(R"({"b": [1, [2.5, null], {"c": "d"}], "a": {}})")})
    CHECK(read_back(value).dump() == value.dump());
  CHECK(std::isnan(read_back(std::nan("")).get<double>()));
}

TEST_CASE("what could not be read back is not written") {
  CHECK_THROWS_AS(written("\xff"), PreconditionError);
  CHECK_THROWS_AS(written({{"\xff", 1}}), PreconditionError);
  CHECK_THROWS_AS(written(std::numeric_limits<std::uint64_t>::max()), PreconditionError);
  CHECK_THROWS_AS(written(Json::binary({1})), PreconditionError);
  Json deep;
  const auto wrap = [&](int levels) {
    for (int level = 0; level < levels; ++level) {
      Json outer = Json::array();
      outer.push_back(std::move(deep));
      deep = std::move(outer);
    }
  };
  wrap(31);
  CHECK_NOTHROW(read_back(deep));
  wrap(100'000);
  CHECK_THROWS_AS(written(deep), PreconditionError);
}

TEST_CASE("calls, globals and tuples are read as such") {
  PickleWriter writer;
  writer.ordered_dict();
  writer.global("torch", "Size");
  writer.tuple({0, 300, 1'000'000'000'000});
  writer.put(PickleOpcode::tuple3);
  const Pickle pickle = parse_pickle(test::byte_vector(writer.finish()), "test");
  const auto parts    = pickle.root().parts();
  CHECK(parts[0].is(PickleKind::dict));
  CHECK(parts[1].global() == "torch.Size");
  CHECK(parts[2].parts()[2].integer() == 1'000'000'000'000);
}

}  // namespace
}  // namespace nop::detail::pickle_writer_test
