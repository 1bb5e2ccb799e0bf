// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/torch_checkpoint.hpp>

#include "io/hostile.hpp"
#include "programs/programs.hpp"
#include <doctest/doctest.h>

#include <string>

namespace nop::test::nop_convert_test {
namespace {

using test::fixture;
using test::run_program;

TEST_CASE("a model goes to nop's own format and back, every number as it was") {
  const test::TemporaryFolder folder;
  const auto ours = (folder / "x.safetensors").string(), theirs = (folder / "x.pt").string();
  for (const auto* const name :
       {"fno_1d.pt", "fno.pt", "fno_3d.pt", "tfno_cp.pt", "fno_complex.pt"}) {
    CHECK(run_program("nop-convert " + fixture(name) + " --out " + ours).status == 0);
    CHECK(run_program("nop-convert " + ours + " --out " + theirs).status == 0);
    const auto before = read_torch_checkpoint(fixture(name)), after = read_torch_checkpoint(theirs);
    CHECK(before.tensors.size() == after.tensors.size());
    for (const auto& tensor : before.tensors) {
      const auto& key = tensor.first;
      CHECK_MESSAGE((after.tensors.contains(key) && after.tensors.at(key) == tensor.second), key);
    }
  }
}

TEST_CASE("the semantics that were chosen go into the file, and what to heed is said") {
  const test::TemporaryFolder folder;
  const auto ours = (folder / "x.safetensors").string();
  CHECK(run_program("nop-convert " + fixture("fno.pt") + " --out " + ours)
            .succeeded_with("note: on even grids"));
  CHECK(run_program("nop-convert " + fixture("fno.pt") + " --semantics v2_0 --out " + ours)
            .text.empty());
  CHECK(run_program("nop-info " + ours).succeeded_with("\"v2_0\""));
}

TEST_CASE("what is wrong is said in one line, and no file is written") {
  const test::TemporaryFolder folder;
  const auto out = (folder / "x.onnx").string();
  CHECK(
      run_program("nop-convert " + fixture("fno.pt") + " --out " + out)
          .failed_with("expected a name that ends with .safetensors or .pt, or --to, got " + out));
  CHECK(run_program("nop-convert " + fixture("fno.pt"))
            .failed_with("--out is required (see --help)"));
  CHECK(run_program("nop-convert --help").succeeded_with("Usage"));
  CHECK(folder.file_count() == 0);
}

}  // namespace
}  // namespace nop::test::nop_convert_test
