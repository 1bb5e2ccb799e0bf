// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/reference/describe_modes.hpp>

#include "io/hostile.hpp"
#include "io/reference/states.hpp"
#include <doctest/doctest.h>

#include <string>

namespace nop::test::describe_modes_test {
namespace {

/// Of weights [4, 4, 6, 3]: 6 modes, and 3 coefficients of 4 or 5 modes.
ReferenceArguments described(const Json& given) {
  const auto tensors = test::tensors_of(test::small_fno());
  const ReferenceTensors asked(tensors, "x.pt");
  ReferenceArguments arguments("x.pt", given, nullptr);
  detail::ReferenceModesDescriber describer(asked, arguments);
  describer.describe(asked.spectral(0));
  describer.weights(asked.spectral(0));
  return arguments;
}

TEST_CASE("modes follow from the shape of the weights, on the half axis up to an odd one") {
  CHECK(described(nullptr)["n_modes"] == Json::array({6, 4}));
  CHECK(described({{"n_modes", {6, 5}}})["n_modes"] == Json::array({6, 5}));
  CHECK(test::refusal([] { described({{"n_modes", {6, 6}}}); }) ==
        "x.pt: byte 0: 'n_modes' should be [6,4] by the tensor 'fno_blocks.convs.0.weight.tensor', "
        "but is given as [6,6]");
  CHECK(test::refusal([] { described({{"n_modes", 6}}); }).find("a list of 2 whole numbers") !=
        std::string::npos);
}

TEST_CASE("where weights are stored for more modes, those in use have to be said") {
  const auto arguments = described({{"max_n_modes", {6, 3}}, {"n_modes", {4, 2}}});
  CHECK(arguments["n_modes"] == Json::array({4, 2}));
  CHECK(arguments["max_n_modes"] == Json::array({6, 3}));
  CHECK(described({{"max_n_modes", {6, 3}}}).missing().size() == 1);
  CHECK(test::refusal([] {
          described({{"max_n_modes", {6, 4}}, {"n_modes", {4, 2}}});
        }).find("'max_n_modes' should be [6,3]") != std::string::npos);
  CHECK(test::refusal([] {
          described({{"max_n_modes", {6, 3}}, {"n_modes", {8, 2}}});
        }).find("'n_modes' should be [6,4]") != std::string::npos);
}

TEST_CASE("the form of the weights may not be another than is said") {
  CHECK(described(nullptr)["factorization"].is_null());
  CHECK(described({{"factorization", "dense"}})["factorization"].is_null());
  CHECK(described(nullptr)["separable"] == false);
  CHECK(test::refusal([] {
          described({{"factorization", "Tucker"}});
        }).find("'factorization' should be null") != std::string::npos);
  CHECK(test::refusal([] {
          described({{"separable", true}});
        }).find("'separable' should be false") != std::string::npos);
}

}  // namespace
}  // namespace nop::test::describe_modes_test
