// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/safetensors_header.hpp>

#include "hostile.hpp"
#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace nop::test::safetensors_header_test {
namespace {

std::string with_length(std::string_view json, std::string_view data) {
  std::string file;
  for (unsigned i = 0; i < 8; ++i) file += static_cast<char>((json.size() >> (8 * i)) & 0xff);
  return file + std::string(json) + std::string(data);
}

detail::SafeTensorsHeader header_of(std::string_view text) {
  const MemoryFile file(test::bytes_of(text), "test");
  return detail::read_safetensors_header(file);
}

TEST_CASE("a header gives names, types, shapes and bytes of the file") {
  const std::string json =
      R"({"b":{"dtype":"F32","shape":[2],"data_offsets":[2,10]},)"
      R"("__metadata__":{"k":"v"},"a":{"shape":[],"data_offsets":[0,2],"dtype":"I16"}} )";
  const auto header = header_of(with_length(json, "0123456789"));
  CHECK(header.metadata == std::map<std::string, std::string>{{"k", "v"}});
  REQUIRE(header.entries.size() == 2);
  CHECK(header.entries[0].name == "b");
  CHECK(header.entries[0].type == ElementType::float32);
  CHECK(header.entries[0].shape == std::vector<std::size_t>{2});
  CHECK(header.entries[0].begin == 8 + json.size() + 2);
  CHECK(header.entries[1].end == 8 + json.size() + 2);
}

TEST_CASE("headers that are wrong in any way are refused") {
  const auto refused = [](std::string_view json) {
    CAPTURE(json);
    CHECK_THROWS_AS(header_of(with_length(json, "01234567")), FormatError);
  };
  CHECK_NOTHROW(header_of(
      with_length(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", "01234567")));
  refused("");
  refused("{}");  // the data belongs to nothing
  refused("[]");
  refused(R"( {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})");
  refused(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}x)");
  refused(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{}})");
  refused(R"({"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}})");
  refused(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1}})");
  refused(R"({"a":{"dtype":"F32","shape":[2]}})");
  refused(R"({"a":7})");
  refused(R"({"a":{"dtype":"F33","shape":[2],"data_offsets":[0,8]}})");
  refused(R"({"a":{"dtype":32,"shape":[2],"data_offsets":[0,8]}})");
  refused(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})");
  refused(R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})");
  refused(R"({"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}})");
  refused(R"({"a":{"dtype":"F32","shape":2,"data_offsets":[0,8]}})");
  refused(R"({"a":{"dtype":"F32","shape":[4611686018427387904,4611686018427387904,2],)"
          R"("data_offsets":[0,8]}})");
  refused(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})");
  refused(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}})");
  refused(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}})");
  refused(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}})");
  refused(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})");
  refused(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})");
  refused(R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},)"
          R"("b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})");  // a hole
  refused(R"({"a":{"dtype":"U8","shape":[5],"data_offsets":[0,5]},)"
          R"("b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})");  // an overlap
  refused(R"({"__metadata__":{"k":1},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})");
  refused(R"({"__metadata__":"k","a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})");
}

TEST_CASE("a length beyond the file, or beyond reason, takes no memory") {
  CHECK_THROWS_AS(header_of(std::string(8, '\xff')), FormatError);
  CHECK_THROWS_AS(header_of(std::string("\x10\0\0\0\0\0\0\0{}", 10)), FormatError);
  CHECK_THROWS_AS(header_of(std::string(7, '\0')), FormatError);
}

TEST_CASE("the header is written with its length, and padded to 8 bytes") {
  const detail::SafeTensorsHeader header{{{"k", "v"}},
                                         {{"a", ElementType::float64, {1, 2}, 0, 16}}};
  const std::string json =
      R"({"__metadata__":{"k":"v"},"a":{"dtype":"F64","shape":[1,2],"data_offsets":[0,16]}})";
  REQUIRE(json.size() == 82);
  CHECK(detail::header_text(header) == with_length(json + std::string(6, ' '), ""));
}

}  // namespace
}  // namespace nop::test::safetensors_header_test
