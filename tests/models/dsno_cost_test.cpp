// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/models/dsno.hpp>
#include <nop/models/unet.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <span>

namespace nop::test::dsno_cost_test {

namespace {

/// Notes how many multiplications its products take.
struct Counting : Cpu {
  static inline double multiplications = 0;

  template <class... Factor>
  static void count(Factor... factors) {
    multiplications += (1.0 * ... * static_cast<double>(factors));
  }

  template <class Element>
  static void multiply(const ProductSize& size, const Matrices<const Element>& a,
                       const Matrices<const Element>& b, const Matrices<Element>& c,
                       Update update) {
    count(size.batch, size.rows, size.depth, size.columns);
    Cpu::multiply(size, a, b, c, update);
  }
  template <class Size, class... Memory, class Device = Cpu>
  static void convolve(const Size& size, Memory*... memory) {
    count(size.batch, size.in, size.out, size.points(), size.taps());
    Device::convolve(size, memory...);
  }
  template <class Real>
  static void mix(const Shape<3>& box, const Real* x, std::span<const Mixing<Real>> links,
                  Real* y) {
    std::size_t channels = box[1];
    for (const auto& link : links) {
      if (link.weight != nullptr) count(box[0], channels, link.channels, box[2]);
      channels = link.channels;
    }
    Cpu::mix(box, x, links, y);
  }
  /// For two modes of more than two steps.
  template <class Real>
  static void mix_time(const Shape<4>& box, const Real* x, const TimeMixing<Real>& mixing,
                       Real* y) {
    count(5, box[0], box[2], box[2], box[3]);
    Cpu::mix_time(box, x, mixing, y);
  }
};

}  // namespace

// Counted by hand, with 28 x 28 points as 14 x 14 and 7 x 7: the more of the two levels on the way
// down are shared, and on the way up separate, the less than four backbones are four states.
TEST_CASE("a DSNO of four states costs as many backbones as are left of its states") {
  using Net = nop::UNet<2, Counting, float>;
  nop::Rng rng(1);
  const Net net({.in_channels  = 1,
                 .out_channels = 1,
                 .width        = 32,
                 .multipliers  = {1, 1},
                 .blocks       = 1,
                 .attention    = {1},
                 .unshuffle    = 2},
                rng);
  const nop::Tensor<float, 4, Counting> noise({8, 1, 28, 28});
  const auto cost = [](const auto& call) {
    Counting::multiplications = 0;
    call();
    return Counting::multiplications;
  };
  const double one = cost([&] { net(noise, nop::Tensor<float, 1, Counting>({8})); });
  CHECK(2 * one / 8 == doctest::Approx(55e6).epsilon(0.15));
  const auto check = [&](nop::DsnoEnds ends, double all, double last) {
    const nop::Dsno<Net> dsno(net, {0.5625, 0.25, 0.0625, 0}, 2, rng, ends);
    CHECK(cost([&] { dsno(noise); }) / one == doctest::Approx(all).epsilon(0.015));
    CHECK(cost([&] { dsno.last(noise); }) / one == doctest::Approx(last).epsilon(0.015));
  };
  check({0, 0}, 3.91, 3.89);
  check({0, 2}, 3.84, 2.14);
  check({1, 2}, 3.55, 1.86);
  check({2, 4}, 3.29, 1.10);
}

}  // namespace nop::test::dsno_cost_test
