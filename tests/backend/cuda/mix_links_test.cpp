// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/mix_links.cuh>
#include <nop/backend/cuda/runtime.cuh>
#include <nop/core/activation.hpp>
#include <nop/core/mixing.hpp>

#include "support/device_array.hpp"
#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace nop::test::mix_links_test {
namespace {

namespace device = nop::cuda::detail;
using Links      = std::vector<Mixing<float>>;

constexpr auto identity = Activation::identity, gelu = Activation::gelu, silu = Activation::silu;

Mixing<float> link(std::size_t channels, Activation activation) {
  return {.channels = channels, .weight = nullptr, .activation = activation};
}

/// The first links of all groups; where they end, they end one before another.
template <class Fits>
std::vector<std::size_t> first_links(std::size_t channels, const Links& links, const Fits& fits) {
  std::vector<std::size_t> first;
  std::size_t end = 0;
  for (const auto& group :
       device::mix_groups(channels, std::span<const Mixing<float>>(links), fits)) {
    CHECK(group.first == end);
    CHECK(group.channels == (end == 0 ? channels : links[end - 1].channels));
    for (std::size_t l = group.first; l < group.last; ++l)
      CHECK((links[l].activation == identity || links[l].activation == group.activation));
    CHECK((!group.is_wide || group.last == group.first + 1));
    first.push_back(group.first);
    end = group.last;
  }
  CHECK(end == links.size());
  return first;
}

constexpr auto always = [](std::size_t, const auto&) { return true; };
using First           = std::vector<std::size_t>;

template <class Function, class Real>
__global__ void differentiate(bool is_linear, const Real* in, Real* values, Real* slopes,
                              Real* applied) {
  device::MixLink<Real> link{};
  link.is_linear = is_linear;
  device::Four<Real> a[1], slope[1], b[1];  // NOLINT(*-avoid-c-arrays)
  for (unsigned i = 0; i < 4; ++i) a[0].at[i] = b[0].at[i] = in[4 * threadIdx.x + i];
  link.template differentiate<Function>(a, slope);
  link.template apply<Function>(b);
  for (unsigned i = 0; i < 4; ++i) {
    values[4 * threadIdx.x + i]  = a[0].at[i];
    slopes[4 * threadIdx.x + i]  = slope[0].at[i];
    applied[4 * threadIdx.x + i] = b[0].at[i];
  }
}

}  // namespace

TEST_CASE("links go together, four at most") {
  CHECK(first_links(3, Links(1, link(5, gelu)), always) == First{0});
  CHECK(first_links(3, Links(4, link(5, gelu)), always) == First{0});
  CHECK(first_links(3, Links(9, link(5, gelu)), always) == First{0, 4, 8});
}

TEST_CASE("links of two activations go apart, and those of none go with any") {
  CHECK(first_links(3, {link(5, gelu), link(5, identity), link(5, gelu)}, always) == First{0});
  CHECK(first_links(3, {link(5, identity), link(5, silu)}, always) == First{0});
  CHECK(first_links(3, {link(5, gelu), link(5, identity), link(5, silu)}, always) == First{0, 2});
}

TEST_CASE("links of many channels go alone, as wide ones") {
  const Links links{link(8, gelu), link(300, gelu), link(8, gelu), link(8, gelu)};
  CHECK(first_links(8, links, always) == First{0, 1, 2, 3});
  const auto groups = device::mix_groups(8, std::span<const Mixing<float>>(links), always);
  CHECK_FALSE(groups[0].is_wide);
  CHECK(groups[1].is_wide);
  CHECK(groups[2].is_wide);  // it comes after many
  CHECK_FALSE(groups[3].is_wide);
}

TEST_CASE("no more links go together than fit") {
  const Links links(5, link(8, gelu));
  const auto two = [](std::size_t, const auto& some) { return some.size() <= 2; };
  CHECK(first_links(8, links, two) == First{0, 2, 4});
  const auto none = [](std::size_t, const auto&) { return false; };
  for (const auto& group : device::mix_groups(8, std::span<const Mixing<float>>(links), none))
    CHECK(group.is_wide);
}

TEST_CASE("fields lie in fours if all do") {
  alignas(16) std::array<float, 8> x{};
  auto one = link(1, gelu);
  CHECK(device::lie_in_fours(8, std::span<const Mixing<float>>(&one, 1), x.data()));
  CHECK_FALSE(device::lie_in_fours(7, std::span<const Mixing<float>>(&one, 1), x.data()));
  CHECK_FALSE(device::lie_in_fours(8, std::span<const Mixing<float>>(&one, 1), x.data() + 1));
  one.residual = x.data() + 2;
  CHECK_FALSE(device::lie_in_fours(8, std::span<const Mixing<float>>(&one, 1), x.data()));
}

TEST_CASE_TEMPLATE("a link's function and slope are those of its activation", Real, float, double) {
  std::vector<Real> in;
  for (int i = 0; i < 64; ++i) in.push_back(static_cast<Real>(i - 32) / 7);
  for (const bool is_linear : {false, true}) {
    const DeviceArray<Real> x(in);
    DeviceArray<Real> values(in.size(), 0), slopes(in.size(), 0), applied(in.size(), 0);
    nop::cuda::launch({1, 16}, differentiate<functions::Silu, Real>, is_linear, x.data(),
                      values.data(), slopes.data(), applied.data());
    CHECK(applied.values() == values.values());
    for (std::size_t i = 0; i < in.size(); ++i) {
      const auto at = functions::Silu::at(in[i]);
      CHECK(values.values()[i] ==
            doctest::Approx(static_cast<double>(is_linear ? in[i] : at.value)).epsilon(1e-6));
      CHECK(slopes.values()[i] ==
            doctest::Approx(static_cast<double>(is_linear ? Real(1) : at.slope)).epsilon(1e-6));
    }
  }
}

}  // namespace nop::test::mix_links_test
