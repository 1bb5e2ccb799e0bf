// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/pickle.hpp>

#include "hostile.hpp"
#include "pickles.hpp"
#include "support/count_allocations.hpp"
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace nop::detail::pickle_test {
namespace {

using test::global;
using test::number;
using test::pickle;
using test::text;

std::string refused(const std::string& opcodes) {
  return test::refusal([&] { pickle(opcodes); });
}

TEST_CASE("numbers of every length are what Python meant") {
  const std::vector<std::pair<std::string, std::int64_t>> cases{
      {std::string("K\xff", 2), 255},
      {std::string("M\x01\x02", 3), 0x201},
      {std::string("J\xfe\xff\xff\xff", 5), -2},
      {std::string("J\0\0\0\x80", 5), -2147483648ll},
      {std::string("\x8a\0", 2), 0},
      {std::string("\x8a\x01\xff", 3), -1},
      {std::string("\x8a\x02\xff\0", 4), 255},
      {std::string("\x8a\x06\0\0\0\0\0\x01", 8), std::int64_t{1} << 40},
      {std::string("\x8a\x08\0\0\0\0\0\0\0\x80", 10), std::numeric_limits<std::int64_t>::min()}};
  for (const auto& [opcodes, expected] : cases) CHECK(pickle(opcodes).root().integer() == expected);
  CHECK(pickle(std::string("G\x40\x04\0\0\0\0\0\0", 9)).root().real() == 2.5);
  CHECK(pickle("\x88").root().truth());
  CHECK_FALSE(pickle("\x89").root().truth());
  CHECK(pickle("N").root().is(PickleKind::none));
  CHECK(test::says(refused("\x8a\x09" + std::string(9, '\1')), "an integer of 9 bytes"));
}

TEST_CASE("texts and bytes of every length field are read, and texts are UTF-8") {
  CHECK(pickle(text("é")).root().text() == "é");
  CHECK(pickle(std::string("\x8c\2ab")).root().text() == "ab");
  CHECK(pickle(std::string("\x8d\2\0\0\0\0\0\0\0ab", 11)).root().text() == "ab");
  CHECK(pickle(std::string("C\2\xff\0", 4)).root().bytes() == std::string("\xff\0", 2));
  CHECK(pickle(std::string("B\1\0\0\0a", 6)).root().bytes() == "a");
  CHECK(test::says(refused(text("\xff")), "byte 2: a text that is not UTF-8"));
  CHECK(test::says(refused(std::string("X\xff\xff\xff\xff", 5)), "4294967295 bytes expected"));
  CHECK(test::says(refused("\x8d" + std::string(8, '\xff')), "bytes expected, but"));
}

TEST_CASE("tuples, lists and dicts are put together in every way there is") {
  // ((), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), [1, [2, 3]], {"a": 1, "b": {}})
  const auto one = number(1), two = number(2), three = number(3);
  const Pickle read = pickle("()" + one + "\x85" + one + two + "\x86" + one + two + three + "\x87" +
                             test::tuple({1, 2, 3, 4}) + "]" + one + "a](" + two + three + "ea" +
                             "}" + text("a") + one + "s(" + text("b") + "}ut");
  const auto parts  = read.root().parts();
  REQUIRE(parts.size() == 7);
  for (std::size_t i = 0; i < 5; ++i) CHECK(parts[i].parts().size() == i);
  CHECK(parts[4].parts()[3].integer() == 4);
  CHECK(parts[5].parts()[1].parts()[1].integer() == 3);
  const auto dict = parts[6].parts();
  REQUIRE(dict.size() == 4);
  CHECK(dict[0].text() == "a");
  CHECK(dict[2].text() == "b");
  CHECK(dict[3].is(PickleKind::dict));
}

TEST_CASE("globals are names and calls are written down: nothing is executed") {
  const Pickle read = pickle(global("os", "system") + text("rm -rf /") + "\x85R");
  const auto call   = read.root().expect(PickleKind::call).parts();
  CHECK(call[0].global() == "os.system");
  CHECK(call[1].parts()[0].text() == "rm -rf /");
  CHECK(pickle("\x8c\2os\x8c\6system\x93").root().global() == "os.system");
  // Attributes, entries and items of what is not known are kept behind the arguments.
  const Pickle object = pickle(global("m", "C") + ")\x81}b" + number(1) + "a" + number(2) + "Ns");
  CHECK(object.root().parts().size() == 6);
  const Pickle id = pickle(test::tuple({1, 2}) + "Q");
  CHECK(id.root().expect(PickleKind::persistent).parts()[0].parts().size() == 2);
}

TEST_CASE("an OrderedDict is a dict, and its attributes are no items") {
  const Pickle read = pickle(global("collections", "OrderedDict") + ")R" + text("k") + number(1) +
                             "s}" + text("_metadata") + "}sb");
  const auto parts  = read.root().expect(PickleKind::dict).parts();
  REQUIRE(parts.size() == 4);
  CHECK(parts[1].integer() == 1);
  CHECK(parts[2].is(PickleKind::attributes));
  CHECK(parts[3].is(PickleKind::dict));
  CHECK(pickle(global("collections", "OrderedDict") + number(1) + "\x85R")
            .root()
            .is(PickleKind::call));
}

TEST_CASE("the memo of every protocol gives back what was put") {
  CHECK(pickle(std::string("Nq\5h\5\x86", 6)).root().parts().size() == 2);
  CHECK(pickle(std::string("Nr\5\0\0\0j\5\0\0\0\x86", 12)).root().parts().size() == 2);
  const std::string framed("\x80\4\x95\6\0\0\0\0\0\0\0N\x94h\0\x86.", 17);
  CHECK(parse_pickle(test::byte_vector(framed), "test").root().parts().size() == 2);
  CHECK(test::says(refused(std::string("h\7", 2)), "byte 2: memo 7 was never set"));
  CHECK(test::says(refused(std::string("Nr\xff\xff\xff\xff", 6)), "memo 4294967295"));
}

TEST_CASE("what is no pickle, or no whole one, is refused") {
  const auto parse = [](const std::string& bytes) {
    return test::refusal([&] { parse_pickle(test::byte_vector(bytes), "test"); });
  };
  CHECK(test::says(parse(""), "ends"));
  CHECK(test::says(parse("I1\n."), "not a pickle of protocol 2 or later"));
  CHECK(test::says(parse("\x80\1N."), "protocol 1"));
  CHECK(test::says(parse("\x80\6N."), "protocol 6"));
  CHECK(test::says(parse("\x80\2N"), "byte 3: the pickle ends without STOP"));
  CHECK(test::says(parse("\x80\2N.N"), "1 bytes follow STOP"));
  CHECK(test::says(refused(""), "0 values"));
  CHECK(test::says(refused("NN"), "2 values"));
  CHECK(test::says(refused("N("), "1 marks"));
  CHECK(test::says(refused("NNN0"), "byte 5: opcode 48"));
  CHECK(test::says(refused("cos\nsystem"), "has no end"));
  CHECK(test::says(refused("K\1N\x93"), "expected a text, but found an integer"));
  CHECK(test::says(refused(global("a", "b") + "NR"), "expected a tuple, but found none"));
  CHECK(test::says(refused("\x95" + std::string(8, '\xff') + "N"), "a frame of"));
  for (const std::string opcodes : {"\x85", "N\x86", "NN\x87", "t", "e", "u", "a", "]a", "s", "}Ns",
                                    "Q", "R", "NR", "\x81", "b", "Nb", "q1", "(q1", "]](Ne"})
    CHECK_FALSE(refused(opcodes).empty());
}

TEST_CASE("values that contain themselves or nest without end are refused, not followed") {
  CHECK(test::says(refused(std::string("]q\0h\0a", 6)), "byte 2: a value that contains itself"));
  CHECK(test::says(refused(std::string("}q\0", 3) + text("k") + std::string("h\0s", 3)), "itself"));
  const std::string lists = std::string(1'000'000, ']') + std::string(999'999, 'a');
  CHECK(test::says(refused(lists), "nested too deep"));
  CHECK(test::says(refused("N" + std::string(1'000'000, '\x85')), "nested too deep"));
}

TEST_CASE("memory is a small multiple of the pickle's size, whatever it says") {
  const auto repeat = [](const std::string& opcodes) {
    std::string result = "(";
    while (result.size() < 200'000) result += opcodes;
    return result + "t";
  };
  std::vector<std::string> hostile{repeat("N"),
                                   repeat(")"),
                                   repeat("]"),
                                   repeat("]Na"),
                                   repeat("}NNs"),
                                   repeat(std::string("Nq\0", 3)),
                                   repeat(std::string("Nr\0\0\2\0", 6)),
                                   repeat("c\n\n"),
                                   repeat("(t"),
                                   repeat("N\x94"),
                                   "]" + std::string(100'000, '(') + "N",
                                   std::string(100'000, ']') + std::string(99'999, 'a'),
                                   test::doubling_lists(60)};
  for (const auto& opcodes : hostile) {
    const auto bytes = test::byte_vector("\x80\2" + opcodes + ".");
    const auto most =
        test::most_bytes_during([&] { test::refusal([&] { (void)parse_pickle(bytes, "test"); }); });
    CAPTURE(opcodes.substr(0, 10));
    CHECK(most < 100 * bytes.size() + 10'000);
  }
}

TEST_CASE("a damaged pickle is refused or read, never more") {
  const std::string whole = "\x80\2" + global("collections", "OrderedDict") + ")R(" + text("key") +
                            test::tuple({1, 2}) + "q" + std::string(1, '\0') + text("list") +
                            "](K\1G12345678e" + text("again") + std::string("h\0u}b.", 6);
  const auto parse = [](std::string_view bytes) {
    return parse_pickle(test::byte_vector(bytes), "test");
  };
  test::check_every_damage(whole, parse);
}

}  // namespace
}  // namespace nop::detail::pickle_test
