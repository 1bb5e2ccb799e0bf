// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/reference/values.hpp>

#include "io/hostile.hpp"
#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

namespace nop::test::values_test {
namespace {

const ReferenceArguments said("x.pt", {{"a", "odd"}}, nullptr);

TEST_CASE("activations are known by the names of functions and modules") {
  for (const char* name : {"gelu", "torch._C._nn.gelu", "torch.nn.modules.activation.GELU"})
    CHECK(activation_of_reference(Json(name)) == Activation::gelu);
  CHECK(activation_of_reference({{"global", "torch.nn.functional.leaky_relu"}}) ==
        Activation::leaky_relu);
  CHECK(activation_of_reference({{"global", "torch.nn.modules.activation.SiLU"},
                                 {"arguments", Json::array()}}) == Activation::silu);
  CHECK(!activation_of_reference(Json("elu")));
  CHECK(!activation_of_reference(nullptr));
  for (const auto each : {Activation::gelu, Activation::leaky_relu, Activation::selu})
    CHECK(activation_of_reference(activation_for_reference(each)) == each);
}

TEST_CASE("words stand for enumerators, and back") {
  CHECK(skip_of_reference("a", "soft-gating", said) == SkipKind::soft_gating);
  CHECK(skip_of_reference("a", nullptr, said) == SkipKind::none);
  CHECK(skip_for_reference(SkipKind::none).is_null());
  CHECK(skip_for_reference(SkipKind::identity) == "identity");
  CHECK(norm_of_reference("a", "batch_norm", said) == NormKind::batch);
  CHECK(norm_for_reference(NormKind::adaptive) == "ada_in");
  CHECK(factorization_for_reference(SpectralWeightKind::tensor_train) == "TT");
  CHECK(factorization_for_reference(SpectralWeightKind::dense).is_null());
  CHECK(test::refusal([] { skip_of_reference("a", "odd", said); }) ==
        "x.pt: byte 0: 'a' should be 'linear', 'identity', 'soft-gating', or null, but is \"odd\"");
}

TEST_CASE("lists of counts and of numbers are checked") {
  using Counts = std::vector<std::size_t>;
  CHECK(counts_of_reference("a", Json::array({3, 4}), 2, said) == Counts{3, 4});
  CHECK(counts_of_reference("a", 3, 1, said) == Counts{3});
  for (const Json& wrong : {Json(3), Json::array({3, 0}), Json::array({3, 1.5}),
                            Json::array({3, -1}), Json("x"), Json()})
    CHECK(test::refusal([&] {
            counts_of_reference("a", wrong, 2, said);
          }).find("'a' should be a list of 2 whole numbers of at least 1") != std::string::npos);
  using Numbers = std::vector<double>;
  CHECK(numbers_of_reference("a", 0.5, 2, said) == Numbers{0.5, 0.5});
  CHECK(numbers_of_reference("a", Json::array({1, 0.5}), 2, said) == Numbers{1, 0.5});
  for (const Json& wrong : {Json(-1), Json::array({1}), Json("x"), Json()})
    CHECK(test::refusal([&] {
            numbers_of_reference("a", wrong, 2, said);
          }).find("'a' should be a number of at least 0 or a list of 2 such numbers") !=
          std::string::npos);
}

TEST_CASE("the boundaries of a module's grid are found however it is written") {
  const Json box{{"grid_boundaries", {{0, 1}, {-1, 2.5}}}};
  CHECK(embedding_of_reference(box) == box);
  CHECK(embedding_of_reference(
            {{"global", "layers.GridEmbeddingND"},
             {"arguments", {{{"dim", 2}, {"grid_boundaries", {{0, 1}, {-1, 2.5}}}}}}}) == box);
  for (const Json& other :
       {Json("grid"), Json(), Json(3), Json{{"arguments", 3}}, Json{{"arguments", {3, "x"}}}})
    CHECK(embedding_of_reference(other) == other);
  CHECK(intervals_of_reference("a", box["grid_boundaries"], 2, said)[1] == std::array{-1.0, 2.5});
  for (const Json& wrong : {box["grid_boundaries"][0], Json({{0, 1}, {0, 1, 2}}),
                            Json({{0, 1}, {0, "x"}}), Json({{0, 1}}), Json(3), Json()})
    CHECK(test::refusal([&] {
            intervals_of_reference("a", wrong, 2, said);
          }).find("'a' should be a list of 2 pairs [begin, end]") != std::string::npos);
}

}  // namespace
}  // namespace nop::test::values_test

TEST_CASE("skips across a UNO are an object of the layers that they go to") {
  CHECK(nop::skips_for_reference(nop::mirrored_skips(5)) == nop::Json{{"4", 0}, {"3", 1}});
  CHECK(nop::skips_for_reference({}) == nop::Json::object());
}
