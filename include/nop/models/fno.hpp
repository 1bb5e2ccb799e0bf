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
#include <nop/layers/grid_embedding.hpp>
#include <nop/layers/grid_scaling.hpp>
#include <nop/layers/layer_grids.hpp>
#include <nop/layers/lifting.hpp>
#include <nop/models/fno_config.hpp>
#include <nop/models/run.hpp>

#include <cstddef>
#include <vector>

namespace nop {

/// Fourier neural operator: a map between functions on a box, learned on any grid, used on any
/// other.
///
///     lift -> FourierLayer x depth -> project
///
/// Takes [batch, in_channels, grid...] to [batch, out_channels, grid...]. Lifting and projection
/// are channel MLPs. Called with an Rng, dropout is active. Called with a grid, it gives the result
/// there, on the same box: super-resolution; called with LayerGrids, each layer answers on its own.
/// `Fno<2, Cpu, std::complex<float>>` is one of complex fields (layers/fourier_layer.hpp), Tfno one
/// whose spectral weights may be made of factors (tfno.hpp).
///
/// Li, Kovachki, Azizzadenesheli, Liu, Bhattacharya, Stuart, Anandkumar, "Fourier neural operator
/// for parametric partial differential equations", ICLR 2021.
template <std::size_t Dim, backend Backend = Cpu, scalar Element = float,
          WeightForms Forms = WeightForms::dense>
class Fno {
  using Mlp = ChannelMlp<Backend, real_of<Element>>;

 public:
  static constexpr std::size_t dimensions = Dim;
  static constexpr const char* name       = "Fno";

  using BackendType = Backend;
  using Config      = FnoConfig<Dim>;
  template <backend Other>
  using On = Fno<Dim, Other, Element, Forms>;

  /// Throws PreconditionError without channels or layers, for a scaling that is not one per layer,
  /// a ratio that leaves no hidden channel, and where a layer does.
  Fno(const Config& config, const Initializer& init);

  /// The result on the grid of `x`, or what the layers scale it to: [batch, in_channels, grid...]
  /// to [batch, out_channels, output_grid(grid)...]. Throws PreconditionError for other channels
  /// and an empty grid.
  template <field_like<Dim, Backend, Element> Field, context... Context>
  auto operator()(const Field& x, Context&&... context) const {
    return (*this)(x, output_grid(grid_of(x.shape())), context...);
  }

  /// The result on another grid of the same box, on which the last layer answers. Throws
  /// PreconditionError if it has no points.
  template <field_like<Dim, Backend, Element> Field, context... Context>
  auto operator()(const Field& x, const Shape<Dim>& grid, Context&&... context) const {
    const auto own = detail::grid_of_input(x.shape(), config_.in_channels, "Fno");
    expects(element_count(grid) > 0, "Fno: expected a grid of at least one point, got ", grid);
    return answer(x, padded_grids(own, grid), grid, context...);
  }

  /// The result on the last of these grids, each layer's on its own.
  template <field_like<Dim, Backend, Element> Field, context... Context>
  auto operator()(const Field& x, const LayerGrids<Dim>& grids, Context&&... context) const {
    const auto own    = detail::grid_of_input(x.shape(), config_.in_channels, "Fno");
    const auto padded = detail::with_margins(grids, padding_, own, layers_.size(), "Fno");
    return answer(x, padded, grids.grids.back(), context...);
  }

  /// The grid of the result for an input on this grid, if no other is asked for.
  [[nodiscard]] Shape<Dim> output_grid(Shape<Dim> grid) const {
    for (std::size_t layer = 0; layer < layers_.size(); ++layer) grid = scaled(grid, layer);
    return grid;
  }

  /// Reads `x` and writes `y` where they are, somebody's arrays of shape [batch, in_channels,
  /// grid...] and [batch, out_channels, output_grid(grid)...]. May be called from many threads at
  /// once. Throws PreconditionError for other shapes.
  void run(const TensorView<const Element, Dim + 2, Backend>& x,
           const TensorView<Element, Dim + 2, Backend>& y) const {
    detail::run_model(*this, config_.out_channels, x, y);
  }

  /// Uses other modes from now on, any number of those that weights are stored for: few at first
  /// and more as training goes on, say. Throws PreconditionError for 0 or more of them.
  void set_modes(const Shape<Dim>& modes) {
    for (auto& layer : layers_) layer.set_modes(modes);
    config_.modes = modes;
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
    visit("projection", self.projection_);
  }

 private:
  using Layer = FourierLayer<Dim, Backend, Element, Forms>;

  static const Config& checked(const Config& config) {
    expects(
        config.in_channels > 0 && config.out_channels > 0 && config.width > 0 && config.depth > 0,
        "Fno: expected at least one channel in, out and between, and one layer, got ",
        config.in_channels, ", ", config.out_channels, ", ", config.width, " and ", config.depth);
    expects(config.scaling.empty() || config.scaling.size() == config.depth,
            "Fno: expected no scaling or one for each of ", config.depth, " layers, got ",
            config.scaling.size());
    expects(config.activated_layers.value_or(0) <= config.depth,
            "Fno: expected an activation after at most ", config.depth, " layers, got ",
            config.activated_layers.value_or(0));
    return config;
  }
  static std::size_t hidden(const Config& config, double ratio, std::size_t layers) {
    if (layers == 0) return 0;
    const double channels = static_cast<double>(config.width) * ratio;
    expects(channels >= 1 && channels < 1e9,
            "Fno: expected a ratio that leaves 1 to 1e9 hidden channels, got ", ratio);
    return static_cast<std::size_t>(channels);
  }
  static typename Layer::Config layer_config(const Config& config, std::size_t layer) {
    return {.in_channels            = config.width,
            .out_channels           = config.width,
            .modes                  = config.modes,
            .is_last                = layer >= config.activated_layers.value_or(config.depth - 1),
            .activation             = config.activation,
            .order                  = config.order,
            .stabilizer             = config.stabilizer,
            .skip                   = config.skip,
            .skip_kernel            = config.skip_kernel,
            .norm                   = config.norm,
            .norm_groups            = config.norm_groups,
            .norm_embedding         = config.norm_embedding,
            .channel_mlp            = config.channel_mlp,
            .channel_mlp_skip       = config.channel_mlp_skip,
            .channel_mlp_expansion  = config.channel_mlp_expansion,
            .channel_mlp_activation = config.channel_mlp_activation,
            .channel_mlp_dropout    = config.channel_mlp_dropout,
            .interpolation          = config.interpolation,
            .engine                 = config.engine,
            .max_modes              = config.max_modes,
            .weight                 = config.weight,
            .semantics              = config.semantics};
  }

  /// The result on `grid`, by layers that answer on `padded` grids.
  template <field Field, class... Context>
  field_as<Field, Element, Dim + 2> answer(const Field& x, const HostVector<Shape<Dim>>& padded,
                                           const Shape<Dim>& grid, Context&... context) const;

  /// The grids, with their margins, on which the layers take a field on `own` to a result on
  /// `grid`.
  [[nodiscard]] HostVector<Shape<Dim>> padded_grids(const Shape<Dim>& own,
                                                    const Shape<Dim>& grid) const {
    return detail::with_margins(
        [this](const Shape<Dim>& here, std::size_t layer) { return scaled(here, layer); }, grid,
        padding_, own, layers_.size());
  }

  [[nodiscard]] Shape<Dim> scaled(const Shape<Dim>& grid, std::size_t layer) const {
    return config_.scaling.empty() ? grid : scaled_grid(grid, config_.scaling[layer]);
  }

  Config config_;
  DomainPadding<Dim> padding_;
  Lifting<Dim, Backend, Element> lifting_;
  std::vector<Layer> layers_;
  LayerOn<Element, Mlp> projection_;
};

template <std::size_t Dim, backend Backend, scalar Element, WeightForms Forms>
Fno<Dim, Backend, Element, Forms>::Fno(const Config& config, const Initializer& init)
    : config_(checked(config)),
      padding_(config.domain_padding, config.padding_points, config.padding_sides),
      lifting_({.in_channels          = config.in_channels,
                .hidden_channels      = hidden(config, config.lifting_ratio, config.lifting_layers),
                .out_channels         = config.width,
                .activation           = config.activation,
                .positional_embedding = config.positional_embedding,
                .box                  = config.box,
                .hidden_layers        = config.lifting_layers},
               init),
      projection_(layer_on<Element, Mlp>(
          ComplexParts::mixed,
          typename Mlp::Config{
              .in_channels     = config.width,
              .hidden_channels = hidden(config, config.projection_ratio, config.projection_layers),
              .out_channels    = config.out_channels,
              .activation      = config.projection_activation.value_or(config.activation),
              .hidden_layers   = config.projection_layers},
          init)) {
  for (std::size_t layer = 0; layer < config.depth; ++layer)
    layers_.emplace_back(layer_config(config, layer), init);
  config_.max_modes = layers_.front().convolution().config().max_modes;
}

template <std::size_t Dim, backend Backend, scalar Element, WeightForms Forms>
template <field Field, class... Context>
field_as<Field, Element, Dim + 2> Fno<Dim, Backend, Element, Forms>::answer(
    const Field& x, const HostVector<Shape<Dim>>& padded, const Shape<Dim>& grid,
    Context&... context) const {
  auto u = lifting_(x);
  if (!padding_.is_none()) u = padding_.padded(u);
  for (std::size_t layer = 0; layer < layers_.size(); ++layer)
    u = layers_[layer](u, padded[layer], context...);
  if (!padding_.is_none()) u = padding_.unpadded(u, grid_of(x.shape()), grid);
  return projection_(u);
}

}  // namespace nop
