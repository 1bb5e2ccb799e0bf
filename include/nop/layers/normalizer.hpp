// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/backend.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/functors.hpp>
#include <nop/core/math.hpp>
#include <nop/core/scalar.hpp>
#include <nop/layers/init.hpp>
#include <nop/ops/map.hpp>

#include <array>
#include <cstddef>
#include <optional>

namespace nop {

/// For what a Normalizer has a mean and a deviation of its own.
enum class NormalizerKind {
  none,         ///< nothing: fields pass as they are
  per_channel,  ///< each channel; serves every grid
  per_point     ///< each point of each channel; serves the grid of its data only
};
constexpr auto enumerator_names(NormalizerKind) {
  return std::to_array<const char*>({"none", "per_channel", "per_point"});
}

/// What a Normalizer has statistics of.
template <std::size_t Dim>
struct NormalizerConfig {
  NormalizerKind kind = NormalizerKind::none;
  std::size_t channels;
  Shape<Dim> grid = {};  ///< of statistics per point
};

namespace detail {

/// What a deviation is divided and multiplied by: keeps apart what never changes in the data from a
/// division by zero.
template <class T>
constexpr T kept_apart(T deviation) {
  return deviation + constant<T>(1e-7);
}

/// The maps of a Normalizer, of a value, a mean and a deviation, and how gradients pass them.
struct Encoded {
  constexpr auto operator()(auto v, auto m, auto d) const { return (v - m) / kept_apart(d); }
};
struct EncodedPullback {
  constexpr auto operator()(auto g, auto, auto d) const { return g / kept_apart(d); }
};
struct Decoded {
  constexpr auto operator()(auto v, auto m, auto d) const { return v * kept_apart(d) + m; }
};
struct DecodedPullback {
  constexpr auto operator()(auto g, auto, auto d) const { return g * kept_apart(d); }
};

}  // namespace detail

/// Brings fields [batch, channel, grid...] to mean 0 and deviation 1 as measured on given data, and
/// back:
///
///     encode(u) = (u - mean) / (deviation + 1e-7),     decode is its inverse.
///
/// Of complex fields the mean is complex, and the deviation is one real number, the square root of
/// the mean of |u - mean|^2: encoding turns and stretches nothing. Gradients flow through both
/// maps. Mean and deviation are members that training leaves alone.
template <std::size_t Dim, backend Backend, scalar Element>
class Normalizer {
  using Real = real_of<Element>;

 public:
  using Data = Tensor<Element, Dim + 2, Backend>;

  using Config = NormalizerConfig<Dim>;
  template <backend Other>
  using On = Normalizer<Dim, Other, Element>;

  /// With mean 0 and deviation 1, until members are read from a file.
  Normalizer(const Config& config, const Initializer& init) : config_(config) {
    if (config.kind == NormalizerKind::none) return;
    mean_.emplace(init.normal<Element, Dim + 1, Backend>(statistics_shape(), 0));
    deviation_.emplace(init.normal<Real, Dim + 1, Backend>(statistics_shape(), 0));
    deviation_->fill(1);
  }

  /// Measures mean and unbiased standard deviation. Throws PreconditionError if there are fewer
  /// than two numbers to measure each of them on.
  static Normalizer fit(const Data& data, NormalizerKind kind) {
    Normalizer result({.kind = kind, .channels = data.extent(1), .grid = grid_of(data.shape())});
    if (kind != NormalizerKind::none) result.measure(data);
    return result;
  }

  [[nodiscard]] const Config& config() const { return config_; }

  /// (x - mean) / (deviation + 1e-7) of a field [batch, channel, grid...]; x itself where there is
  /// nothing to normalise by. Throws PreconditionError if the channels, or for statistics per point
  /// the grid, are not those of the statistics.
  template <field_like<Dim, Backend, Element> Field>
  [[nodiscard]] auto encode(const Field& x) const {
    check("Normalizer::encode", x.shape());
    return evaluate(
        [this](const auto& value) {
          return with_pullbacks(applied(value, detail::Encoded{}), [self = *this](const auto& g) {
            return self.applied(g, detail::EncodedPullback{});
          });
        },
        x);
  }

  /// x (deviation + 1e-7) + mean. Throws PreconditionError as `encode` does.
  template <field_like<Dim, Backend, Element> Field>
  [[nodiscard]] auto decode(const Field& x) const {
    check("Normalizer::decode", x.shape());
    return evaluate(
        [this](const auto& value) {
          return with_pullbacks(applied(value, detail::Decoded{}), [self = *this](const auto& g) {
            return self.applied(g, detail::DecodedPullback{});
          });
        },
        x);
  }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("mean", self.mean_);
    visit("deviation", self.deviation_);
  }

 private:
  using Mean      = Tensor<Element, Dim + 1, Backend>;
  using Deviation = Tensor<Real, Dim + 1, Backend>;

  explicit Normalizer(const Config& config) : config_(config) {
    if (config.kind != NormalizerKind::per_point) config_.grid = {};
  }

  [[nodiscard]] Shape<Dim + 1> statistics_shape() const {
    return joined(Shape<1>{config_.channels},
                  config_.kind == NormalizerKind::per_point ? config_.grid : uniform_shape<Dim>(1));
  }

  template <class Number>
  Operand<Number> statistic(Number* data, const Shape<3>& box) const {
    return config_.kind == NormalizerKind::per_point ? per_plane(data, box) : per_middle(data);
  }

  void measure(const Data& data) {
    const Shape<3> box      = channel_box(data.shape());
    const std::size_t count = config_.kind == NormalizerKind::per_point ? box[0] : box[0] * box[2];
    expects(count > 1 && data.size() > 0,
            "Normalizer::fit: expected at least two numbers per statistic, got data of shape ",
            data.shape());
    mean_.emplace(Mean::uninitialized(statistics_shape()));
    deviation_.emplace(Deviation::uninitialized(statistics_shape()));
    const auto average  = static_cast<Real>(1 / static_cast<double>(count));
    const auto unbiased = static_cast<Real>(1 / static_cast<double>(count - 1));
    Backend::sum(TimesConstant<Real>{average}, box, statistic(mean_->mutable_data(), box),
                 whole(data.data(), box));
    Backend::sum(Weighted<SquaredDistance, Real>{{}, unbiased}, box,
                 statistic(deviation_->mutable_data(), box), whole(data.data(), box),
                 statistic(mean_->data(), box));
    deviation_ = mapped(SquareRoot{}, *deviation_);
  }

  template <class Field, class F>
  [[nodiscard]] Field applied(const Field& x, const F& f) const {
    if (config_.kind == NormalizerKind::none) return x;
    const Shape<3> box = channel_box(x.shape());
    auto result        = Field::uninitialized(x.shape());
    Backend::map(f, box, whole(result.mutable_data(), box), whole(x.data(), box),
                 statistic(mean_->data(), box), statistic(deviation_->data(), box));
    return result;
  }

  void check(const char* function, const Shape<Dim + 2>& shape) const {
    if (config_.kind == NormalizerKind::none) return;
    expects(shape[1] == config_.channels, function, ": expected ", config_.channels,
            " channels, got a field of shape ", shape);
    expects(config_.kind == NormalizerKind::per_channel || grid_of(shape) == config_.grid, function,
            ": expected the grid ", config_.grid,
            " that the statistics per point belong to, got a field of shape ", shape);
  }

  Config config_;
  std::optional<Mean> mean_;
  std::optional<Deviation> deviation_;
};

/// A normalizer with the statistics of some data.
///
///     const auto normalizer = fit_normalizer(train.inputs(), NormalizerKind::per_channel);
template <scalar Element, std::size_t Rank, class Backend>
Normalizer<Rank - 2, Backend, Element> fit_normalizer(const Tensor<Element, Rank, Backend>& data,
                                                      NormalizerKind kind) {
  return Normalizer<Rank - 2, Backend, Element>::fit(data, kind);
}

}  // namespace nop
