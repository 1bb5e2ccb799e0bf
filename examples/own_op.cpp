// SPDX-License-Identifier: BSD-3-Clause
// An op and a layer of your own: a gate, x times the sigmoid of y, with its derivatives, checked
// against finite differences, put into a layer, and trained. Nothing in the library is changed.
#include <nop/nop.hpp>
#include <nop/ops/activation.hpp>
#include <nop/ops/map.hpp>

#include <cmath>
#include <cstddef>
#include <cstdio>
#include <numbers>
#include <span>
#include <vector>

// --- The op: what you would put into a header of your own. ------------------------------------

/// 1 / (1 + exp(-y)). A template, so that one text serves a number, a SIMD register and a GPU.
constexpr auto sigmoid = []<class T>(T y) {
  using std::exp;
  return nop::constant<T>(1) / (nop::constant<T>(1) + exp(-y));
};

/// x sigmoid(y), of equal shapes. An op is a value with one pullback per input: given g = dL/dout,
///
///     dL/dx = g s,     dL/dy = g x s (1 - s),     s = sigmoid(y).
///
/// What a pullback captures is what the tape keeps for it.
struct SwishGate {
  template <nop::operand X, nop::operand Y>
  auto operator()(const X& x, const Y& y) const {
    nop::expects(x.shape() == y.shape(), "swish_gate: expected two equal shapes, got ", x.shape(),
                 " and ", y.shape());
    return nop::evaluate(
        [](const auto& a, const auto& b) {
          return nop::with_pullbacks(
              nop::mapped([](auto u, auto v) { return u * sigmoid(v); }, a, b),
              [b](const auto& g) {
                return nop::mapped([](auto p, auto v) { return p * sigmoid(v); }, g, b);
              },
              [a, b](const auto& g) {
                return nop::mapped(
                    [](auto p, auto u, auto v) {
                      const auto s = sigmoid(v);
                      return p * u * s * (nop::constant<decltype(s)>(1) - s);
                    },
                    g, a, b);
              });
        },
        x, y);
  }
};
inline constexpr SwishGate swish_gate;

// --- The layer: any type that lists its members. ----------------------------------------------

/// A spectral convolution and a map of the channels: the one gates the other.
template <std::size_t Dim, nop::backend Backend, nop::real Real>
class GatedConvolution {
 public:
  GatedConvolution(std::size_t in, std::size_t out, const nop::Shape<Dim>& modes, nop::Rng& rng)
      : convolution_({.in_channels = in, .out_channels = out, .modes = modes}, rng),
        gate_({.in_channels = in, .out_channels = out}, rng) {}

  template <nop::field_like<Dim, Backend, Real> Field>
  auto operator()(const Field& x) const {
    return swish_gate(convolution_(x), gate_(x));
  }

  /// For optimizers, checkpoints, gradient checks and all else that walks through parameters.
  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("convolution", self.convolution_);
    visit("gate", self.gate_);
  }

 private:
  nop::SpectralConv<Dim, Backend, Real> convolution_;
  nop::ChannelLinear<Backend, Real> gate_;
};

/// Layers make a layer: two of them, with eight channels between.
template <nop::real Real>
class GatedOperator {
 public:
  explicit GatedOperator(nop::Rng& rng) : first_(1, 8, {8}, rng), second_(8, 1, {8}, rng) {}

  template <nop::field_like<1, nop::Cpu, Real> Field>
  auto operator()(const Field& x) const {
    return second_(first_(x));
  }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("first", self.first_);
    visit("second", self.second_);
  }

 private:
  GatedConvolution<1, nop::Cpu, Real> first_, second_;
};

// --- Its use. -----------------------------------------------------------------------------------

/// Waves u = a cos(2 pi x) + b sin(4 pi x) in [batch, channel, grid], and what shall be learned of
/// them, du/dx / 4 pi.
struct Waves {
  static constexpr std::size_t batch = 32, points = 32;
  nop::Tensor<float, 3, nop::Cpu> u{{batch, 1, points}}, slope{{batch, 1, points}};

  explicit Waves(nop::Rng& rng) {
    const auto random = rng.stream();
    for (std::size_t i = 0; i < u.size(); ++i) {
      const std::size_t sample = i / points;
      const double a = random.normal(2 * sample), b = random.normal(2 * sample + 1);
      const double turn       = 2 * std::numbers::pi * static_cast<double>(i % points) / points;
      u.mutable_data()[i]     = static_cast<float>(a * std::cos(turn) + b * std::sin(2 * turn));
      slope.mutable_data()[i] = static_cast<float>(b * std::cos(2 * turn) - a * std::sin(turn) / 2);
    }
  }
};

int main() {
  nop::Rng rng{1};

  // In double, right gradients agree with central differences to 1e-7 and better.
  const GatedOperator<double> in_double(rng);
  nop::Tensor<double, 3, nop::Cpu> point({1, 1, 9});
  for (std::size_t i = 0; i < point.size(); ++i)
    point.mutable_data()[i] = std::cos(static_cast<double>(i * i));
  const auto check = nop::gradient_check(in_double, point);
  std::printf("gradients of %zu numbers are right to %.1e\n", check.checked, check.worst_error);

  GatedOperator<float> model(rng);
  const Waves waves(rng);
  nop::Adam optimizer({.learning_rate = 1e-2});
  for (int step = 0; step <= 100; ++step) {
    nop::Tape tape;
    const auto loss = nop::relative_l2(model(tape.input(waves.u)), waves.slope);
    if (step % 20 == 0)
      std::printf("step %3d  error %.4f\n", step, static_cast<double>(loss.item()));
    optimizer.step(model, tape.gradient(loss));
  }
  return check.worst_error < 1e-6 ? 0 : 1;
}
