// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/reference/load.hpp>

#include "io/hostile.hpp"
#include "io/reference/fixtures.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <string>

namespace nop {
namespace {

using test::loaded_difference;
using test::reference_fixture;

/// What float carries through two layers.
constexpr double rounding = 3e-6;

template <class Model>
std::string refused(const std::string& name, const ReferenceOptions& options = {}) {
  return test::refusal([&] { load_reference<Model>(reference_fixture(name), options); });
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

TEST_CASE("numbers are converted to the precision of the model") {
  CHECK(loaded_difference<Fno<2, Cpu, double>>("fno") < rounding);
}

TEST_CASE("a checkpoint of a training that says nothing is loaded with the usual arguments") {
  CHECK(loaded_difference<Fno<2>>("fno_wrapped") < rounding);
}

TEST_CASE("a model for another type is refused with the type that it is for") {
  CHECK(refused<Fno<2>>("fno_1d.pt")
            .ends_with("fno_1d.pt holds a model for Fno<1>, got Fno<2> of real fields"));
  CHECK(refused<Fno<2>>("tfno_cp.pt")
            .ends_with("tfno_cp.pt holds a model for Tfno<2>, got Fno<2> of real fields"));
  CHECK(refused<Fno<2>>("uno.pt").ends_with(
      "uno.pt holds a model for Uno<2>, got Fno<2> of real fields"));
  CHECK(refused<Fno<2>>("fno_complex.pt")
            .ends_with("fno_complex.pt holds a model for Fno<2, Cpu, std::complex<float>>, got "
                       "Fno<2> of real "
                       "fields"));
}

TEST_CASE("what no tensor tells and nobody says has to be given") {
  CHECK(refused<Uno<2>>("uno.pt").ends_with(
      "uno.pt: expected to be told 'uno_scalings' (how each layer scales the grid; no tensor "
      "tells)"));
}

}  // namespace
}  // namespace nop
