// SPDX-License-Identifier: BSD-3-Clause
#include "programs/programs.hpp"
#include <doctest/doctest.h>

namespace nop::test::nop_info_test {
namespace {

using test::fixture;
using test::run_program;

TEST_CASE("it says what a file holds, what follows, what is assumed and what must be given") {
  const auto said = run_program("nop-info " + fixture("tfno_cp.pt"));
  for (const auto* const part :
       {"FNO of 2 dimensions, real fields, 377 numbers", "type     nop::Tfno<2>",
        "found in the file\n  n_modes ", "inferred from the tensors\n  n_layers ", "assumed\n",
        "note: on even grids"})
    CHECK(said.succeeded_with(part));
  CHECK(run_program("nop-info " + fixture("fno_wrapped.pt"))
            .succeeded_with("under 'model_state_dict.module.'"));
  CHECK(run_program("nop-info " + fixture("uno.pt"))
            .succeeded_with("must be given (--config)\n  uno_scalings "));
  CHECK(run_program("nop-info " + fixture("uno.pt") + " --config " + fixture("uno.json"))
            .succeeded_with("given\n  uno_scalings "));
}

TEST_CASE("what is wrong is said in one line") {
  CHECK(run_program("nop-info nothing.pt").failed_with("No such file or directory"));
  CHECK(run_program("nop-info " + fixture("uno.json"))
            .failed_with("not a PyTorch checkpoint: neither a zip nor a tar archive"));
  CHECK(run_program("nop-info " + fixture("fno.pt") + " --config " + fixture("uno.json"))
            .failed_with("'uno_scalings' is given, but is no argument of such a model"));
}

}  // namespace
}  // namespace nop::test::nop_info_test
