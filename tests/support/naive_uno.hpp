// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu.hpp>
#include <nop/core/band.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/tensor.hpp>
#include <nop/models/uno.hpp>

#include "layer_battery.hpp"
#include "naive_dft.hpp"
#include "naive_resample.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <map>
#include <numbers>
#include <span>
#include <string>
#include <vector>

/// \file
/// A U-shaped neural operator of the options that the reference library's results were made with,
/// by loops over every number in double precision. Its spectral convolution is ours, by the sums
/// that define it, or the reference's, bin by bin.

namespace nop::test {

template <std::size_t Dim>
using NaiveField = Tensor<double, Dim + 2, Cpu>;

template <std::size_t Dim>
NaiveField<Dim> naive_field(const NaiveField<Dim>& x, std::size_t channels, const Shape<Dim>& grid,
                            const std::vector<double>& values) {
  return field_of(joined(Shape<2>{x.extent(0), channels}, grid), values);
}

/// W u + b at every point; an empty bias is none.
template <std::size_t Dim>
NaiveField<Dim> naive_mixed(const NaiveField<Dim>& x, const Tensor<double, 2, Cpu>& weight,
                            const std::vector<double>& bias) {
  const std::size_t out = weight.extent(0), in = weight.extent(1);
  const std::size_t points = element_count(x.shape(), 2);
  const auto u = x.to_host(), w = weight.to_host();
  std::vector<double> y(x.extent(0) * out * points);
  for (std::size_t b = 0; b < x.extent(0); ++b)
    for (std::size_t o = 0; o < out; ++o)
      for (std::size_t p = 0; p < points; ++p) {
        double sum = bias.empty() ? 0 : bias[o];
        for (std::size_t i = 0; i < in; ++i) sum += w[o * in + i] * u[(b * in + i) * points + p];
        y[(b * out + o) * points + p] = sum;
      }
  return naive_field<Dim>(x, out, grid_of(x.shape()), y);
}

template <std::size_t Dim>
NaiveField<Dim> naive_gelu(const NaiveField<Dim>& x) {
  auto values = x.to_host();
  for (double& v : values) v = 0.5 * v * (1 + std::erf(v / std::numbers::sqrt2));
  return field_of(x.shape(), values);
}

template <std::size_t Dim>
NaiveField<Dim> naive_sum(const NaiveField<Dim>& a, const NaiveField<Dim>& b) {
  auto values      = a.to_host();
  const auto other = b.to_host();
  REQUIRE(a.shape() == b.shape());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] += other[i];
  return field_of(a.shape(), values);
}

/// The channels of one field, then those of another.
template <std::size_t Dim>
NaiveField<Dim> naive_joined(const NaiveField<Dim>& a, const NaiveField<Dim>& b) {
  const auto of_a = a.to_host(), of_b = b.to_host();
  const auto each_a = element_count(a.shape(), 1), each_b = element_count(b.shape(), 1);
  std::vector<double> values;
  for (std::size_t s = 0; s < a.extent(0); ++s) {
    values.insert(values.end(), &of_a[s * each_a], &of_a[s * each_a] + each_a);
    values.insert(values.end(), &of_b[s * each_b], &of_b[s * each_b] + each_b);
  }
  return naive_field<Dim>(a, a.extent(1) + b.extent(1), grid_of(a.shape()), values);
}

/// i/N along each axis, after the data.
template <std::size_t Dim>
NaiveField<Dim> naive_with_coordinates(const NaiveField<Dim>& x) {
  const auto grid = grid_of(x.shape());
  std::vector<double> places;
  for (std::size_t s = 0; s < x.extent(0); ++s)
    for (std::size_t a = 0; a < Dim; ++a)
      for (std::size_t p = 0; p < element_count(grid); ++p)
        places.push_back(static_cast<double>(index_of(p, grid)[a]) / static_cast<double>(grid[a]));
  return naive_joined<Dim>(x, naive_field<Dim>(x, Dim, grid, places));
}

/// What a spectral convolution multiplies: Y_o(k) += X_i(k) W_io(k) for one mode.
struct NaiveProduct {
  std::size_t batch, in, out;
  /// `from` and `to`: where modes of x and y stand, of so many per plane; `w`: that of the weight.
  void add(const std::vector<std::complex<double>>& x, std::size_t from, std::size_t modes_of_x,
           const std::vector<std::complex<double>>& weight, std::size_t w,
           std::vector<std::complex<double>>& y, std::size_t to, std::size_t modes_of_y) const {
    for (std::size_t b = 0; b < batch; ++b)
      for (std::size_t o = 0; o < out; ++o)
        for (std::size_t i = 0; i < in; ++i)
          y[(b * out + o) * modes_of_y + to] +=
              x[(b * in + i) * modes_of_x + from] * weight[(w * in + i) * out + o];
  }
};

template <std::size_t Dim>
NaiveField<Dim> naive_plus_bias(const NaiveField<Dim>& x, std::vector<double> y,
                                const std::vector<double>& bias, const Shape<Dim>& grid) {
  for (std::size_t i = 0; i < y.size(); ++i) y[i] += bias[i / element_count(grid) % bias.size()];
  return naive_field<Dim>(x, bias.size(), grid, y);
}

/// Ours: the coefficients of the interpolant, the weights of those modes that both grids hold, and
/// the sum of their waves.
template <std::size_t Dim>
NaiveField<Dim> naive_convolution(const NaiveField<Dim>& x,
                                  const Tensor<std::complex<double>, Dim + 2, Cpu>& weight,
                                  const std::vector<double>& bias, const Shape<Dim>& modes,
                                  const Shape<Dim>& grid) {
  const auto own = grid_of(x.shape());
  const NaiveProduct product{x.extent(0), weight.extent(Dim), weight.extent(Dim + 1)};
  const auto held   = held_modes(held_modes(modes, own), grid);
  const auto stored = spectrum_shape<double>(held), all = spectrum_shape<double>(modes);
  const NaiveDft<double, Dim> forward(
      {x.extent(0) * x.extent(1), own, 1, held, ModeWeight::coefficient, FourierEngine::automatic});
  const NaiveDft<double, Dim> backward({x.extent(0) * product.out, grid, 1, held,
                                        ModeWeight::multiplicity, FourierEngine::automatic});
  std::vector<std::complex<double>> spectrum(forward.spectrum_size());
  std::vector<std::complex<double>> mixed(backward.spectrum_size());
  const auto values = x.to_host();
  const auto w      = weight.to_host();
  forward.to_modes(values.data(), spectrum.data());
  const std::size_t count = element_count(stored);
  for (std::size_t k = 0; k < count; ++k) {
    auto index = index_of(k, stored);
    for (std::size_t a = 0; a + 1 < Dim; ++a) index[a] += modes[a] / 2 - held[a] / 2;
    product.add(spectrum, k, count, w, place_of(index, all), mixed, k, count);
  }
  std::vector<double> y(backward.field_size());
  backward.from_modes(mixed.data(), y.data());
  return naive_plus_bias<Dim>(x, y, bias, grid);
}

/// The reference's: bins are counted from the middle of shifted axes, and those of the axes before
/// the last are cut or filled up at the end, whatever their frequencies.
template <std::size_t Dim>
NaiveField<Dim> naive_reference_convolution(
    const NaiveField<Dim>& x, const Tensor<std::complex<double>, Dim + 2, Cpu>& weight,
    const std::vector<double>& bias, const Shape<Dim>& modes, const Shape<Dim>& grid) {
  const auto own = grid_of(x.shape());
  const NaiveProduct product{x.extent(0), weight.extent(Dim), weight.extent(Dim + 1)};
  const auto bins = naive_half_spectrum(x.to_host(), x.shape());
  const auto w    = weight.to_host();
  auto stored     = own;  // F
  stored[Dim - 1] = own[Dim - 1] / 2 + 1;
  const auto all  = spectrum_shape<double>(modes);  // X
  Shape<Dim> kept, left_out;                        // k and s
  auto trimmed = grid;
  for (std::size_t a = 0; a < Dim; ++a) {
    kept[a]     = std::min(stored[a], all[a]);
    left_out[a] = all[a] - kept[a];
  }
  trimmed[Dim - 1] = stored[Dim - 1];
  std::vector<std::complex<double>> mixed(x.extent(0) * product.out * element_count(trimmed));
  for (std::size_t k = 0; k < element_count(kept); ++k) {
    const auto index = index_of(k, kept);
    auto bin = index, of_weight = index;
    bool remains = true;
    for (std::size_t a = 0; a + 1 < Dim; ++a) {
      of_weight[a] += left_out[a] / 2;
      // Frequency index - floor(k/2), in the usual order of bins.
      bin[a]  = (index[a] + own[a] - kept[a] / 2) % own[a];
      remains = remains && bin[a] < grid[a];
    }
    if (remains)
      product.add(bins, place_of(bin, stored), element_count(stored), w, place_of(of_weight, all),
                  mixed, place_of(bin, trimmed), element_count(trimmed));
  }
  const auto shape        = joined(Shape<2>{x.extent(0), product.out}, grid);
  const std::size_t count = stored[Dim - 1];
  auto lines              = naive_leading_sums(mixed, shape, count);
  if (grid[Dim - 1] % 2 == 0)
    for (std::size_t i = count - 1; i < lines.size(); i += count) lines[i] = lines[i].real();
  return naive_plus_bias<Dim>(x, naive_last_sums(lines, shape, count), bias, grid);
}

/// The options of a NaiveUno, which has linear skips everywhere, channel MLPs, no norm and no
/// padding.
template <std::size_t Dim>
struct NaiveUno {
  enum class Convolution { ours, reference };
  Uno<Dim, Cpu, double> model;
  Convolution convolution;

  NaiveField<Dim> operator()(const NaiveField<Dim>& x) const {
    const auto& config = model.config();
    const auto& layers = config.layers;
    auto u             = mlp("lifting", naive_with_coordinates<Dim>(x));
    std::map<std::size_t, std::size_t> sources;
    for (std::size_t i = 0; i < layers.size() / 2; ++i) sources[layers.size() - 1 - i] = i;
    std::map<std::size_t, NaiveField<Dim>> passed;
    for (std::size_t l = 0; l < layers.size(); ++l) {
      const auto name = std::to_string(l);
      if (sources.contains(l))
        u = naive_joined<Dim>(u, resampled(passed.at(sources[l]), grid_of(u.shape())));
      Shape<Dim> grid;
      for (std::size_t a = 0; a < Dim; ++a) {
        double points = layers[l].scaling[a] * static_cast<double>(u.extent(a + 2));
        if (l + 1 == layers.size()) {
          points = static_cast<double>(x.extent(a + 2));
          for (const auto& layer : layers) points *= layer.scaling[a];
        }
        grid[a] = static_cast<std::size_t>(std::nearbyint(points));
      }
      u = layer(l, u, grid);
      if (l < layers.size() / 2)
        passed[l] = naive_mixed<Dim>(u, matrix("horizontal_skips." + name + ".weight"), {});
    }
    return mlp("projection", u);
  }

 private:
  [[nodiscard]] Tensor<double, 2, Cpu> matrix(const std::string& path) const {
    return parameter_of<Parameter<double, 2, Cpu>>(model, path).value();
  }
  [[nodiscard]] std::vector<double> vector(const std::string& path) const {
    return parameter_of<Parameter<double, 1, Cpu>>(model, path).value().to_host();
  }
  [[nodiscard]] NaiveField<Dim> mlp(const std::string& name, const NaiveField<Dim>& x) const {
    const auto hidden = naive_mixed<Dim>(x, matrix(name + ".0.weight"), vector(name + ".0.bias"));
    return naive_mixed<Dim>(naive_gelu<Dim>(hidden), matrix(name + ".1.weight"),
                            vector(name + ".1.bias"));
  }
  [[nodiscard]] NaiveField<Dim> resampled(const NaiveField<Dim>& x, const Shape<Dim>& grid) const {
    const auto shape = joined(Shape<2>{x.extent(0), x.extent(1)}, grid);
    switch (model.config().interpolation) {
      case Interpolation::linear:
        return field_of(shape, naive_linear(x, grid));
      case Interpolation::cubic:
        return field_of(shape, naive_cubic(x, grid));
      case Interpolation::fourier_bins:
        return field_of(shape, naive_fourier_bins(x, grid));
      case Interpolation::trigonometric:
        break;
    }
    FAIL("NaiveUno: this interpolation is not written down");
    return x;
  }
  /// A block of the reference: its last, whose activation is left out outside the MLP.
  [[nodiscard]] NaiveField<Dim> layer(std::size_t number, const NaiveField<Dim>& x,
                                      const Shape<Dim>& grid) const {
    const auto name    = "layers." + std::to_string(number);
    const auto& modes  = model.config().layers[number].modes;
    const auto& weight = parameter_of<Parameter<std::complex<double>, Dim + 2, Cpu>>(
                             model, name + ".convolution.weight")
                             .value();
    const auto bias = vector(name + ".convolution.bias");
    const auto skip = [&](const std::string& part) {
      return resampled(naive_mixed<Dim>(x, matrix(name + part + ".weight"), {}), grid);
    };
    const auto k = convolution == Convolution::ours
                       ? naive_convolution<Dim>(x, weight, bias, modes, grid)
                       : naive_reference_convolution<Dim>(x, weight, bias, modes, grid);
    return naive_sum<Dim>(mlp(name + ".mlp", naive_sum<Dim>(k, skip(".skip"))), skip(".mlp_skip"));
  }
};

}  // namespace nop::test
