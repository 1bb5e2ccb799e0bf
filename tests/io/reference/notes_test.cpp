// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/reference/notes.hpp>
#include <nop/io/reference/read.hpp>

#include "io/reference/states.hpp"
#include <doctest/doctest.h>

#include <string>

namespace nop::test::notes_test {
namespace {

std::string note(const std::string& name, const ReferenceOptions& options = {}) {
  const auto notes = read_reference(test::reference_file(name), options).notes;
  return notes.empty() ? "" : notes[0];
}

TEST_CASE("a note says on which grids numbers differ from those of the reference library") {
  CHECK(note("fno.pt").starts_with("on even grids that hold an even number of modes"));
  CHECK(note("fno_complex.pt").starts_with("of complex fields"));
  CHECK(note("uno.pt").starts_with("where layers change the grid"));
  CHECK(note("script_2d.pt") ==
        "the numbers are those of the original scripts on grids that hold all modes");
  CHECK(note("physics_nemo.mdlus") ==
        "the numbers are those of PhysicsNeMo on grids that hold all modes");
  CHECK(note("fno_v0_2.pt") ==
        "the numbers are those of neuraloperator 0.2 on grids that hold all modes");
  CHECK(note("fno_scaling.pt").starts_with("on even grids"));  // of one axis, that is enough
  CHECK(note("uno.pt", {.arguments = {{"uno_scalings", {{1, 1}, {1, 1}, {1, 1}}}}})
            .starts_with("on even grids"));
  CHECK(note("uno.pt", {.arguments = {{"uno_scalings", {{1, 1}, {1, 0.5}, {1, 2}}}}})
            .starts_with("where layers change the grid"));
  CHECK(note("fno.pt", {.arguments = {{"resolution_scaling_factor", 1}}})
            .starts_with("on even grids"));
  CHECK(note("fno.pt", {.arguments = {{"resolution_scaling_factor", 2}}})
            .starts_with("where layers change the grid"));
}

TEST_CASE("who chose the semantics needs no note") {
  CHECK(note("fno.pt", {.semantics = Semantics::v2_0}).empty());
}

TEST_CASE("a note names the semantics that there may have been") {
  CHECK(note("fno.pt").ends_with(
      "choose the semantics head, v2_0 or v1_0, as the version that trained it was"));
  using detail::names_of, detail::training_semantics;
  CHECK(names_of(training_semantics(ReferenceLayout::v0_3)) == "v1_0");
  CHECK(names_of({Semantics::exact, Semantics::head}) == "exact or head");
  CHECK(training_semantics(ReferenceLayout::scripts).empty());
}

}  // namespace
}  // namespace nop::test::notes_test
