// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/reference/state.hpp>

#include "io/hostile.hpp"
#include "io/reference/states.hpp"
#include <doctest/doctest.h>

#include <string>

namespace nop::test::state_test {
namespace {

NamedArrays under(const std::vector<std::string>& prefixes) {
  std::vector<std::pair<std::string, test::Extents>> shapes;
  for (const auto& prefix : prefixes)
    for (const auto& [key, shape] : test::small_fno()) shapes.emplace_back(prefix + key, shape);
  return test::tensors_of(shapes);
}

TEST_CASE("a state dict is found where it stands, and without its prefix") {
  for (const std::string prefix : {"", "module.", "model.", "model_state_dict.module.", "a.b.c."}) {
    const auto state = find_reference_state({under({prefix})}, "x.pt");
    CHECK(state.prefix == prefix);
    CHECK(state.layout == ReferenceLayout::current);
    CHECK(state.tensors.contains("lifting.fcs.0.weight"));
    CHECK(state.tensors.size() == 10);
  }
}

TEST_CASE("other entries of a file are left alone") {
  auto tensors = under({"model."});
  tensors.add("optimizer.state.0.exp_avg", make_array(std::vector<float>(3), {3}));
  CHECK(find_reference_state({tensors}, "x.pt").tensors.size() == 10);
}

TEST_CASE("of several models one has to be chosen") {
  const TorchCheckpoint checkpoint{under({"ema.", "model."})};
  CHECK(test::refusal([&] { find_reference_state(checkpoint, "x.pt"); }) ==
        "x.pt: byte 0: several models, one of which has to be chosen as `state`: under 'ema.', "
        "'model.'");
  CHECK(find_reference_state(checkpoint, "x.pt", "ema").prefix == "ema.");
  CHECK(find_reference_state(checkpoint, "x.pt", "model.").prefix == "model.");
  CHECK(test::refusal([&] { find_reference_state(checkpoint, "x.pt", "other"); }) ==
        "x.pt: byte 0: no model under 'other', but under 'ema.', 'model.'");
}

TEST_CASE("a file without a known model is refused with its keys") {
  CHECK(test::refusal(
            [] { find_reference_state({test::tensors_of({{"layer.weight", {2}}})}, "x.pt"); }) ==
        "x.pt: byte 0: no model of the reference library that is known here: it has the keys "
        "'layer.weight'");
  CHECK(test::refusal([] { find_reference_state({}, "x.pt"); }).ends_with("keys nothing"));
}

TEST_CASE("how a model was made is found in its dict, around it or beside the file") {
  TorchCheckpoint checkpoint{under({"model.module."})};
  CHECK(find_reference_state(checkpoint, "x.pt").arguments.is_null());
  checkpoint.metadata = {{"norm", "a"}};
  CHECK(find_reference_state(checkpoint, "x.pt").arguments["norm"] == "a");
  checkpoint.values["model._metadata"] = {{"norm", "b"}};
  CHECK(find_reference_state(checkpoint, "x.pt").arguments["norm"] == "b");

  const test::TemporaryFolder folder;
  write_torch_checkpoint(folder / "x_state_dict.pt", under({""}));
  CHECK(read_reference_state(folder / "x_state_dict.pt").arguments.is_null());
  write_torch_checkpoint(folder / "x_metadata.pkl", {}, {{"norm", "c"}});
  CHECK(read_reference_state(folder / "x_state_dict.pt").arguments["norm"] == "c");
}

}  // namespace
}  // namespace nop::test::state_test
