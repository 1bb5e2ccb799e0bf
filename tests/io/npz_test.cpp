// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/npz.hpp>

#include "hostile.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nop::test::npz_test {
namespace {

NamedArrays example() {
  const std::complex<double> waves[] = {{1, 2}, {3, -4}};
  return {{"x", make_array(std::vector<float>{1, 2, 3, 4, 5, 6}, {2, 3})},
          {"layer/weight", make_array(waves, {2})},
          {"n", make_array(std::vector<std::int64_t>{42}, {})}};
}

NamedArrays parse(std::string_view text) { return parse_npz(test::bytes_of(text), "test.npz"); }

std::string written(const NamedArrays& arrays, Compression compression = Compression::stored) {
  const test::TemporaryFolder folder;
  write_npz(folder / "x.npz", arrays, compression);
  return test::text_of(read_file(folder / "x.npz"));
}

/// Replaces a text everywhere by one of the same length.
std::string replaced(std::string file, std::string_view from, std::string_view to) {
  REQUIRE(from.size() == to.size());
  std::size_t count = 0;
  for (auto at = file.find(from); at != std::string::npos; at = file.find(from, at + 1), ++count)
    file.replace(at, from.size(), to);
  REQUIRE(count == 2);  // the member's own header and the directory
  return file;
}

TEST_CASE("arrays survive an archive, stored and deflated, in their order") {
  const test::TemporaryFolder folder;
  for (const auto compression : {Compression::stored, Compression::deflated}) {
    write_npz(folder / "x.npz", example(), compression);
    CHECK(read_npz(folder / "x.npz") == example());
    CHECK(read_npz(folder / "x.npz", "layer/weight") == example().at("layer/weight"));
    CHECK_THROWS_AS(read_npz(folder / "x.npz", "y"), FormatError);
    CHECK(parse(written(example(), compression)) == example());
  }
  CHECK(folder.file_count() == 1);
}

TEST_CASE("equal arrays give equal files, and deflated ones are smaller") {
  const NamedArrays zeros{{"zeros", make_array(std::vector<double>(10'000), {100, 100})}};
  CHECK(written(zeros) == written(zeros));
  CHECK(written(zeros, Compression::deflated).size() < 1000);
  CHECK(written(zeros).size() > 80'000);
}

TEST_CASE("an archive that NumPy wrote is read") {
  // numpy.savez_compressed(f, x=numpy.arange(2, dtype='<u2')), NumPy 2.4
  const std::string file(
      "PK\003\004-\000\000\000\010\000\000\000!\000(\271\254\016\377\377\377\377\377\377\377"
      "\377\005\000\024\000x.npy\001\000\020\000\204\000\000\000\000\000\000\000H\000\000\000"
      "\000\000\000\000\233\354\027\352\033\020\311\310P\306P\255\236\222Z\234\134\244n\245\240"
      "nSj\244\256\243\240\236\226_TR\224\230\027\237_\224\222\012\022wK\314)N\005\212\027g$"
      "\026\244\002\371\032F:\232:\012\265\012\024\000.\006\006F\006\000PK\001\002-\003-\000"
      "\000\000\010\000\000\000!\000(\271\254\016H\000\000\000\204\000\000\000\005\000\000\000"
      "\000\000\000\000\000\000\000\000\200\001\000\000\000\000x.npyPK\005\006\000\000\000\000"
      "\001\000\001\0003\000\000\000\177\000\000\000\000\000",
      200);
  const auto arrays = parse(file);
  CHECK(arrays.size() == 1);
  CHECK(arrays.at("x").values<float>() == std::vector<float>{0, 1});
}

TEST_CASE("what is not an archive, or cannot be opened, is refused") {
  CHECK_THROWS_AS(parse(""), FormatError);
  CHECK_THROWS_AS(parse("PK"), FormatError);
  CHECK_THROWS_AS(parse(std::string(1000, 'x')), FormatError);
  CHECK_THROWS_AS(read_npz("/no/such/file.npz"), BackendError);
  CHECK_THROWS_AS(read_npz("/"), BackendError);
}

TEST_CASE("names that leave the archive, and members that are no arrays, are refused") {
  const auto file = written({{"abcd", make_array(std::vector<float>{1}, {})}});
  CHECK_NOTHROW(parse(file));
  for (const auto* name : {"../d.npy", "/bcd.npy", "a/../npy", "a//d.npy", "a\\cd.npy", "./cd.npy",
                           "abcd.txt", "abcdefg/", "abcdefgh"}) {
    CAPTURE(name);
    CHECK_THROWS_AS(parse(replaced(file, "abcd.npy", name)), FormatError);
  }
}

TEST_CASE("a name that comes twice is refused") {
  const Array one  = make_array(std::vector<float>{1}, {});
  const auto twice = replaced(written({{"one", one}, {"two", one}}), "two.npy", "one.npy");
  CHECK_THROWS_AS(parse(twice), FormatError);
}

TEST_CASE("a changed byte in the elements fails the check sum") {
  auto file     = written({{"x", make_array(std::vector<float>{1.5f}, {})}});
  const auto at = file.find(std::string("\0\0\xc0\x3f", 4));
  REQUIRE(at != std::string::npos);
  file[at] = 1;
  CHECK_THROWS_AS(parse(file), FormatError);
}

TEST_CASE("an archive that unpacks to more than the limit is refused before it is unpacked") {
  const auto file = written({{"zeros", make_array(std::vector<double>(100'000), {100'000})}},
                            Compression::deflated);
  const auto with = [&](const UnpackLimit& limit) {
    return parse_npz(test::bytes_of(file), "bomb.npz", limit);
  };
  CHECK_NOTHROW(with({.ratio = 1, .allowance = 1'000'000}));
  CHECK_NOTHROW(with({.ratio = ~std::size_t{0}, .allowance = 0}));
  CHECK_THROWS_AS(with({.ratio = 10, .allowance = 0}), FormatError);
  CHECK_THROWS_AS(with({.ratio = 0, .allowance = 700'000}), FormatError);
}

TEST_CASE("what could not be read back is not written") {
  const test::TemporaryFolder folder;
  const Array one = make_array(std::vector<float>{1}, {});
  CHECK_THROWS_AS(write_npz(folder / "x.npz", {}), PreconditionError);
  for (const std::string name : {"../x", "/x", "a\\b", "a//b"})
    CHECK_THROWS_AS(write_npz(folder / "x.npz", {{name, one}}), PreconditionError);
  CHECK_THROWS_AS(write_npz(folder / "x.npz", {{std::string("a\0b", 3), one}}), PreconditionError);
  CHECK_THROWS_AS(write_npz(folder / "x.npz", {{"x", Array(ElementType::bfloat16, {0}, {})}}),
                  PreconditionError);
  CHECK_THROWS_AS(write_npz(folder / "no/x.npz", {{"x", one}}), BackendError);
  CHECK(folder.file_count() == 0);
}

TEST_CASE("a damaged archive is refused or read, never more") {
  for (const auto compression : {Compression::stored, Compression::deflated}) {
    const auto file = written({{"x", make_array(std::vector<float>{1, 2}, {2})}}, compression);
    test::check_every_damage(file, parse);
  }
}

}  // namespace
}  // namespace nop::test::npz_test
