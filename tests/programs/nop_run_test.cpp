// SPDX-License-Identifier: BSD-3-Clause
#include "io/hostile.hpp"
#include "programs/programs.hpp"
#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace nop::test::nop_run_test {
namespace {

using test::fixture;
using test::run_program;

/// What nop-run makes of a fixture's input, against what PyTorch did.
double difference(const std::string& name, const std::string& options = {}) {
  const test::TemporaryFolder folder;
  const auto input = (folder / "x.npy").string(), output = (folder / "y.npy").string();
  const auto arrays = read_npz(fixture(name + ".npz"));
  write_npy(input, arrays.at("x"));
  const auto outcome = run_program("nop-run " + fixture(name + ".pt") + " --input " + input +
                                   " --output " + output + " " + options);
  CHECK(outcome.succeeded_with(" -> "));
  return test::relative_difference(read_npy(output), arrays.at("y"));
}

TEST_CASE("models of one to three dimensions are run, with weights of any form") {
  for (const auto* const name :
       {"fno_1d", "fno", "fno_3d", "tfno_tucker", "tfno_tt", "fno_wrapped"})
    CHECK_MESSAGE(difference(name) < 3e-6, name);
}

TEST_CASE("where it matters the semantics are chosen, and what the file does not say is given") {
  CHECK(difference("fno_scaling", "--semantics v2_0") < 3e-6);
  CHECK(difference("fno_complex", "--semantics v2_0") < 3e-6);
  CHECK(difference("uno", "--semantics v2_0 --config " + fixture("uno.json")) < 3e-6);
}

/// All that nop-run says of a fixture on a grid.
std::string said(const std::string& name, const std::vector<std::size_t>& shape,
                 const std::string& options = {}) {
  const test::TemporaryFolder folder;
  std::size_t size = 1;
  for (const std::size_t extent : shape) size *= extent;
  write_npy(folder / "x.npy", make_array(std::vector<float>(size), shape));
  const auto outcome =
      run_program("nop-run " + fixture(name) + " --input " + (folder / "x.npy").string() +
                  " --output " + (folder / "y.npy").string() + " " + options);
  CHECK(outcome.succeeded_with(" -> "));
  return outcome.text;
}

TEST_CASE("it notes where other semantics give another answer") {
  const auto silent = [](const std::string& text) {
    return text.find("note: ") == std::string::npos;
  };
  const std::vector<std::size_t> even{1, 2, 16, 16}, odd{1, 2, 15, 16};
  CHECK(silent(said("fno.pt", even)));
  CHECK(silent(said("fno.pt", even, "--semantics v1_0")));
  CHECK(silent(said("fno.pt", odd, "--semantics head")));
  CHECK(said("fno.pt", odd)
            .find("note: exact semantics are in use; on a grid of [15, 16] points, "
                  "v2_0 or v1_0 would give another answer (--semantics)\n") != std::string::npos);
  CHECK(said("fno.pt", odd, "--semantics v2_0")
            .find("note: v2_0 semantics are in use; on a grid of [15, 16] points, exact would give "
                  "another answer (--semantics)\n") != std::string::npos);
  CHECK(said("tfno_cp.pt", odd, "--compare").find("note: exact") != std::string::npos);
  CHECK(said("uno.pt", even, "--config " + fixture("uno.json"))
            .find("note: exact semantics are in use; on a grid of [16, 16] points, "
                  "head, v2_0 or v1_0 would give another answer (--semantics)\n") !=
        std::string::npos);
  const test::TemporaryFolder folder;
  const auto level = (folder / "level.json").string();
  write_atomically(level, [](OutputFile& file) { file.write(R"({"uno_scalings": 1})"); });
  CHECK(silent(said("uno.pt", even, "--config " + level)));
  CHECK_FALSE(silent(said("uno.pt", odd, "--config " + level)));
}

TEST_CASE("it runs in double precision, on so many threads, and compares both precisions") {
  CHECK(difference("fno", "--double") < 3e-6);
  CHECK(difference("fno", "--threads 2 --compare") < 3e-6);
}

TEST_CASE("what is wrong is said in one line") {
  const test::TemporaryFolder folder;
  const auto input = (folder / "x.npy").string();
  write_npy(input, make_array(std::vector<float>(2 * 3 * 8), {2, 3, 8}));
  const auto run = [&](const std::string& file, const std::string& options = {}) {
    return run_program("nop-run " + file + " --input " + input + " --output " +
                       (folder / "y.npy").string() + " " + options);
  };
  CHECK(run(fixture("fno.pt"))
            .failed_with("expected an input of 4 axes, [batch, channel, grid...], got one of shape "
                         "[2, 3, 8]"));
  CHECK(run(fixture("fno_1d.pt"))
            .failed_with("Fno: expected 2 channels on a grid of at least one point, got a field of "
                         "shape [2, 3, 8]"));
  write_npy(input, make_array(std::vector<float>(4), {1, 1, 2, 2}));
  CHECK(run(fixture("uno.pt"))
            .failed_with("uno.pt: expected to be told 'uno_scalings' (how each layer scales the "
                         "grid; no tensor tells)"));
  CHECK(run("nothing.pt").failed_with("No such file or directory"));
  CHECK(run(fixture("fno.npz")).failed_with("there is no data.pkl in a folder"));
  CHECK(run(fixture("fno.pt"), "--semantics v3").failed_with("(see --help)"));
  CHECK(run(fixture("fno.pt"), "--threads 0").failed_with("(see --help)"));
  CHECK(run_program("nop-run").failed_with("FILE is required (see --help)"));
  CHECK(run_program("nop-run --help").succeeded_with("--compare"));
  CHECK(folder.file_count() == 1);
}

}  // namespace
}  // namespace nop::test::nop_run_test
