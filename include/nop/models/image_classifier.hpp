// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/backend/cpu.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/shape.hpp>
#include <nop/layers/channel_linear.hpp>
#include <nop/layers/context.hpp>
#include <nop/layers/init.hpp>
#include <nop/layers/local_conv.hpp>
#include <nop/ops/activation.hpp>
#include <nop/ops/axes.hpp>
#include <nop/ops/pixel_shuffle.hpp>

#include <cstddef>

namespace nop {

/// What an ImageClassifier is made of, in any precision.
template <std::size_t Dim>
struct ImageClassifierConfig {
  std::size_t in_channels;
  std::size_t classes;
  Shape<Dim> grid;            ///< points along each axis, multiples of 4
  std::size_t width    = 16;  ///< channels of the first convolution; twice as many of each next
  std::size_t features = 64;

  template <class Self>
  static void fields(Self& self, auto&& visit) {
    visit("in_channels", self.in_channels);
    visit("classes", self.classes);
    visit("grid", self.grid);
    visit("width", self.width);
    visit("features", self.features);
  }
};

/// A small convolutional network that says what a picture shows, and by what it says so: features
/// in which sets of pictures are compared.
///
///     model(x)            logits [batch, classes]
///     model.features(x)   [batch, features], 0 or more each
///
/// of pictures [batch, in_channels, grid...]. Three convolutions of 3 points along each axis,
/// before the first two of which blocks of 2 points along each axis become channels, a layer of
/// features and one of classes; ReLU between them.
template <std::size_t Dim, backend Backend = Cpu, real Real = float>
class ImageClassifier {
 public:
  static constexpr std::size_t dimensions = Dim;
  static constexpr const char* name       = "ImageClassifier";

  using BackendType = Backend;
  using Element     = Real;
  using Config      = ImageClassifierConfig<Dim>;
  template <backend Other>
  using On = ImageClassifier<Dim, Other, Real>;

  ImageClassifier(const Config& config, const Initializer& init)
      : config_(checked(config)),
        first_(convolution(block * config.in_channels, config.width), init),
        second_(convolution(block * config.width, 2 * config.width), init),
        third_(convolution(2 * config.width, 4 * config.width), init),
        features_({.in_channels  = 4 * config.width * points(config),
                   .out_channels = config.features,
                   .start        = WeightStart::fan_average},
                  init),
        classes_({.in_channels  = config.features,
                  .out_channels = config.classes,
                  .start        = WeightStart::fan_average},
                 init) {}

  /// Throws PreconditionError if channels or grid do not fit.
  template <field_like<Dim, Backend, Real> X>
  auto features(const X& x) const {
    const auto expected = joined(Shape<2>{x.extent(0), config_.in_channels}, config_.grid);
    expects(x.shape() == expected, "ImageClassifier: expected pictures of shape ", expected,
            ", got ", x.shape());
    const auto fine   = relu(first_(pixel_unshuffle(x, 2)));
    const auto middle = relu(second_(pixel_unshuffle(fine, 2)));
    const auto coarse = relu(third_(middle));
    return relu(
        features_(reshape(coarse, Shape<2>{x.extent(0), element_count(coarse.shape(), 1)})));
  }

  /// It has nothing to be told; a context is there as in any model.
  template <field_like<Dim, Backend, Real> X, context... Context>
  auto operator()(const X& x, Context&&...) const {
    return classes_(features(x));
  }

  [[nodiscard]] const Config& config() const { return config_; }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("first", self.first_);
    visit("second", self.second_);
    visit("third", self.third_);
    visit("features", self.features_);
    visit("classes", self.classes_);
  }

 private:
  using Convolution = LocalConv<Dim, Backend, Real>;

  static constexpr std::size_t block = std::size_t{1} << Dim;  ///< points

  static const Config& checked(const Config& config) {
    bool fits =
        config.in_channels > 0 && config.classes > 0 && config.width > 0 && config.features > 0;
    for (const std::size_t along : config.grid) fits = fits && along > 0 && along % 4 == 0;
    expects(fits,
            "ImageClassifier: expected channels, classes, a width and features above 0 and a grid "
            "of multiples of 4 points, got ",
            config.in_channels, ", ", config.classes, ", ", config.width, ", ", config.features,
            " and ", config.grid);
    return config;
  }
  /// Of the coarsest grid.
  static std::size_t points(const Config& config) {
    auto grid = config.grid;
    for (std::size_t axis = 0; axis < Dim; ++axis) grid[axis] /= 4;
    return element_count(grid);
  }
  static typename Convolution::Config convolution(std::size_t in, std::size_t out) {
    return {.in_channels  = in,
            .out_channels = out,
            .kernel       = uniform_shape<Dim>(3),
            .bias         = true,
            .start        = WeightStart::fan_average};
  }

  Config config_;
  Convolution first_, second_, third_;
  ChannelLinear<Backend, Real> features_, classes_;
};

}  // namespace nop
