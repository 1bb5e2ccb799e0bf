// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/io/leaves.hpp>

#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <optional>
#include <vector>

namespace nop::test::leaves_test {
namespace {

using Complex = std::complex<float>;

/// [2 modes, 2 in, 3 out], complex; a kept tensor; an optional parameter.
struct Layer {
  nop::Parameter<Complex, 3, nop::Cpu> weight{
      nop::Tensor<Complex, 3, nop::Cpu>(nop::Shape<3>{2, 2, 3}), nop::FileLayout::channels_first};
  nop::Tensor<float, 1, nop::Cpu> mean{nop::Shape<1>{4}};
  std::optional<nop::Parameter<float, 0, nop::Cpu>> bias;

  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("weight", self.weight);
    visit("mean", self.mean);
    visit("bias", self.bias);
  }
};

/// [2 modes, 3 modes, 2 channels].
struct Diagonal {
  nop::Parameter<double, 3, nop::Cpu> weight{
      nop::Tensor<double, 3, nop::Cpu>({2, 3, 2},
                                       std::vector<double>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}),
      nop::FileLayout::channel_first};
  static void members(auto& self, auto&& visit) { visit("weight", self.weight); }
};

Layer filled() {
  Layer layer;
  for (std::size_t i = 0; i < 12; ++i)
    layer.weight.mutable_value().mutable_data()[i] = {static_cast<float>(i), -1};
  layer.mean.fill(3);
  return layer;
}

nop::SafeTensors written(const Layer& layer) {
  nop::SafeTensors file;
  nop::leaves_to_arrays(layer, "part.", file);
  return file;
}

}  // namespace

TEST_CASE("leaves are written under their paths, spectral weights with the channels first") {
  const auto file = written(filled());
  CHECK(file.tensors.size() == 2);
  CHECK(file.tensors.at("part.mean").shape() == std::vector<std::size_t>{4});
  const auto& weight = file.tensors.at("part.weight");
  CHECK(weight.shape() == std::vector<std::size_t>{2, 3, 2});
  const auto values = weight.values<Complex>();
  for (std::size_t in = 0; in < 2; ++in)
    for (std::size_t out = 0; out < 3; ++out)
      for (std::size_t mode = 0; mode < 2; ++mode)
        CHECK(values[(in * 3 + out) * 2 + mode].real() ==
              static_cast<float>((mode * 2 + in) * 3 + out));
}

TEST_CASE("leaves come back as they were") {
  const Layer original = filled();
  Layer copy;
  nop::leaves_from_arrays(copy, "part.", written(original), "file");
  CHECK(copy.weight.value().to_host() == original.weight.value().to_host());
  CHECK(copy.mean.to_host() == original.mean.to_host());
}

TEST_CASE("arrays under other prefixes are left alone") {
  auto file = written(filled());
  file.tensors.add("elsewhere", nop::make_array(std::vector<float>{1}, {1}));
  Layer copy;
  CHECK_NOTHROW(nop::leaves_from_arrays(copy, "part.", file, "file"));
}

TEST_CASE("a missing array, one too many, one of another shape or kind is refused by its name") {
  Layer copy;
  nop::SafeTensors empty;
  CHECK_THROWS_WITH_AS(nop::leaves_from_arrays(copy, "part.", empty, "file"),
                       doctest::Contains("'part.weight' is missing"), nop::FormatError);

  auto more = written(filled());
  more.tensors.add("part.more", nop::make_array(std::vector<float>{1}, {1}));
  CHECK_THROWS_WITH_AS(nop::leaves_from_arrays(copy, "part.", more, "file"),
                       doctest::Contains("belong to no part"), nop::FormatError);

  Layer larger = filled();
  larger.mean  = nop::Tensor<float, 1, nop::Cpu>(nop::Shape<1>{5});
  CHECK_THROWS_WITH_AS(nop::leaves_from_arrays(copy, "part.", written(larger), "file"),
                       doctest::Contains("'part.mean' should be of shape [4], but is of [5]"),
                       nop::FormatError);

  nop::SafeTensors real;
  real.tensors.add("part.weight", nop::make_array(std::vector<float>(12), {2, 3, 2}));
  real.tensors.add("part.mean", nop::make_array(std::vector<float>(4), {4}));
  CHECK_THROWS_WITH_AS(nop::leaves_from_arrays(copy, "part.", real, "file"),
                       doctest::Contains("'part.weight' should hold complex numbers"),
                       nop::FormatError);
}

TEST_CASE("a separable weight is written with its channel in front, and read back") {
  Diagonal layer;
  nop::SafeTensors file;
  nop::leaves_to_arrays(layer, "", file);
  CHECK(file.tensors.at("weight").shape() == std::vector<std::size_t>{2, 2, 3});
  CHECK(file.tensors.at("weight").values<double>() ==
        std::vector<double>{0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11});
  const auto values = layer.weight.value().to_host();
  layer.weight.mutable_value().fill(0);
  nop::leaves_from_arrays(layer, "", file, "test");
  CHECK(layer.weight.value().to_host() == values);
}

}  // namespace nop::test::leaves_test
