// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/checkpoint.hpp>
#include <nop/models/image_classifier.hpp>
#include <nop/training/adam.hpp>
#include <nop/training/cross_entropy.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace nop::test::image_classifier_test {

using Classifier = nop::ImageClassifier<2, Cpu, double>;

namespace {

Classifier trained() {
  nop::Rng rng(1);
  Classifier model({.in_channels = 2, .classes = 3, .grid = {4, 8}, .width = 2, .features = 5},
                   rng);
  std::uint64_t seed = 10;
  nop::for_each_parameter(model, [&seed](const std::string&, auto& parameter) {
    parameter.assign(random_field(parameter.shape(), ++seed));
  });
  return model;
}

/// One picture, by channel and point.
using Picture = std::vector<std::vector<double>>;

/// relu of a convolution by 3 x 3 points, whose weight is [3, 3, out, in].
Picture convolved(const Classifier& model, const std::string& name, const Picture& x,
                  const Shape<2>& grid) {
  const auto w    = parameter_of<nop::Parameter<double, 4, Cpu>>(model, name + ".weight").value();
  const auto bias = parameter_of<nop::Parameter<double, 1, Cpu>>(model, name + ".bias").value();
  Picture y(bias.extent(0), std::vector<double>(element_count(grid)));
  for (std::size_t o = 0; o < y.size(); ++o)
    for (std::size_t row = 0; row < grid[0]; ++row)
      for (std::size_t column = 0; column < grid[1]; ++column) {
        double sum = bias.view()(o);
        for (std::size_t i = 0; i < x.size(); ++i)
          for (std::size_t r = 0; r < 3; ++r)
            for (std::size_t c = 0; c < 3; ++c)
              if (row + r >= 1 && row + r <= grid[0] && column + c >= 1 && column + c <= grid[1])
                sum += w.view()(r, c, o, i) * x[i][(row + r - 1) * grid[1] + column + c - 1];
        y[o][row * grid[1] + column] = std::max(0.0, sum);
      }
  return y;
}

/// Blocks of 2 x 2 points as channels of a grid of half as many.
Picture blocks_of(const Picture& x, const Shape<2>& grid) {
  Picture y(4 * x.size(), std::vector<double>(element_count(grid) / 4));
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t row = 0; row < grid[0]; ++row)
      for (std::size_t column = 0; column < grid[1]; ++column)
        y[4 * i + row % 2 * 2 + column % 2][row / 2 * (grid[1] / 2) + column / 2] =
            x[i][row * grid[1] + column];
  return y;
}

std::vector<double> affine(const Classifier& model, const std::string& name,
                           const std::vector<double>& x) {
  const auto w = parameter_of<nop::Parameter<double, 2, Cpu>>(model, name + ".weight").value();
  auto y = parameter_of<nop::Parameter<double, 1, Cpu>>(model, name + ".bias").value().to_host();
  for (std::size_t o = 0; o < y.size(); ++o)
    for (std::size_t i = 0; i < x.size(); ++i) y[o] += w.view()(o, i) * x[i];
  return y;
}

}  // namespace

TEST_CASE("an image classifier is its definition") {
  const auto model    = trained();
  const auto x        = random_field(Shape<4>{2, 2, 4, 8}, 2);
  const auto features = model.features(x).to_host(), logits = model(x).to_host();
  for (std::size_t b = 0; b < 2; ++b) {
    Picture h(2, std::vector<double>(32));
    for (std::size_t i = 0; i < 64; ++i) h[i / 32][i % 32] = x.to_host()[b * 64 + i];
    h = convolved(model, "first", blocks_of(h, {4, 8}), {2, 4});
    h = convolved(model, "second", blocks_of(h, {2, 4}), {1, 2});
    h = convolved(model, "third", h, {1, 2});
    std::vector<double> flat;
    for (const auto& channel : h) flat.insert(flat.end(), channel.begin(), channel.end());
    auto expected = affine(model, "features", flat);
    for (double& value : expected) value = std::max(0.0, value);
    CHECK(worst_error(std::vector<double>(&features[5 * b], &features[5 * b] + 5), expected) <
          1e-12);
    CHECK(worst_error(std::vector<double>(&logits[3 * b], &logits[3 * b] + 3),
                      affine(model, "classes", expected)) < 1e-12);
  }
}

TEST_CASE("an image classifier has right gradients by its pictures and its parameters") {
  nop::test::check_gradients(trained(), random_field(Shape<4>{2, 2, 4, 8}, 2));
}

TEST_CASE("an image classifier learns on which side a picture is bright") {
  nop::Rng rng(3);
  nop::ImageClassifier<1> model(
      {.in_channels = 1, .classes = 2, .grid = {8}, .width = 4, .features = 8}, rng);
  const auto made = [](std::uint64_t seed, std::vector<std::size_t>& labels) {
    const nop::RandomStream random(seed, 0);
    std::vector<float> values;
    labels.clear();
    for (std::size_t b = 0; b < 64; ++b) {
      labels.push_back(random.uniform(1000 + b) < 0.5 ? 0 : 1);
      for (std::size_t p = 0; p < 8; ++p)
        values.push_back(static_cast<float>(0.5 * random.normal(8 * b + p) +
                                            (p / 4 == labels.back() ? 0.5 : -0.5)));
    }
    return field_of<float>(Shape<3>{64, 1, 8}, values);
  };
  std::vector<std::size_t> labels;
  const auto test        = made(99, labels);
  const auto test_labels = labels;
  CHECK(nop::accuracy(model(test), test_labels) < 0.8);
  nop::Adam optimizer({.learning_rate = 3e-3});
  for (std::uint64_t step = 0; step < 60; ++step) {
    const auto images = made(step, labels);
    nop::Tape tape;
    const auto loss = nop::cross_entropy(model(tape.input(images)), labels);
    optimizer.step(model, tape.gradient(loss));
  }
  CHECK(nop::accuracy(model(test), test_labels) > 0.95);
}

TEST_CASE("an image classifier is read from a file as it was written") {
  const auto model = trained();
  nop::SafeTensors file;
  nop::model_to_file(model, "", file);
  const auto x = random_field(Shape<4>{2, 2, 4, 8}, 2);
  CHECK(nop::model_from_file<Classifier>("", file, "memory")(x).to_host() == model(x).to_host());
}

TEST_CASE("an image classifier refuses other pictures and grids it cannot halve twice") {
  CHECK_THROWS_WITH_AS((void)trained()(random_field(Shape<4>{2, 2, 8, 8})),
                       "ImageClassifier: expected pictures of shape [2, 2, 4, 8], got [2, 2, 8, 8]",
                       nop::PreconditionError);
  nop::Rng rng(1);
  CHECK_THROWS_WITH_AS(
      Classifier({.in_channels = 1, .classes = 10, .grid = {28, 30}}, rng),
      "ImageClassifier: expected channels, classes, a width and features above 0 and a grid of "
      "multiples of 4 points, got 1, 10, 16, 64 and [28, 30]",
      nop::PreconditionError);
}

}  // namespace nop::test::image_classifier_test
