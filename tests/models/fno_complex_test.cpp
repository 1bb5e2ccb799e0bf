// SPDX-License-Identifier: BSD-3-Clause
#include <nop/autodiff/tape.hpp>
#include <nop/backend/cpu.hpp>
#include <nop/models/tfno.hpp>
#include <nop/ops/complex_parts.hpp>
#include <nop/ops/elementwise.hpp>
#include <nop/ops/modes.hpp>
#include <nop/ops/reduce.hpp>
#include <nop/training/adam.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

namespace nop::test::fno_complex_test {

using Complex = std::complex<double>;
template <std::size_t Dim>
using Model  = nop::Fno<Dim, Cpu, Complex>;
using Values = std::vector<Complex>;

namespace {

template <std::size_t Dim>
typename Model<Dim>::Config tiny(const Shape<Dim>& modes) {
  return {.in_channels      = 1,
          .out_channels     = 2,
          .width            = 2,
          .depth            = 2,
          .modes            = modes,
          .lifting_ratio    = 1,
          .projection_ratio = 1};
}

/// The parameters of a model by their paths.
class Parameters {
 public:
  template <class Module>
  explicit Parameters(const Module& module) {
    nop::for_each_parameter(module, [&](const std::string& path, const auto& parameter) {
      const auto host = parameter.value().to_host();
      paths_.push_back(path);
      values_.emplace_back(host.begin(), host.end());
    });
  }
  [[nodiscard]] const Values& operator[](const std::string& path) const {
    for (std::size_t i = 0; i < paths_.size(); ++i)
      if (paths_[i] == path) return values_[i];
    FAIL("no parameter ", path);
    return values_[0];
  }

 private:
  std::vector<std::string> paths_;
  std::vector<Values> values_;
};

double gelu(double x) { return x * std::erfc(-x / std::sqrt(2.0)) / 2; }
Complex gelu(Complex z) { return {gelu(z.real()), gelu(z.imag())}; }

/// W x + b of the channels at every point, of real numbers.
std::vector<double> linear(const Parameters& p, const std::string& path,
                           const std::vector<double>& x, std::size_t points) {
  const auto& w        = p[path + ".weight"];
  const auto& b        = p[path + ".bias"];
  const std::size_t in = x.size() / points, out = b.size();
  std::vector<double> y(out * points);
  for (std::size_t o = 0; o < out; ++o)
    for (std::size_t q = 0; q < points; ++q) {
      y[o * points + q] = b[o].real();
      for (std::size_t i = 0; i < in; ++i)
        y[o * points + q] += w[o * in + i].real() * x[i * points + q];
    }
  return y;
}

std::vector<double> mlp(const Parameters& p, const std::string& path, const std::vector<double>& x,
                        std::size_t points) {
  auto hidden = linear(p, path + ".0", x, points);
  for (double& value : hidden) value = gelu(value);
  return linear(p, path + ".1", hidden, points);
}

/// f(Re z) - g(Im z) + i (f(Im z) + g(Re z)) for two MLPs.
Values complex_mlp(const Parameters& p, const std::string& path, const Values& z,
                   std::size_t points) {
  std::vector<double> re, im;
  for (const Complex value : z) re.push_back(value.real()), im.push_back(value.imag());
  const auto f_re = mlp(p, path + ".real", re, points), f_im = mlp(p, path + ".real", im, points);
  const auto g_re = mlp(p, path + ".imaginary", re, points);
  const auto g_im = mlp(p, path + ".imaginary", im, points);
  Values y;
  for (std::size_t i = 0; i < f_re.size(); ++i)
    y.emplace_back(f_re[i] - g_im[i], f_im[i] + g_re[i]);
  return y;
}

/// F^-1( R(k) F(x)(k) ) + b on n points, for k = -floor(m/2) ... ceil(m/2)-1.
Values convolved(const Parameters& p, const std::string& path, const Values& x, std::size_t n,
                 std::size_t m) {
  const auto& r     = p[path + ".weight"];
  const auto& b     = p[path + ".bias"];
  const auto turned = [n](std::ptrdiff_t k, std::size_t q) {
    return std::polar(1.0, 2 * std::acos(-1.0) * static_cast<double>(k) * static_cast<double>(q) /
                               static_cast<double>(n));
  };
  const std::size_t channels = b.size();
  Values y(x.size());
  for (std::size_t o = 0; o < channels; ++o)
    for (std::size_t q = 0; q < n; ++q) y[o * n + q] = b[o];
  for (std::size_t mode = 0; mode < m; ++mode) {
    const auto k = static_cast<std::ptrdiff_t>(mode) - static_cast<std::ptrdiff_t>(m / 2);
    for (std::size_t i = 0; i < channels; ++i) {
      Complex coefficient = 0;
      for (std::size_t q = 0; q < n; ++q) coefficient += x[i * n + q] * std::conj(turned(k, q));
      coefficient /= static_cast<double>(n);
      for (std::size_t o = 0; o < channels; ++o)
        for (std::size_t q = 0; q < n; ++q)
          y[o * n + q] += r[(mode * channels + i) * channels + o] * coefficient * turned(k, q);
    }
  }
  return y;
}

/// The whole model on one sample of one axis, from its documentation.
Values naive(const Model<1>& model, const Values& input, std::size_t n) {
  const auto& config = model.config();
  const Parameters p(model);
  Values u = input;
  for (std::size_t q = 0; q < n; ++q)
    u.emplace_back(static_cast<double>(q) / static_cast<double>(n));
  u = complex_mlp(p, "lifting", u, n);
  for (std::size_t layer = 0; layer < config.depth; ++layer) {
    const auto path    = "layers." + std::to_string(layer);
    const bool is_last = layer + 1 == config.depth;
    auto y             = convolved(p, path + ".convolution", u, n, config.modes[0]);
    const auto &w_re = p[path + ".skip.real.weight"], &w_im = p[path + ".skip.imaginary.weight"];
    const auto &g_re = p[path + ".mlp_skip.real.gate"],
               &g_im = p[path + ".mlp_skip.imaginary.gate"];
    const Complex i(0, 1);
    for (std::size_t o = 0; o < config.width; ++o)
      for (std::size_t q = 0; q < n; ++q) {
        for (std::size_t c = 0; c < config.width; ++c)
          y[o * n + q] +=
              (w_re[o * config.width + c] + i * w_im[o * config.width + c]) * u[c * n + q];
        if (!is_last) y[o * n + q] = gelu(y[o * n + q]);
      }
    auto z = complex_mlp(p, path + ".mlp", y, n);
    for (std::size_t o = 0; o < config.width; ++o)
      for (std::size_t q = 0; q < n; ++q) {
        z[o * n + q] += (g_re[o] + i * g_im[o]) * u[o * n + q];
        if (!is_last) z[o * n + q] = gelu(z[o * n + q]);
      }
    u = z;
  }
  return complex_mlp(p, "projection", u, n);
}

}  // namespace

TEST_CASE("a model of complex fields is what its documentation says") {
  for (const std::size_t n : {8U, 9U})
    for (const std::size_t m : {4U, 5U}) {
      Rng rng(1);
      const Model<1> model(
          {.in_channels = 2, .out_channels = 3, .width = 4, .depth = 3, .modes = {m}}, rng);
      const auto z = random_field<Complex>(Shape{std::size_t{1}, std::size_t{2}, n});
      CHECK(nop::test::worst_error(model(z).to_host(), naive(model, z.to_host(), n)) < 1e-12);
    }
}

TEST_CASE("models of complex fields have right gradients") {
  const auto check = [](const auto& shape, const auto& config) {
    constexpr std::size_t dim = std::remove_cvref_t<decltype(shape)>::rank() - 2;
    Rng rng(2);
    nop::test::check_gradients(Model<dim>(config, rng), random_field<Complex>(shape));
  };
  check(Shape{1, 1, 5}, tiny(Shape{4}));
  check(Shape{1, 1, 4, 3}, tiny(Shape{3, 4}));
  auto config             = tiny(Shape{3});
  config.order            = nop::LayerOrder::pre_activation;
  config.stabilizer       = nop::Stabilizer::hyperbolic_tangent;
  config.norm             = nop::NormKind::group;
  config.skip             = nop::SkipKind::identity;
  config.channel_mlp_skip = nop::SkipKind::linear;
  config.domain_padding   = {0.25};
  check(Shape{1, 1, 4}, config);
  config.semantics = nop::Semantics::head;
  config.norm      = nop::NormKind::instance;
  check(Shape{1, 1, 4}, config);
}

TEST_CASE("gradients of a model of complex fields with weights made of factors are right") {
  Rng rng(4);
  const nop::Tfno<1, Cpu, Complex> model(
      {.in_channels  = 1,
       .out_channels = 1,
       .width        = 2,
       .depth        = 1,
       .modes        = {3},
       .weight       = {.kind = nop::SpectralWeightKind::tucker, .rank = 0.5}},
      rng);
  nop::test::check_gradients(model, random_field<Complex>(Shape{1, 1, 5}));
}

TEST_CASE("a model of complex fields can be called in any way, sample by sample, translated") {
  auto config                 = tiny(Shape{3, 4});
  config.positional_embedding = nop::PositionalEmbedding::none;
  Rng rng(3);
  const Model<2> model(config, rng);
  const auto z = random_field<Complex>(Shape{2, 1, 5, 6});
  nop::test::check_ways_to_call(model, z);
  nop::test::check_batch(model, z);
  nop::test::check_translation(model, z);
}

TEST_CASE("a model of complex fields in float agrees with one in double") {
  Rng rng(4);
  const Model<2> model(tiny(Shape{3, 4}), rng);
  const nop::Fno<2, Cpu, std::complex<float>>::Config config{.in_channels      = 1,
                                                             .out_channels     = 2,
                                                             .width            = 2,
                                                             .depth            = 2,
                                                             .modes            = {3, 4},
                                                             .lifting_ratio    = 1,
                                                             .projection_ratio = 1};
  nop::test::check_precisions(model, nop::Fno<2, Cpu, std::complex<float>>(config, rng),
                              random_field<Complex>(Shape{2, 1, 7, 6}));
}

TEST_CASE("an identity skip adds the field, in the reference 1 + i times the field") {
  // A layer whose weights are zero leaves the skip.
  const auto skipped = [](nop::Semantics semantics) {
    nop::FourierLayer<1, Cpu, Complex> layer({.in_channels  = 2,
                                              .out_channels = 2,
                                              .modes        = {3},
                                              .is_last      = true,
                                              .skip         = nop::SkipKind::identity,
                                              .channel_mlp  = false,
                                              .semantics    = semantics},
                                             nop::Initializer::zeros(1000));
    return layer(random_field<Complex>(Shape{1, 2, 6})).to_host();
  };
  const auto x = random_field<Complex>(Shape{1, 2, 6}).to_host();
  auto turned  = x;
  for (Complex& value : turned) value *= Complex(1, 1);
  CHECK(skipped(nop::Semantics::exact) == x);
  CHECK(nop::test::worst_error(skipped(nop::Semantics::head), turned) < 1e-15);
}

TEST_CASE("an instance norm acts on both parts, in the reference 1 + i times") {
  // norm(K norm(x) + norm(x)) with K = 0: the mean square of each part is 1, or twice 2.
  const auto x       = random_field<Complex>(Shape{1, 2, 600});
  const auto squares = [&](nop::Semantics semantics) {
    nop::FourierLayer<1, Cpu, Complex> layer({.in_channels  = 2,
                                              .out_channels = 2,
                                              .modes        = {3},
                                              .is_last      = true,
                                              .activation   = nop::Activation::identity,
                                              .order        = nop::LayerOrder::pre_activation,
                                              .skip         = nop::SkipKind::identity,
                                              .norm         = nop::NormKind::instance,
                                              .channel_mlp  = false,
                                              .semantics    = semantics},
                                             nop::Initializer::zeros(10000));
    double re = 0, im = 0, product = 0;
    for (const Complex value : layer(x).to_host()) {
      re += value.real() * value.real() / 1200;
      im += value.imag() * value.imag() / 1200;
      product += value.real() * value.imag() / 1200;
    }
    return std::vector<double>{re, im, product};
  };
  const auto exact = squares(nop::Semantics::exact), head = squares(nop::Semantics::head);
  CHECK(exact[0] == doctest::Approx(1).epsilon(1e-4));
  CHECK(exact[1] == doctest::Approx(1).epsilon(1e-4));
  // Of two parts a, b of variance 1 and covariance c: a - b and a + b of 2 - 2c and 2 + 2c.
  CHECK(head[0] + head[1] == doctest::Approx(4).epsilon(1e-4));
  CHECK(std::abs(head[2]) < 1e-4);
}

TEST_CASE("a layer of complex fields says so where a skip or a norm makes it differ") {
  // Of one point, all semantics of the convolution are the same.
  const auto differs = [](nop::Semantics semantics, nop::SkipKind skip, nop::NormKind norm) {
    Rng rng(1);
    const nop::FourierLayer<1, Cpu, Complex> layer({.in_channels  = 2,
                                                    .out_channels = 2,
                                                    .modes        = {3},
                                                    .skip         = skip,
                                                    .norm         = norm,
                                                    .semantics    = semantics},
                                                   rng);
    return layer.differs_from_exact({1}, {1});
  };
  using nop::NormKind, nop::Semantics, nop::SkipKind;
  CHECK_FALSE(differs(Semantics::head, SkipKind::linear, NormKind::none));
  CHECK(differs(Semantics::head, SkipKind::identity, NormKind::none));
  CHECK(differs(Semantics::v2_0, SkipKind::linear, NormKind::instance));
  CHECK_FALSE(differs(Semantics::exact, SkipKind::identity, NormKind::instance));
}

TEST_CASE("training lowers the loss of a model of complex fields") {
  Rng rng(5);
  Model<1> model({.in_channels = 1, .out_channels = 1, .width = 6, .depth = 2, .modes = {5}}, rng);
  const auto z = random_field<Complex>(Shape{4, 1, 9}, 1);
  const auto y = nop::complex_from_modes(nop::to_modes(z, Shape{3}), Shape{9});
  nop::Adam optimizer({.learning_rate = 1e-2});
  double first = 0, last = 0;
  for (int step = 0; step < 40; ++step) {
    nop::Tape tape;
    const auto error = nop::subtract(model(tape.input(z)), tape.input(y));
    const auto loss  = nop::add(nop::sum_of_squares(nop::real_part(error)),
                                nop::sum_of_squares(nop::imaginary_part(error)));
    last             = loss.item();
    if (step == 0) first = last;
    optimizer.step(model, tape.gradient(loss));
  }
  CHECK(last < 0.5 * first);
}

}  // namespace nop::test::fno_complex_test
