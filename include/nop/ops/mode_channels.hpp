// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/operand.hpp>
#include <nop/ops/map.hpp>

#include <cstddef>

namespace nop {

namespace detail {

/// [lines, modes] to [modes, lines], or back.
template <class Result, class Source>
Result transposed(const Source& source, std::size_t rows, std::size_t columns,
                  const typename Result::ShapeType& shape) {
  auto result = Result::uninitialized(shape);
  Result::Backend::copy_strided(Shape<2>{rows, columns}, source.data(), Shape<2>{columns, 1},
                                result.mutable_data(), Shape<2>{1, rows});
  return result;
}

struct MixChannelsPerMode {
  /// Y_o(k) = sum_i X_i(k) W_io(k): a spectrum [batch, in, modes...] and weights, mode by mode,
  /// [modes..., in, out], to [batch, out, modes...]. Throws PreconditionError if they do not fit.
  template <operand X, operand Weight>
  auto operator()(const X& spectrum, const Weight& weight) const {
    constexpr std::size_t dim = rank_of<X> - 2;
    static_assert(rank_of<Weight> == dim + 2,
                  "mix_channels_per_mode: expected weights [modes..., in, out]");
    const auto expected =
        joined(grid_of(spectrum.shape()), Shape<2>{spectrum.extent(1), weight.extent(dim + 1)});
    expects(weight.shape() == expected, "mix_channels_per_mode: expected weights of shape ",
            expected, ", got ", weight.shape());
    return evaluate(rule, spectrum, weight);
  }

 private:
  template <class X, class Weight>
  static auto product(const X& x, const Weight& w) {
    using Backend           = typename X::Backend;
    using Element           = typename X::Element;
    using Columns           = Tensor<Element, 2, Backend>;
    constexpr std::size_t d = X::rank - 2;
    const std::size_t batch = x.extent(0), in = x.extent(1), out = w.extent(d + 1);
    const std::size_t modes = element_count(x.shape(), 2);
    const auto shape_of     = [grid = grid_of(x.shape()), batch](std::size_t channels) {
      return joined(Shape<2>{batch, channels}, grid);
    };
    // One matrix [batch, channel] per mode, so that the weights are read once and in order.
    const auto by_mode = [=](const auto& s, std::size_t channels) {
      return transposed<Columns>(s, batch * channels, modes, {modes, batch * channels});
    };
    const auto by_field = [=](const Columns& s, std::size_t channels) {
      return transposed<X>(s, modes, batch * channels, shape_of(channels));
    };
    const auto matrices = [=](const Columns& s, std::size_t channels, Form form) {
      return Matrices<const Element>{s.data(), channels, batch * channels, form};
    };
    const auto weights = [=](const auto& m, Form form) {
      return Matrices<const Element>{m.data(), out, in * out, form};
    };

    const auto inputs = by_mode(x, in);
    auto outputs      = Columns::uninitialized({modes, batch * out});
    Backend::multiply(
        {modes, batch, in, out}, matrices(inputs, in, Form::plain), weights(w, Form::plain),
        Matrices<Element>{outputs.mutable_data(), out, batch * out}, Update::overwrite);
    return with_pullbacks(
        by_field(outputs, out),
        [=](const auto& g) {
          const auto gradient = by_mode(g, out);
          auto result         = Columns::uninitialized({modes, batch * in});
          Backend::multiply({modes, batch, out, in}, matrices(gradient, out, Form::plain),
                            weights(w, Form::adjoint),
                            Matrices<Element>{result.mutable_data(), in, batch * in},
                            Update::overwrite);
          return by_field(result, in);
        },
        [=, shape = w.shape()](const auto& g) {
          const auto gradient = by_mode(g, out);
          auto result         = Weight::uninitialized(shape);
          Backend::multiply({modes, in, batch, out}, matrices(inputs, in, Form::adjoint),
                            matrices(gradient, out, Form::plain),
                            Matrices<Element>{result.mutable_data(), out, in * out},
                            Update::overwrite);
          return result;
        });
  }

  static constexpr auto rule = [](const auto& x, const auto& w) { return product(x, w); };
};

}  // namespace detail

inline constexpr detail::MixChannelsPerMode mix_channels_per_mode;

}  // namespace nop
