// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/gzip.hpp>

#include "gzip_of.hpp"
#include "hostile.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace nop::test::gzip_test {
namespace {

constexpr UnpackLimit ample{.ratio = 0, .allowance = 1 << 19};

std::string unpacked(std::string_view file, const UnpackLimit& limit = ample) {
  return test::text_of(unpack_gzip(test::bytes_of(file), "test.gz", limit));
}

/// 100000 zeros.
const std::string bomb = std::string(
                             "\037\213\010\000\000\000\000\000\002\003\355\301\061\001"
                             "\000\000\000\302\240\365\117\155\015\017\240",
                             25) +
                         std::string(96, '\0') +
                         std::string("\200\127\003\175\225\021\324\240\206\001\000", 11);

TEST_CASE("a gzip file is unpacked, whether it was compressed or stored") {
  CHECK(unpacked(test::packed_digits) == test::unpacked_digits);
  CHECK(unpacked(test::gzip_of("stored")) == "stored");
  CHECK(unpacked(test::gzip_of("")) == "");
  CHECK(test::says(test::refusal([] { unpacked(""); }), "ends too early"));
}

TEST_CASE("the members of a gzip file follow each other, and nothing follows them") {
  const std::string none = test::gzip_of("");
  CHECK(unpacked(none + test::packed_digits + none + none + test::gzip_of("more") + none) ==
        std::string(test::unpacked_digits) + "more");
  CHECK(test::says(test::refusal([] { unpacked(test::packed_digits + "x"); }), "test.gz: byte 57"));
  CHECK(test::says(test::refusal([&] { unpacked(test::packed_digits + std::string(5, '\0')); }),
                   "not a sound gzip file: incorrect header check"));
}

TEST_CASE("a gzip file unpacks to as much as the limit says and no more") {
  CHECK(unpacked(bomb) == std::string(100'000, '\0'));
  CHECK(unpacked(bomb, {.ratio = 0, .allowance = 100'000}).size() == 100'000);
  CHECK(test::says(test::refusal([] { unpacked(bomb, {.ratio = 0, .allowance = 99'999}); }),
                   "would unpack to more than 99999 (UnpackLimit)"));
  std::string bombs;
  for (int i = 0; i < 1000; ++i) bombs += bomb;  // of 100 MB
  CHECK(test::most_bytes_during([&] {
          CHECK(test::says(test::refusal([&] { unpacked(bombs); }), "UnpackLimit"));
        }) < 4 * ample.allowance);
}

TEST_CASE("a damaged gzip file is refused") {
  test::check_every_damage(test::packed_digits, [](std::string_view file) { unpacked(file); });
  test::check_every_damage(test::gzip_of("stored"), [](std::string_view file) { unpacked(file); });
}

TEST_CASE("what is read of a file with a bit turned is what was packed, or nothing") {
  std::string file = test::packed_digits;
  for (std::size_t at = 24; at < file.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      file[at]        = static_cast<char>(test::packed_digits[at] ^ (1 << bit));
      std::string got = std::string(test::unpacked_digits);
      (void)test::refusal([&] { got = unpacked(file); });
      CAPTURE(at);
      CHECK(got == test::unpacked_digits);
      file[at] = test::packed_digits[at];
    }
}

TEST_CASE("a file is read as it is or, where it is gzip, unpacked") {
  const test::TemporaryFolder folder;
  const auto path = folder / "x";
  for (const std::string& file : {test::packed_digits, std::string(test::unpacked_digits)}) {
    write_atomically(path, [&](OutputFile& out) { out.write(file); });
    CHECK(test::text_of(read_unpacked(path)) == test::unpacked_digits);
  }
  write_atomically(path, [&](OutputFile& out) { out.write(bomb); });
  CHECK_THROWS_AS((void)read_unpacked(path, {.ratio = 1, .allowance = 0}), FormatError);
}

}  // namespace
}  // namespace nop::test::gzip_test
