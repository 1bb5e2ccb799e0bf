// SPDX-License-Identifier: BSD-3-Clause
// Models of every kind that the reference library has, from tools/make_fidelity_cases.py; ./run
// fidelity compares hundreds more.
#include <nop/io/file.hpp>
#include <nop/io/zip_entries.hpp>

#include "fidelity/compare.hpp"
#include "io/hostile.hpp"
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

namespace nop::test::cases_test {
namespace {

void unpack(const std::filesystem::path& archive, const nop::test::TemporaryFolder& folder) {
  const nop::detail::ZipReader zip(archive);
  for (const auto& entry : nop::detail::zip_entries(zip, {})) {
    const auto path = folder / entry.name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary)
        << nop::test::text_of(nop::detail::read_entry(zip, entry));
  }
}

}  // namespace

TEST_CASE("models of all families answer as the reference") {
  const nop::test::TemporaryFolder folder;
  unpack(NOP_TEST_DATA "/fidelity/cases.zip", folder);
  std::map<std::string, int> cases;
  for (const auto& path : nop::test::fidelity_cases(folder / "")) {
    const auto from   = nop::test::read_fidelity_case(path);
    const auto result = nop::test::compare(from);
    CAPTURE(from.name);
    CAPTURE(from.about.dump());
    CAPTURE(result.in_float);
    CAPTURE(result.in_double);
    CHECK(result.agrees_in_double());
    CHECK(result.agrees_in_float());
    CHECK(result.tells_exact());
    ++cases[from.family()];
  }
  const auto manifest = nop::test::read_json(folder / "manifest.json");
  int count           = 0;
  for (const auto& family : manifest.at("families")) {
    CHECK(cases[family.get<std::string>()] > 0);
    count += cases[family.get<std::string>()];
  }
  CHECK(count == manifest.at("cases"));
}

}  // namespace nop::test::cases_test
