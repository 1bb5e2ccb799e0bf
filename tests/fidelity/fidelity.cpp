// SPDX-License-Identifier: BSD-3-Clause
// Compares our models with the reference library's answers, and prints a table.
//
//   fidelity FOLDER      a folder that tools/make_fidelity_cases.py wrote
#include "fidelity/compare.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <map>
#include <string>

namespace {

/// The worst of a family's cases.
struct Family {
  int cases = 0, failures = 0, not_exact = 0;
  double in_double = 0, in_float = 0, our_rounding = 0, their_rounding = 0;

  void add(const Family& other) {
    cases += other.cases;
    failures += other.failures;
    not_exact += other.not_exact;
    in_double      = std::max(in_double, other.in_double);
    in_float       = std::max(in_float, other.in_float);
    our_rounding   = std::max(our_rounding, other.our_rounding);
    their_rounding = std::max(their_rounding, other.their_rounding);
  }
};

void print(const std::string& name, const Family& family) {
  std::printf("| %-24s | %5d | %8.1e | %8.1e | %8.1e | %8.1e | %9d |\n", name.c_str(), family.cases,
              family.in_double, family.in_float, family.our_rounding, family.their_rounding,
              family.not_exact);
}

/// Compares a case, and says what is wrong with it.
Family compared(const std::filesystem::path& folder, const nop::test::FidelityCase& from) {
  const auto result = nop::test::compare(from);
  const Family family{
      .cases = 1,
      .failures =
          result.agrees_in_double() && result.agrees_in_float() && result.tells_exact() ? 0 : 1,
      .not_exact      = result.is_exact() ? 0 : 1,
      .in_double      = result.in_double,
      .in_float       = result.in_float,
      .our_rounding   = result.our_rounding,
      .their_rounding = result.their_rounding};
  const auto complain = [&](const char* what, double error) {
    std::printf("%s: %s, %.1e\n  %s\n", folder.c_str(), what, error, from.about.dump().c_str());
  };
  if (!result.agrees_in_double()) complain("another answer in double", result.in_double);
  if (!result.agrees_in_float()) complain("another answer in float", result.in_float);
  if (!result.tells_exact()) complain("differs_from_exact is wrong", result.exact);
  return family;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 2) {
    std::fprintf(stderr, "usage: fidelity FOLDER\n");
    return 2;
  }
  std::map<std::string, Family> families;
  for (const auto& folder : nop::test::fidelity_cases(argv[1])) {
    const auto from = nop::test::read_fidelity_case(folder);
    Family result{.cases = 1, .failures = 1};
    try {
      result = compared(folder, from);
    } catch (const std::exception& error) {
      std::printf("%s: %s\n  %s\n", folder.c_str(), error.what(), from.about.dump().c_str());
    }
    families[from.family()].add(result);
  }
  std::printf(
      "| %-24s | cases | double   | float    | rounding | theirs   | not exact |\n"
      "| ------------------------ | ----: | -------: | -------: | -------: | -------: | "
      "--------: |\n",
      "family");
  Family all;
  for (const auto& [name, family] : families) {
    print(name, family);
    all.add(family);
  }
  print("all", all);
  std::printf("%d of %d failed\n", all.failures, all.cases);
  return all.failures == 0 && all.cases > 0 ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "fidelity: %s\n", error.what());
  return 2;
}
