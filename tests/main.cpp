// SPDX-License-Identifier: BSD-3-Clause
// The main program of every test program, and how its test cases become known to ctest.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <ostream>
#include <string>
#include <string_view>

/// What fontconfig keeps until the end, wherever cairo draws a text, is no leak of ours; nor is
/// what clang's OpenMP runtime keeps of each thread.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {  // NOLINT
  return "leak:libfontconfig\nleak:libomp.so";
}

namespace {

/// With --list-test-cases, writes the CMake commands that add each test case as a test
/// "ops/modes: <its sentence>". doctest's own CMake module stumbles over a sentence with [0, 1).
struct CtestReporter : doctest::IReporter {
  explicit CtestReporter(const doctest::ContextOptions& options)
      : out(*options.cout), program(options.binary_name.c_str()) {}

  void report_query(const doctest::QueryData& query) override {
    for (unsigned i = 0; i < query.num_data; ++i) add_test(*query.data[i]);
  }

  void add_test(const doctest::TestCaseData& test) {
    constexpr std::string_view here = __FILE__;
    constexpr auto folder           = here.size() - std::string_view("main.cpp").size();
    const std::string file          = test.m_file.c_str();
    const auto name    = file.substr(folder, file.rfind("_test.") - folder) + ": " + test.m_name;
    std::string filter = test.m_name;  // in which a comma separates and a question mark matches all
    for (char& c : filter)
      if (c == ',' || c == '\\') c = '?';

    // Two threads on every machine: enough to meet a race, few enough to run tests side by side.
    // A filter that finds nothing would pass, hence the expression.
    out << "add_test([==[" << name << "]==] [==[" << program << "]==] [==[--source-file=" << file
        << "]==] [==[--test-case=" << filter << "]==])\n"
        << "set_tests_properties([==[" << name << "]==] PROPERTIES ENVIRONMENT OMP_NUM_THREADS=2 "
        << "FAIL_REGULAR_EXPRESSION \"test cases: *0 \")\n";
  }

  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats&) override {}
  void test_case_start(const doctest::TestCaseData&) override {}
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void test_case_end(const doctest::CurrentTestCaseStats&) override {}
  void test_case_exception(const doctest::TestCaseException&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData&) override {}
  void log_message(const doctest::MessageData&) override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}

  std::ostream& out;
  std::string program;
};

DOCTEST_REGISTER_REPORTER("ctest", 1, CtestReporter);

}  // namespace
