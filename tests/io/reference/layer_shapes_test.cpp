// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/reference/layer_shapes.hpp>

#include "io/hostile.hpp"
#include "io/reference/states.hpp"
#include <doctest/doctest.h>

#include <string>

namespace nop::test::layer_shapes_test {
namespace {

using test::Extents;
using test::tensors_of;
using Shapes = std::vector<std::pair<std::string, Extents>>;

/// The weights of a layer that has these tensors, on a grid of two axes.
SpectralShape spectral(const Shapes& weights) {
  Shapes shapes{{"fno_blocks.convs.0.bias", {4, 1, 1}}};
  for (const auto& [name, shape] : weights)
    shapes.emplace_back("fno_blocks.convs.0.weight." + name, shape);
  const auto tensors = tensors_of(shapes);
  return ReferenceTensors(tensors, "x.pt").spectral(0);
}

TEST_CASE("the form of spectral weights is read off their tensors") {
  const auto dense = spectral({{"tensor", {3, 4, 6, 5}}});
  CHECK(dense.form.kind == SpectralWeightKind::dense);
  CHECK(dense.in_channels == 3);
  CHECK(dense.out_channels == 4);
  CHECK(dense.stored == Extents{6, 5});

  const auto tucker = spectral({{"core", {2, 3, 1, 2}},
                                {"factors.factor_0", {3, 2}},
                                {"factors.factor_1", {4, 3}},
                                {"factors.factor_2", {6, 1}},
                                {"factors.factor_3", {5, 2}}});
  CHECK(tucker.form.kind == SpectralWeightKind::tucker);
  CHECK(tucker.form.ranks == Extents{2, 3, 1, 2});
  CHECK(tucker.stored == Extents{6, 5});

  const auto cp = spectral({{"weights", {7}},
                            {"factors.factor_0", {4, 7}},
                            {"factors.factor_1", {6, 7}},
                            {"factors.factor_2", {5, 7}}});
  CHECK(cp.form.kind == SpectralWeightKind::cp);
  CHECK(cp.form.mixing == ChannelMixing::separable);
  CHECK(cp.form.ranks == Extents{7});
  CHECK(cp.in_channels == 4);
  CHECK(cp.out_channels == 4);

  const auto train = spectral({{"factors.factor_0", {1, 3, 2}},
                               {"factors.factor_1", {2, 4, 3}},
                               {"factors.factor_2", {3, 6, 2}},
                               {"factors.factor_3", {2, 5, 1}}});
  CHECK(train.form.kind == SpectralWeightKind::tensor_train);
  CHECK(train.form.ranks == Extents{2, 3, 2});
  CHECK(train.out_channels == 4);
}

TEST_CASE("weights that make no sense are refused") {
  CHECK(test::refusal([] { spectral({{"tensor", {4, 6}}}); }) ==
        "x.pt: byte 0: the weights at 'fno_blocks.convs.0.weight.tensor' should have one or two "
        "axes of channels and 2 of modes, but are of shape [4, 6]");
  CHECK(test::refusal([] { spectral({{"tensor", {4, 4, 0, 3}}}); }) ==
        "x.pt: byte 0: the tensor 'fno_blocks.convs.0.weight.tensor' is empty");
  CHECK(test::refusal([] { spectral({}); }).find("are of shape []") != std::string::npos);
  CHECK(
      test::refusal([] { spectral({{"weights", {7, 1}}, {"factors.factor_0", {4, 7}}}); }) ==
      "x.pt: byte 0: the tensor 'fno_blocks.convs.0.weight.weights' should have 1 axes, but is of "
      "shape [7, 1]");
}

TEST_CASE("family, numbers and axes are told by keys") {
  const auto real = tensors_of(test::small_fno());
  CHECK(ReferenceTensors(real, "x.pt").family() == ReferenceFamily::fno);
  CHECK(ReferenceTensors(real, "x.pt").numbers() == FieldNumbers::real);
  CHECK(ReferenceTensors(real, "x.pt").dimensions() == 2);
  const auto uno = tensors_of({{"fno_blocks.0.convs.0.bias", {4, 1, 1, 1}}});
  CHECK(ReferenceTensors(uno, "x.pt").family() == ReferenceFamily::uno);
  CHECK(ReferenceTensors(uno, "x.pt").dimensions() == 3);
  const auto complex =
      tensors_of({{"fno_blocks.convs.0.bias", {4}}, {"lifting.fr.fcs.0.weight", {4, 4, 1}}});
  CHECK(ReferenceTensors(complex, "x.pt").numbers() == FieldNumbers::complex);
  CHECK(ReferenceTensors(complex, "x.pt").key("lifting.*.0.weight") == "lifting.fr.fcs.0.weight");
  CHECK(test::refusal([&] { static_cast<void>(ReferenceTensors(complex, "x.pt").dimensions()); }) ==
        "x.pt: byte 0: the tensor 'fno_blocks.convs.0.bias' should have 2 to 5 axes, but is of "
        "shape [4]");
}

}  // namespace
}  // namespace nop::test::layer_shapes_test
