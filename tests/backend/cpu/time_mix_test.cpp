// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/time_mix.hpp>

#include "support/naive_time_mixing.hpp"
#include "support/random_field.hpp"
#include "support/threads.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <tuple>
#include <vector>

namespace nop::test::time_mix_test {
namespace {

/// Steps that are answered with: those from `from` on.
Shape<4> answered(const Shape<4>& box, std::size_t from) {
  return {box[0], box[1] - from, box[2], box[3]};
}

/// A random block, and all that comes of it: y, dx and dR.
template <class Real>
struct Block {
  Shape<4> box;
  std::size_t modes;
  Activation activation;
  std::size_t from;
  std::vector<Real> x, dy;
  std::vector<std::complex<Real>> weight;

  Block(const Shape<4>& box_, std::size_t modes_, Activation activation_, std::size_t from_ = 0)
      : box(box_),
        modes(modes_),
        activation(activation_),
        from(from_),
        x(nop::test::random_values<Real>(element_count(box), 1)),
        dy(nop::test::random_values<Real>(element_count(answered(box, from)), 2)),
        weight(nop::test::random_values<std::complex<Real>>(modes * box[2] * box[2], 3)) {
    for (auto& w : weight) w /= static_cast<Real>(box[2]);
  }
  [[nodiscard]] TimeMixing<Real> mixing() const { return {modes, weight.data(), activation, from}; }

  template <class Mix, class Pull>
  auto results(const Mix& mix, const Pull& pull) const {
    std::vector<Real> y(dy.size(), Real(77)), dx(x.size(), Real(77));
    std::vector<std::complex<Real>> dr(weight.size(), Real(77));
    mix(y.data());
    pull(dx.data(), dr.data());
    return std::tuple(y, dx, dr);
  }
  [[nodiscard]] auto ours() const {
    return results([&](Real* y) { nop::cpu::mix_time(box, x.data(), mixing(), y); },
                   [&](Real* dx, std::complex<Real>* dr) {
                     nop::cpu::pull_mix_time(box, x.data(), mixing(), dy.data(), dx, dr);
                   });
  }
  [[nodiscard]] auto naive() const {
    const nop::test::NaiveTimeMixing<Real> block(box, x.data(), mixing());
    return results([&](Real* y) { block.mix(y); },
                   [&](Real* dx, std::complex<Real>* dr) { block.pull(dy.data(), dx, dr); });
  }
};

template <class Real>
void check(const Shape<4>& box, std::size_t modes, Activation activation, std::size_t from = 0) {
  CAPTURE(box);
  CAPTURE(modes);
  CAPTURE(from);
  const Block<Real> block(box, modes, activation, from);
  const auto [y, dx, dr]                   = block.ours();
  const auto [y_naive, dx_naive, dr_naive] = block.naive();
  CHECK(worst_error(y, y_naive) < nop::test::rounding<Real>);
  CHECK(worst_error(dx, dx_naive) < nop::test::rounding<Real>);
  CHECK(worst_error(dr, dr_naive) < nop::test::rounding<Real>);
}

}  // namespace

TEST_CASE_TEMPLATE("a temporal convolution block is that of its definition", Real, float, double) {
  for (const std::size_t steps : {1U, 2U, 3U, 4U, 5U, 8U})
    for (std::size_t modes = 1; modes <= steps / 2 + 1; ++modes)
      for (const auto activation : {Activation::identity, Activation::leaky_relu, Activation::gelu})
        check<Real>({2, steps, 3, 21}, modes, activation);
}

TEST_CASE_TEMPLATE("of a temporal convolution block only the last steps may be wanted", Real, float,
                   double) {
  for (const std::size_t steps : {2U, 4U, 5U})
    for (std::size_t from = 1; from < steps; ++from)
      check<Real>({2, steps, 7, 515}, 2, Activation::silu, from);
}

TEST_CASE_TEMPLATE("temporal convolution of channels and points of any number", Real, float,
                   double) {
  for (const std::size_t channels : {1U, 2U, 7U, 33U})
    for (const std::size_t points : {1U, 16U, 49U, 196U, 515U})
      check<Real>({1, 4, channels, points}, 2, Activation::silu);
}

TEST_CASE("temporal convolution of nothing is nothing") {
  check<double>({0, 4, 3, 5}, 2, Activation::gelu);
  check<double>({2, 4, 3, 0}, 2, Activation::gelu);
}

TEST_CASE("only those gradients of a temporal convolution that are wanted are written") {
  const Block<float> block({2, 4, 6, 300}, 2, Activation::gelu);
  const auto [y, dx, dr] = block.ours();
  auto alone             = block.x;
  auto weight            = block.weight;
  nop::cpu::pull_mix_time(block.box, block.x.data(), block.mixing(), block.dy.data(), alone.data(),
                          static_cast<std::complex<float>*>(nullptr));
  CHECK(alone == dx);
  nop::cpu::pull_mix_time(block.box, block.x.data(), block.mixing(), block.dy.data(),
                          static_cast<float*>(nullptr), weight.data());
  CHECK(weight == dr);
}

TEST_CASE("a temporal convolution has the same bits on any number of threads") {
  for (const std::size_t from : {0U, 3U}) {
    const Block<float> block({3, 4, 12, 2000}, 2, Activation::gelu, from);
    CHECK(nop::test::same_on_any_threads([&] { return block.ours(); }));
  }
}

}  // namespace nop::test::time_mix_test
