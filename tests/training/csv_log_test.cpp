// SPDX-License-Identifier: BSD-3-Clause
#include <nop/training/csv_log.hpp>

#include "io/hostile.hpp"
#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace nop::test::csv_log_test {
namespace {

using Values = std::vector<double>;
using Names  = std::vector<std::string>;

std::string text_of(const std::filesystem::path& path) {
  return nop::test::text_of(nop::read_file(path));
}

void write(const std::filesystem::path& path, const std::string& text) {
  nop::write_atomically(path, [&](nop::OutputFile& file) { file.write(text); });
}

TEST_CASE("every row is in the file at once, with numbers that read as the same") {
  const nop::test::TemporaryFolder folder;
  CsvLog log(folder / "log.csv", {"epoch", "loss"});
  CHECK(text_of(folder / "log.csv") == "epoch,loss\n");
  log.append(Values{1, 0.1});
  CHECK(text_of(folder / "log.csv") == "epoch,loss\n1,0.1\n");
  log.append(Values{2, 1.0 / 3});
  CHECK(text_of(folder / "log.csv") == "epoch,loss\n1,0.1\n2,0.3333333333333333\n");
}

TEST_CASE("a resumed log drops the rows after its epoch and one that was cut off") {
  const nop::test::TemporaryFolder folder;
  const auto path   = folder / "log.csv";
  const Names names = {"epoch", "loss"};
  write(path, "epoch,loss\n1,0.5\n2,0.4\n3,0.3\n4,0.");
  CsvLog::resumed(path, names, 2).append(Values{3, 7});
  CHECK(text_of(path) == "epoch,loss\n1,0.5\n2,0.4\n3,7\n");
  CsvLog::resumed(path, names, 0);
  CHECK(text_of(path) == "epoch,loss\n");
  CsvLog::resumed(folder / "new.csv", names, 5);
  CHECK(text_of(folder / "new.csv") == "epoch,loss\n");
}

TEST_CASE("a log of other columns and rows that are none are refused and left alone") {
  const nop::test::TemporaryFolder folder;
  const auto path = folder / "log.csv";
  write(path, "epoch,error\n1,2\n");
  CHECK_THROWS_AS(CsvLog::resumed(path, {"epoch", "loss"}, 2), nop::FormatError);
  CHECK(text_of(path) == "epoch,error\n1,2\n");
  write(path, "epoch,loss\nhello\n");
  CHECK_THROWS_AS(CsvLog::resumed(path, {"epoch", "loss"}, 2), nop::FormatError);
  CsvLog log(path, {"epoch", "loss"});
  CHECK_THROWS_AS(log.append(Values{1}), nop::PreconditionError);
  CHECK_THROWS_AS(CsvLog(path, {"epoch", "a,b"}), nop::PreconditionError);
  CHECK_THROWS_AS(CsvLog(folder / "none" / "log.csv", {"epoch"}), nop::BackendError);
}

}  // namespace

}  // namespace nop::test::csv_log_test
