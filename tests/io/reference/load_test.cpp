// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/reference/load.hpp>

#include "io/hostile.hpp"
#include "io/reference/fixtures.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <filesystem>
#include <string>

namespace nop::test::load_test {
namespace {

using test::loaded_difference;
using test::reference_fixture;

/// What float carries through two layers.
constexpr double rounding = 3e-6;

template <class Model, class Error>
std::string refused(const std::filesystem::path& file, const ReferenceOptions& options = {}) {
  try {
    load_reference<Model>(file, options);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}
template <class Model>
std::string refused_type(const std::string& name) {
  return refused<Model, PreconditionError>(reference_fixture(name));
}

TEST_CASE("a Fourier neural operator gives PyTorch's numbers in one to three dimensions") {
  CHECK(loaded_difference<Fno<2>>("fno") < rounding);
  CHECK(loaded_difference<Fno<1>>("fno_1d") < rounding);
  CHECK(loaded_difference<Fno<3>>("fno_3d", {.semantics = Semantics::v2_0}) < rounding);
}

TEST_CASE(
    "it does with norms, other orders, skips and activations, and modes that are not in use") {
  CHECK(loaded_difference<Fno<2>>("fno_batch_norm") < rounding);
  CHECK(loaded_difference<Fno<2>>("fno_options") < rounding);
}

TEST_CASE("it does where version 1.0 padded a field at its end") {
  CHECK(loaded_difference<Fno<2>>("fno_v1_0") < rounding);
  CHECK(loaded_difference<Fno<2>>("fno_v1_0", {.semantics = Semantics::v1_0}) < rounding);
  CHECK(loaded_difference<Fno<2>>("fno_v1_0",
                                  {.arguments = {{"domain_padding_mode", "symmetric"}}}) > 1e-3);
}

TEST_CASE("it does where layers change the grid") {
  CHECK(loaded_difference<Fno<1>>("fno_scaling", {.semantics = Semantics::v2_0}) < rounding);
}

TEST_CASE("weights made of factors are taken as they are, and in double") {
  CHECK(loaded_difference<Tfno<2>>("tfno_tucker") < rounding);
  CHECK(loaded_difference<Tfno<2>>("tfno_cp") < rounding);
  CHECK(loaded_difference<Tfno<2>>("tfno_tt") < rounding);
  CHECK(loaded_difference<Tfno<2>>("tfno_separable") < rounding);
  CHECK(loaded_difference<Tfno<2>>("fno") < rounding);
}

TEST_CASE("a U-shaped one does, with its scalings given") {
  CHECK(loaded_difference<Uno<2>>("uno",
                                  {.arguments = {{"uno_scalings", {{1, 1}, {0.5, 0.5}, {2, 2}}}},
                                   .semantics = Semantics::v2_0}) < rounding);
}

TEST_CASE("one of complex fields does") {
  CHECK(loaded_difference<Fno<2, Cpu, std::complex<float>>>(
            "fno_complex", {.semantics = Semantics::v2_0}) < rounding);
}

TEST_CASE("numbers are converted to the precision of the model") {
  CHECK(loaded_difference<Fno<2, Cpu, double>>("fno") < rounding);
}

TEST_CASE("a checkpoint of a training that says nothing is loaded with the usual arguments") {
  CHECK(loaded_difference<Fno<2>>("fno_wrapped") < rounding);
}

TEST_CASE("a model for another type is refused with the type that it is for") {
  CHECK(refused_type<Fno<2>>("fno_1d.pt")
            .ends_with("fno_1d.pt holds a model for Fno<1>, got Fno<2> of real fields"));
  CHECK(refused_type<Fno<2>>("tfno_cp.pt")
            .ends_with("tfno_cp.pt holds a model for Tfno<2>, got Fno<2> of real fields"));
  CHECK(refused_type<Fno<2>>("uno.pt").ends_with(
      "uno.pt holds a model for Uno<2>, got Fno<2> of real fields"));
  CHECK(refused_type<Fno<2>>("fno_complex.pt")
            .ends_with("fno_complex.pt holds a model for Fno<2, Cpu, std::complex<float>>, got "
                       "Fno<2> of real "
                       "fields"));
}

TEST_CASE("what no tensor tells and nobody says has to be given") {
  CHECK(refused_type<Uno<2>>("uno.pt").ends_with(
      "uno.pt: expected to be told 'uno_scalings' (how each layer scales the grid; no tensor "
      "tells)"));
}

/// What is said of the file "fno.pt" whose tensors are changed.
template <class Change>
std::string refused_after(const Change& change) {
  const test::TemporaryFolder folder;
  const auto checkpoint = read_torch_checkpoint(reference_fixture("fno.pt"));
  NamedArrays tensors;
  for (const auto& [key, array] : checkpoint.tensors) change(tensors, key, array);
  write_torch_checkpoint(folder / "x.pt", tensors,
                         checkpoint.metadata.is_null() ? Json() : Json{{"n_layers", 2}});
  const auto text = refused<Fno<2>, FormatError>(folder / "x.pt");
  return text.substr(text.find("byte 0: ") + 8);
}

TEST_CASE("a missing tensor, one too many, one of another shape or kind is refused by its key") {
  const auto keep = [](NamedArrays& tensors, const std::string& key, const Array& array) {
    tensors.add(key, array);
  };
  CHECK(refused_after([&](auto& tensors, const auto& key, const auto& array) {
          if (key != "fno_blocks.channel_mlp.1.fcs.1.bias") keep(tensors, key, array);
        }) == "the tensor 'fno_blocks.channel_mlp.1.fcs.1.bias' is missing");
  CHECK(refused_after([&](auto& tensors, const auto& key, const auto& array) {
          keep(tensors, key, array);
          if (key == "lifting.fcs.0.bias") keep(tensors, "lifting.other", array);
        }) ==
        "the tensor 'lifting.other' of shape [8] belongs to no part of the model that the "
        "others make");
  CHECK(refused_after([&](auto& tensors, const auto& key, const auto& array) {
          if (key != "fno_blocks.fno_skips.1.conv.weight") return keep(tensors, key, array);
          tensors.add(key, make_array(std::vector<float>(12), {4, 3, 1}));
        }) ==
        "the tensor 'fno_blocks.fno_skips.1.conv.weight' should be of shape [4, 4, 1], but is "
        "of [4, 3, 1]");
  CHECK(refused_after([&](auto& tensors, const auto& key, const auto& array) {
          if (key != "fno_blocks.convs.1.weight.tensor") return keep(tensors, key, array);
          tensors.add(key, make_array(std::vector<float>(array.size()), array.shape()));
        }) ==
        "the tensor 'fno_blocks.convs.1.weight.tensor' should hold complex numbers, but holds "
        "float32");
}

TEST_CASE("arguments that a model cannot be made with are refused") {
  CHECK(refused<Fno<1>, FormatError>(reference_fixture("fno_1d.pt"),
                                     {.arguments = {{"norm_groups", 3}}})
            .find("the arguments do not fit: Norm: expected a number of groups that divides 4") !=
        std::string::npos);
}

}  // namespace
}  // namespace nop::test::load_test
