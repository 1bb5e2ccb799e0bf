// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/safetensors.hpp>

#include "hostile.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nop::test::safetensors_test {
namespace {

SafeTensors parse(std::string_view text) { return parse_safetensors(test::bytes_of(text), "test"); }

std::string written(const SafeTensors& file) {
  const test::TemporaryFolder folder;
  write_safetensors(folder / "x.safetensors", file);
  return test::text_of(read_file(folder / "x.safetensors"));
}

std::string with_length(std::string_view json, std::string_view data) {
  std::string file;
  for (unsigned i = 0; i < 8; ++i) file += static_cast<char>((json.size() >> (8 * i)) & 0xff);
  return file + std::string(json) + std::string(data);
}

TEST_CASE("tensors of every type survive a file, in their order, with the metadata") {
  SafeTensors file{{{"format", "nop"}, {"é", "\"quoted\"\n"}}, {}};
  for (int i = 0; i <= static_cast<int>(ElementType::complex128); ++i) {
    const auto type = static_cast<ElementType>(i);
    std::vector<std::byte> bytes(3 * byte_size(type));
    for (std::size_t k = 0; k < bytes.size(); ++k) bytes[k] = static_cast<std::byte>(k % 2);
    file.tensors.add("z" + std::to_string(99 - i), Array(type, {1, 3}, bytes));
  }
  file.tensors.add("nothing", make_array(std::vector<float>{}, {0, 4}));
  file.tensors.add("number", make_array(std::vector<double>{4}, {}));
  file.tensors.add("", make_array(std::vector<std::complex<float>>{{1, 2}}, {}));
  const test::TemporaryFolder folder;
  write_safetensors(folder / "x", file);
  CHECK(read_safetensors(folder / "x") == file);
  CHECK(parse(written(file)) == file);
  CHECK(folder.file_count() == 1);
}

TEST_CASE("a file is, byte for byte, what the format says") {
  const SafeTensors file{{},
                         {{"a", make_array(std::vector<std::uint8_t>{7}, {1})},
                          {"b", make_array(std::vector<float>{1}, {1, 1})}}};
  // The wider elements come first in the data, so that all are aligned; the names keep their order.
  const std::string json = R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[4,5]},)"
                           R"("b":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}})";
  REQUIRE(json.size() == 108);
  CHECK(written(file) == with_length(json + std::string(4, ' '), {"\0\0\x80\x3f\7", 5}));
}

TEST_CASE("an empty file has an empty header") {
  CHECK(written({}) == with_length("{}      ", ""));
  CHECK(parse(written({})) == SafeTensors{});
}

TEST_CASE("complex tensors are stored as pairs of reals that any reader understands") {
  const SafeTensors file{{}, {{"w", make_array(std::vector<std::complex<float>>{{1, -2}}, {1})}}};
  const auto text = written(file);
  CHECK(text.find(R"("w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]})") !=
        std::string::npos);
  CHECK(text.find(R"("nop.complex":"[\"w\"]")") != std::string::npos);
  CHECK(parse(text).metadata.empty());
  CHECK(parse(text).tensors.at("w").values<std::complex<float>>()[0] == std::complex<float>(1, -2));
}

TEST_CASE("half precision tensors are read as floats") {
  const auto file = parse(with_length(R"({"h":{"dtype":"F16","shape":[1],"data_offsets":[0,2]},)"
                                      R"("b":{"dtype":"BF16","shape":[1],"data_offsets":[2,4]}})",
                                      std::string("\0\x3c\0\x40", 4)));
  CHECK(file.tensors.at("h").values<float>() == std::vector<float>{1});
  CHECK(file.tensors.at("b").values<float>() == std::vector<float>{2});
}

TEST_CASE("a list of complex tensors that does not fit the tensors is refused") {
  const auto with_note = [](const std::string& note) {
    return with_length(R"({"__metadata__":{"nop.complex":")" + note +
                           R"("},"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},)"
                           R"("n":{"dtype":"I32","shape":[2],"data_offsets":[8,16]},)"
                           R"("s":{"dtype":"F64","shape":[],"data_offsets":[16,24]}})",
                       std::string(24, '\0'));
  };
  CHECK(parse(with_note(R"([\"a\"])")).tensors.at("a").element_type() == ElementType::complex64);
  for (const auto* note : {"", "a", "{}", R"(\"a\")", "[1]", R"([\"b\"])", R"([\"n\"])",
                           R"([\"s\"])", R"([\"a\",\"a\"])"}) {
    CAPTURE(note);
    CHECK_THROWS_AS(parse(with_note(note)), FormatError);
  }
}

TEST_CASE("what could not be read back is not written") {
  const Array one = make_array(std::vector<float>{1}, {});
  CHECK_THROWS_AS(written({{{"nop.complex", "[]"}}, {}}), PreconditionError);
  CHECK_THROWS_AS(written({{}, {{"__metadata__", one}}}), PreconditionError);
  CHECK_THROWS_AS(written({{}, {{"\xff", one}}}), PreconditionError);
  CHECK_THROWS_AS(written({{{"k", "\xff"}}, {}}), PreconditionError);
  CHECK_THROWS_AS(read_safetensors("/no/such/file"), BackendError);
}

TEST_CASE("a damaged file is refused or read, never more") {
  const auto file = written({{{"k", "v"}},
                             {{"a", make_array(std::vector<std::complex<float>>{{1, 2}}, {1})},
                              {"b", make_array(std::vector<std::int16_t>{1, 2}, {2})}}});
  test::check_every_damage(file, parse);
}

}  // namespace
}  // namespace nop::test::safetensors_test
