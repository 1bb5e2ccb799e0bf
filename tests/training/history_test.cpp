// SPDX-License-Identifier: BSD-3-Clause
#include <nop/training/history.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace nop::test::history_test {
namespace {

History example() {
  return {.measures = {"l2 at 32", "h1"},
          .epochs   = {{1, 0.1, 1.0 / 3, {0.5, 0.25}, 7},
                       {2, 0.05, std::numeric_limits<double>::infinity(), {0.4, 0.2}, 8}}};
}

TEST_CASE("an epoch is a row below its columns") {
  CHECK(example().columns() ==
        std::vector<std::string>{"epoch", "learning_rate", "loss", "l2 at 32", "h1", "seconds"});
  CHECK(History::row(example().epochs[0]) == std::vector<double>{1, 0.1, 1.0 / 3, 0.5, 0.25, 7});
}

TEST_CASE("a history comes back from its table as it was") {
  nop::SafeTensors file;
  nop::history_to_arrays(example(), "history", file);
  History other{.measures = {"l2 at 32", "h1"}, .epochs = {}};
  nop::history_from_arrays(other, "history", file, "test");
  REQUIRE(other.epochs.size() == 2);
  for (std::size_t i = 0; i < 2; ++i)
    CHECK(History::row(other.epochs[i]) == History::row(example().epochs[i]));
  nop::SafeTensors empty;
  nop::history_to_arrays({}, "history", empty);
  History none;
  nop::history_from_arrays(none, "history", empty, "test");
  CHECK(none.epochs.empty());
}

TEST_CASE("a history of other measures is refused") {
  nop::SafeTensors file;
  nop::history_to_arrays(example(), "history", file);
  History other{.measures = {"h1"}, .epochs = {}};
  CHECK_THROWS_AS(nop::history_from_arrays(other, "history", file, "test"), nop::FormatError);
  CHECK_THROWS_AS(nop::history_from_arrays(other, "nothing", file, "test"), nop::FormatError);
}

}  // namespace

}  // namespace nop::test::history_test
