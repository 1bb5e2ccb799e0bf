// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/rng.hpp>
#include <nop/io/leaves.hpp>
#include <nop/io/reference.hpp>

#include "io/hostile.hpp"
#include <doctest/doctest.h>

#include <filesystem>

namespace nop::test::reference_test {
namespace {

TEST_CASE("a model made here goes to the reference library's file and back as it was") {
  const test::TemporaryFolder folder;
  Rng rng{3};
  const Tfno<2> model(
      tensorised<2>({.in_channels = 3, .out_channels = 2, .width = 5, .depth = 2, .modes = {6, 5}},
                    0.3),
      rng);
  save_reference(model, folder / "x.pt");
  const auto back = load_reference<Tfno<2>>(folder / "x.pt");
  SafeTensors before, after;
  leaves_to_arrays(model, "", before);
  leaves_to_arrays(back, "", after);
  CHECK(before.tensors == after.tensors);
}

TEST_CASE("a model that PyTorch trained is loaded in a line, and told what its file does not say") {
  const test::TemporaryFolder folder;
  const auto path = std::filesystem::path(NOP_TEST_DATA) / "reference" / "fno_wrapped.pt";
  const auto copy = folder / "copy.pt";
  {
    const auto model = nop::load_reference<nop::Tfno<2>>(path);
    nop::save_reference(model, copy);
  }
  const auto model = nop::load_reference<nop::Fno<2>>(
      path, {.arguments = {{"non_linearity", "relu"}}, .semantics = nop::Semantics::v2_0});
  CHECK(model.config().activation == Activation::relu);
  CHECK(read_reference(copy).tensors.size() == read_reference(path).tensors.size());
}

}  // namespace
}  // namespace nop::test::reference_test
