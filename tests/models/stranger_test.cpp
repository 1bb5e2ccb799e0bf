// SPDX-License-Identifier: BSD-3-Clause
// A stranger brings a backend and a layer of his own. Nothing in the library knows either.
#include <nop/autodiff/members.hpp>
#include <nop/autodiff/tape.hpp>
#include <nop/backend/cpu.hpp>
#include <nop/models/fno.hpp>
#include <nop/ops/axes.hpp>
#include <nop/ops/elementwise.hpp>
#include <nop/ops/reduce.hpp>

#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace nop::test::stranger_test {

using Toy = nop::test::ToyBackend;

namespace {

/// y_c = u_c + s_c D u_c with the periodic difference D u = u(x + 1) - u(x - 1), out of ops of the
/// library, and with a parameter.
template <class Backend>
class Difference {
 public:
  explicit Difference(std::size_t channels)
      : strength_(nop::Tensor<double, 1, Backend>({channels})) {}

  template <nop::field Field>
  auto operator()(const Field& u) const {
    const std::size_t n = u.extent(2);
    std::vector<double> matrix(n * n);
    for (std::size_t i = 0; i < n; ++i) {
      matrix[i * n + (i + 1) % n] += 1;
      matrix[i * n + (i + n - 1) % n] -= 1;
    }
    const nop::Tensor<double, 2, Backend> difference({n, n}, std::span<const double>(matrix));
    return nop::add(u, nop::scale_channels(nop::axis_product(u, difference, 2), strength_));
  }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("strength", self.strength_);
  }

 private:
  nop::Parameter<double, 1, Backend> strength_;
};

/// A model of the library's and the stranger's layer together.
template <class Backend>
class Model {
 public:
  explicit Model(nop::Rng& rng)
      : fno_({.in_channels = 1, .out_channels = 1, .width = 4, .depth = 2, .modes = {5}}, rng),
        difference_(1) {}

  template <nop::field Field>
  auto operator()(const Field& u) const {
    return difference_(fno_(u));
  }

  template <class Self>
  static void members(Self& self, auto&& visit) {
    visit("fno", self.fno_);
    visit("difference", self.difference_);
  }

 private:
  nop::Fno<1, Backend, double> fno_;
  Difference<Backend> difference_;
};

/// The heat equation u_t = u_xx / 200 on a periodic line, from t = 0 to 1, and a quarter to the
/// side: waves of three frequencies shrink, by their exact factors, and travel.
struct Data {
  static constexpr std::size_t batch = 6, points = 12;
  std::vector<double> before, after;

  Data() {
    constexpr double pi = std::numbers::pi;
    const auto numbers  = nop::test::random_values<double>(batch * 6, 5);
    for (std::size_t b = 0; b < batch; ++b)
      for (std::size_t i = 0; i < points; ++i) {
        const double x = static_cast<double>(i) / points;
        double start = 0, end = 0;
        for (std::size_t k = 1; k <= 3; ++k) {
          const double turn = 2 * pi * static_cast<double>(k), decay = std::exp(-turn * turn / 200);
          const double a = numbers[b * 6 + 2 * k - 2], c = numbers[b * 6 + 2 * k - 1];
          start += a * std::cos(turn * x) + c * std::sin(turn * x);
          end += decay * (a * std::cos(turn * (x - 0.25)) + c * std::sin(turn * (x - 0.25)));
        }
        before.push_back(start / 2);
        after.push_back(end / 2);
      }
  }

  template <class Backend>
  nop::Tensor<double, 3, Backend> on(const std::vector<double>& values) const {
    return {Shape<3>{batch, 1, points}, std::span<const double>(values)};
  }
};

/// The mean square error and its gradients: one step of plain gradient descent.
template <class Backend>
double descend(Model<Backend>& model, const Data& data, double rate) {
  nop::Tape tape;
  const auto y         = model(tape.input(data.on<Backend>(data.before)));
  const auto off       = nop::subtract(y, data.on<Backend>(data.after));
  const auto loss      = nop::scale_by(nop::sum_of_squares(off), 1.0 / (data.batch * data.points));
  const auto gradients = tape.gradient(loss);
  nop::for_each_parameter(model, [&](const std::string&, auto& parameter) {
    parameter.assign(nop::subtract(parameter.value(), nop::scale_by(gradients[parameter], rate)));
  });
  return loss.item();
}

template <class Backend>
std::vector<double> answer(const Model<Backend>& model, const Data& data) {
  return model(data.on<Backend>(data.before)).to_host();
}

}  // namespace

TEST_CASE("a stranger's backend and layer train a model of the library") {
  const Data data;
  const std::size_t blocks = Toy::live_blocks();
  {
    nop::Rng first(11), second(11);
    Model<Toy> model(first);
    Model<Cpu> same(second);
    CHECK(nop::test::worst_error(answer(model, data), answer(same, data)) < 1e-10);

    // A rate at which descent is stable: where it is not, differences of rounding grow.
    constexpr double rate = 0.05;
    const double start    = descend(model, data, rate);
    CHECK(descend(same, data, rate) == doctest::Approx(start).epsilon(1e-10));
    double loss = start;
    for (int step = 0; step < 600; ++step) {
      loss = descend(model, data, rate);
      descend(same, data, rate);
    }
    CHECK(loss < start / 10);
    CHECK(nop::test::worst_error(answer(model, data), answer(same, data)) < 1e-10);
  }
  CHECK(Toy::live_blocks() == blocks);
}

TEST_CASE("the stranger's model does not see a difference in where the data come from") {
  const Data data;
  nop::Rng rng(12);
  const Model<Cpu> model(rng);
  CHECK(model(nop::view(data.before.data(), {Data::batch, 1, Data::points})).to_host() ==
        answer(model, data));
}

}  // namespace nop::test::stranger_test
