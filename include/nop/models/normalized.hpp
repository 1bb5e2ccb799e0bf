// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/view.hpp>
#include <nop/layers/context.hpp>
#include <nop/layers/layer_grids.hpp>
#include <nop/layers/normalizer.hpp>
#include <nop/models/run.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

namespace nop {

namespace detail {

/// The types of the fields that a model takes and gives, by its `run`.
template <class Run>
struct FieldTypes;
template <class Model, class E, std::size_t Rank, class B>
struct FieldTypes<void (Model::*)(const TensorView<const E, Rank, B>&,
                                  const TensorView<E, Rank, B>&) const> {
  using Element = E;
  using Backend = B;
};

/// "Normalized<Fno>" and such.
template <class Model>
struct NormalizedName {
  static constexpr auto text = [] {
    constexpr std::string_view outer = "Normalized<", inner = Model::name;
    std::array<char, outer.size() + inner.size() + 2> joined{};
    std::copy(outer.begin(), outer.end(), joined.begin());
    std::copy(inner.begin(), inner.end(), joined.begin() + outer.size());
    joined[outer.size() + inner.size()] = '>';
    return joined;
  }();
};

}  // namespace detail

/// What a Normalized is made of.
template <class ModelConfig, std::size_t Dim>
struct NormalizedConfig {
  ModelConfig model;
  NormalizerKind input  = NormalizerKind::per_channel;
  NormalizerKind output = NormalizerKind::per_channel;
  Shape<Dim> grid       = {};  ///< of statistics per point; `fit` sets it

  template <class Self>
  static void fields(Self& self, auto&& visit) {
    visit("model", self.model);
    visit("input", self.input);
    visit("output", self.output);
    visit("grid", self.grid);
  }
};

/// A model that works on normalised fields, between two normalizers: takes and gives physical
/// units.
///
///     Normalized<Fno<2>> model({.model = {...}}, rng);
///     model.fit(train.inputs(), train.targets());
///
/// A loss of its result is one in physical units. To train in normalised units, train `model()` on
/// encoded data. The statistics are members, so they travel with the model in its file. Fields may
/// be complex.
template <class Model>
class Normalized {
  using Fields  = detail::FieldTypes<decltype(&Model::run)>;
  using Backend = typename Fields::Backend;
  using Element = typename Fields::Element;

 public:
  static constexpr std::size_t dimensions = Model::dimensions;
  static constexpr const char* name       = detail::NormalizedName<Model>::text.data();
  using Data                              = Tensor<Element, dimensions + 2, Backend>;
  using Normal                            = Normalizer<dimensions, Backend, Element>;
  using BackendType                       = Backend;
  using Config                            = NormalizedConfig<typename Model::Config, dimensions>;
  template <backend Other, class Same = Model>  // looked up only where asked for
  using On = Normalized<typename Same::template On<Other>>;

  /// With normalizers that change nothing, until `fit`.
  Normalized(const Config& config, const Initializer& init)
      : config_(config),
        input_({.kind = config.input, .channels = config.model.in_channels, .grid = config.grid},
               init),
        model_(config.model, init),
        output_({.kind = config.output, .channels = config.model.out_channels, .grid = config.grid},
                init) {}

  /// Measures the statistics of both sides, such as those of the training data. Throws
  /// PreconditionError if the channels are not the model's, if there is too little data, or if
  /// statistics per point are to be on two different grids.
  void fit(const Data& inputs, const Data& targets) {
    expects(inputs.extent(1) == config_.model.in_channels &&
                targets.extent(1) == config_.model.out_channels,
            "Normalized::fit: expected ", config_.model.in_channels, " channels in and ",
            config_.model.out_channels, " out, got ", inputs.shape(), " and ", targets.shape());
    expects(config_.input != NormalizerKind::per_point ||
                config_.output != NormalizerKind::per_point ||
                grid_of(inputs.shape()) == grid_of(targets.shape()),
            "Normalized::fit: expected one grid for statistics per point, got ", inputs.shape(),
            " and ", targets.shape());
    input_  = Normal::fit(inputs, config_.input);
    output_ = Normal::fit(targets, config_.output);
    config_.grid =
        config_.input == NormalizerKind::per_point ? input_.config().grid : output_.config().grid;
  }

  /// decode(model(encode(x))): a field [batch, in_channels, grid...] to [batch, out_channels, ...]
  /// on the grid where the model answers, both in physical units. Throws PreconditionError where
  /// the model or a normalizer does.
  template <field_like<dimensions, Backend, Element> Field, context... Context>
  auto operator()(const Field& x, Context&&... context) const {
    return output_.decode(model_(input_.encode(x), context...));
  }

  /// The result on another grid of the same box, where the model can answer on one.
  template <field_like<dimensions, Backend, Element> Field, context... Context>
  auto operator()(const Field& x, const Shape<dimensions>& grid, Context&&... context) const {
    return output_.decode(model_(input_.encode(x), grid, context...));
  }

  template <field_like<dimensions, Backend, Element> Field, context... Context>
  auto operator()(const Field& x, const LayerGrids<dimensions>& grids, Context&&... context) const {
    return output_.decode(model_(input_.encode(x), grids, context...));
  }

  [[nodiscard]] Shape<dimensions> output_grid(const Shape<dimensions>& grid) const {
    return model_.output_grid(grid);
  }

  /// Reads `x` and writes `y` where they are, like the model's own `run`.
  void run(const TensorView<const Element, dimensions + 2, Backend>& x,
           const TensorView<Element, dimensions + 2, Backend>& y) const {
    detail::run_model(*this, config_.model.out_channels, x, y);
  }

  [[nodiscard]] const Config& config() const { return config_; }
  [[nodiscard]] Model& model() { return model_; }
  [[nodiscard]] const Model& model() const { return model_; }
  [[nodiscard]] const Normal& input_normalizer() const { return input_; }
  [[nodiscard]] const Normal& output_normalizer() const { return output_; }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("input", self.input_);
    visit("model", self.model_);
    visit("output", self.output_);
  }

 private:
  Config config_;
  Normal input_;
  Model model_;
  Normal output_;
};

}  // namespace nop
