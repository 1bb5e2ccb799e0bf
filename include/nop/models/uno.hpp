// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/backend/cpu.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/host_memory.hpp>
#include <nop/core/view.hpp>
#include <nop/layers/channel_mlp.hpp>
#include <nop/layers/context.hpp>
#include <nop/layers/domain_padding.hpp>
#include <nop/layers/fourier_layer.hpp>
#include <nop/layers/grid_scaling.hpp>
#include <nop/layers/layer_grids.hpp>
#include <nop/layers/lifting.hpp>
#include <nop/models/run.hpp>
#include <nop/models/uno_config.hpp>
#include <nop/ops/axes.hpp>
#include <nop/ops/resample.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

namespace nop {

/// U-shaped neural operator: Fourier layers on grids that become coarser and finer again, the
/// earlier ones passed across to the later ones.
///
///     lift -> FourierLayer x layers, each on its own grid, with skips across -> project
///
/// Takes [batch, in_channels, grid...] to [batch, out_channels, grid...], where the grid of the
/// result is that of the input times the product of all scalings, or the one it is called with.
/// Called with LayerGrids, each layer answers on its own. Called with an Rng, dropout is active.
///
/// Rahman, Ross, Azizzadenesheli, "U-NO: U-shaped neural operators", TMLR 2023.
template <std::size_t Dim, backend Backend = Cpu, real Real = float,
          WeightForms Forms = WeightForms::dense>
class Uno {
 public:
  static constexpr std::size_t dimensions = Dim;
  static constexpr const char* name       = "Uno";

  using BackendType = Backend;
  using Config      = UnoConfig<Dim>;
  template <backend Other>
  using On = Uno<Dim, Other, Real, Forms>;

  Uno(const Config& config, const Initializer& init);

  /// The result on `output_grid` of the grid of `x`.
  template <field_like<Dim, Backend, Real> Field, context... Context>
  auto operator()(const Field& x, Context&&... context) const {
    return (*this)(x, output_grid(grid_of(x.shape())), context...);
  }

  /// The result on another grid of the same box, on which the last layer answers. Throws
  /// PreconditionError if it has no points.
  template <field_like<Dim, Backend, Real> Field, context... Context>
  auto operator()(const Field& x, const Shape<Dim>& grid, Context&&... context) const {
    const auto own = detail::grid_of_input(x.shape(), config_.in_channels, "Uno");
    expects(element_count(grid) > 0, "Uno: expected a grid of at least one point, got ", grid);
    return answer(x, padded_grids(own, grid), grid, context...);
  }

  /// The result on the last of these grids, each layer's on its own.
  template <field_like<Dim, Backend, Real> Field, context... Context>
  auto operator()(const Field& x, const LayerGrids<Dim>& grids, Context&&... context) const {
    const auto own    = detail::grid_of_input(x.shape(), config_.in_channels, "Uno");
    const auto padded = detail::with_margins(grids, padding_, own, layers_.size(), "Uno");
    return answer(x, padded, grids.grids.back(), context...);
  }

  /// The grid of the result for an input on this grid, if no other is asked for: scaled once, by
  /// the product of all scalings.
  [[nodiscard]] Shape<Dim> output_grid(const Shape<Dim>& grid) const {
    GridScaling<Dim> total;
    total.fill(1);
    for (const auto& layer : config_.layers)
      for (std::size_t axis = 0; axis < Dim; ++axis) total[axis] *= layer.scaling[axis];
    return scaled_grid(grid, total);
  }

  /// Reads `x` and writes `y` where they are, somebody's arrays of shape [batch, in_channels,
  /// grid...] and [batch, out_channels, output_grid(grid)...]. May be called from many threads at
  /// once.
  void run(const TensorView<const Real, Dim + 2, Backend>& x,
           const TensorView<Real, Dim + 2, Backend>& y) const {
    detail::run_model(*this, config_.out_channels, x, y);
  }

  /// Does a field on this grid get another answer than with exact semantics?
  [[nodiscard]] bool differs_from_exact(const Shape<Dim>& grid) const {
    return detail::differ_from_exact(layers_, padding_.padded_grid(grid, grid),
                                     padded_grids(grid, output_grid(grid)));
  }

  [[nodiscard]] const Config& config() const { return config_; }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("lifting", self.lifting_);
    visit("layers", self.layers_);
    visit("horizontal_skips", self.horizontal_skips_);
    visit("projection", self.projection_);
  }

 private:
  using Layer = FourierLayer<Dim, Backend, Real, Forms>;

  /// The result on `grid`, by layers that answer on `padded` grids.
  template <field Field, class... Context>
  field_as<Field, Real, Dim + 2> answer(const Field& x, const HostVector<Shape<Dim>>& padded,
                                        const Shape<Dim>& grid, Context&... context) const;

  /// The grids, with their margins, on which the layers take a field on `own` to a result on
  /// `grid`.
  [[nodiscard]] HostVector<Shape<Dim>> padded_grids(const Shape<Dim>& own,
                                                    const Shape<Dim>& grid) const {
    return detail::with_margins(
        [this](const Shape<Dim>& here, std::size_t layer) {
          return scaled_grid(here, config_.layers[layer].scaling);
        },
        grid, padding_, own, layers_.size());
  }

  static const Config& checked(const Config& config) {
    expects(config.in_channels > 0 && config.out_channels > 0 && config.width > 0 &&
                !config.layers.empty(),
            "Uno: expected at least one channel in, out and between, and one layer, got ",
            config.in_channels, ", ", config.out_channels, ", ", config.width, " and ",
            config.layers.size());
    return config;
  }

  /// For each layer the one whose result is appended to its input.
  static std::vector<std::optional<std::size_t>> sources(const Config& config) {
    const std::size_t depth = config.layers.size();
    std::vector<std::optional<std::size_t>> sources(depth);
    for (const auto& [from, to] : config.horizontal_skips.value_or(mirrored_skips(depth))) {
      expects(from < to && to < depth && !sources[to],
              "Uno: expected horizontal skips to later ones of ", depth,
              " layers, one to each at most, got one from layer ", from, " to layer ", to);
      expects(config.horizontal_skip != SkipKind::none,
              "Uno: expected a kind of horizontal skip that passes something, got none");
      sources[to] = from;
    }
    return sources;
  }

  [[nodiscard]] typename Layer::Config layer_config(std::size_t layer) const {
    const auto& layers = config_.layers;
    const auto source  = sources_[layer];
    return {.in_channels = (layer == 0 ? config_.width : layers[layer - 1].out_channels) +
                           (source ? layers[*source].out_channels : 0),
            .out_channels           = layers[layer].out_channels,
            .modes                  = layers[layer].modes,
            .is_last                = !config_.activation_between || layer + 1 == layers.size(),
            .activation             = config_.activation,
            .order                  = config_.order,
            .stabilizer             = config_.stabilizer,
            .skip                   = config_.skip,
            .skip_kernel            = config_.skip_kernel,
            .norm                   = config_.norm,
            .norm_groups            = config_.norm_groups,
            .norm_embedding         = config_.norm_embedding,
            .channel_mlp            = config_.channel_mlp,
            .channel_mlp_skip       = config_.channel_mlp_skip,
            .channel_mlp_expansion  = config_.channel_mlp_expansion,
            .channel_mlp_activation = config_.channel_mlp_activation,
            .channel_mlp_dropout    = config_.channel_mlp_dropout,
            .interpolation          = config_.interpolation,
            .engine                 = config_.engine,
            .weight                 = config_.weight,
            .semantics              = config_.semantics};
  }

  Config config_;
  std::vector<std::optional<std::size_t>> sources_;
  DomainPadding<Dim> padding_;
  Lifting<Dim, Backend, Real> lifting_;
  std::vector<Layer> layers_;
  std::vector<std::optional<Skip<Backend, Real>>> horizontal_skips_;
  ChannelMlp<Backend, Real> projection_;
};

template <std::size_t Dim, backend Backend, real Real, WeightForms Forms>
Uno<Dim, Backend, Real, Forms>::Uno(const Config& config, const Initializer& init)
    : config_(checked(config)),
      sources_(sources(config)),
      padding_(config.domain_padding, config.padding_points, config.padding_sides),
      lifting_({.in_channels          = config.in_channels,
                .hidden_channels      = config.lifting_channels,
                .out_channels         = config.width,
                .positional_embedding = config.positional_embedding,
                .box                  = config.box},
               init),
      horizontal_skips_(config.layers.size()),
      projection_({.in_channels     = config.layers.back().out_channels,
                   .hidden_channels = config.projection_channels,
                   .out_channels    = config.out_channels,
                   .activation      = config.activation},
                  init) {
  for (std::size_t layer = 0; layer < config.layers.size(); ++layer)
    layers_.emplace_back(layer_config(layer), init);
  for (const auto source : sources_)
    if (source && !horizontal_skips_[*source]) {
      const std::size_t channels = config.layers[*source].out_channels;
      horizontal_skips_[*source].emplace(
          typename Skip<Backend, Real>::Config{
              .kind = config.horizontal_skip, .in_channels = channels, .out_channels = channels},
          init);
    }
}

template <std::size_t Dim, backend Backend, real Real, WeightForms Forms>
template <field Field, class... Context>
field_as<Field, Real, Dim + 2> Uno<Dim, Backend, Real, Forms>::answer(
    const Field& x, const HostVector<Shape<Dim>>& padded, const Shape<Dim>& grid,
    Context&... context) const {
  auto u = lifting_(x);
  if (!padding_.is_none()) u = padding_.padded(u);
  HostVector<std::optional<decltype(u)>> passed(layers_.size());
  for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
    if (const auto source = sources_[layer])
      u = concat_channels(u, resample(*passed[*source], grid_of(u.shape()), config_.interpolation));
    u = layers_[layer](u, padded[layer], context...);
    if (horizontal_skips_[layer]) passed[layer] = (*horizontal_skips_[layer])(u);
  }
  if (!padding_.is_none()) u = padding_.unpadded(u, grid_of(x.shape()), grid);
  return projection_(u);
}

}  // namespace nop
