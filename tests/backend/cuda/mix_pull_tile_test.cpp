// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/mix_pull_tile.cuh>
#include <nop/core/activation.hpp>

#include "support/chain_cases.hpp"
#include "support/device_array.hpp"
#include "support/random_chain.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <span>
#include <vector>

namespace nop::test::mix_pull_tile_test {
namespace {

namespace device = nop::cuda::detail;

/// The kernel alone, for chains of which only the gradients by fields are wanted: three blocks go
/// through tiles of 4 << Across points.
template <unsigned Across>
struct Tiles : DeviceMemory {
  template <class Real>
  static void pull_mix(const Shape<3>& box, const Real* x, std::span<const Mixing<Real>> links,
                       const Real* dy, Real* dx, std::span<const MixingGradient<Real>> gradients) {
    device::PullTask<Real> task{};
    task.grid            = {box[2], box[0] * box[2], Across, false};
    task.fields          = {x, x, dy, dx, nullptr, false, true};
    task.channels        = static_cast<unsigned>(box[1]);
    task.count           = static_cast<unsigned>(links.size());
    task.needs_u         = true;
    std::size_t channels = box[1];
    unsigned row         = 0;
    for (std::size_t l = 0; l < links.size(); ++l) {
      task.links[l]           = device::mix_link(links[l], channels);
      task.pulled[l].residual = gradients[l].residual;
      task.pulled[l].u        = row;
      task.pulled[l].da       = row + device::whole_fours(channels);
      row                     = task.pulled[l].da + device::whole_fours(links[l].channels);
      channels                = links[l].channels;
    }
    const std::size_t numbers =
        device::slice_size<Real>(task.grid) + row * device::pitch_of<Real>(task.grid);
    nop::cuda::launch({3, device::mix_threads,
                       task.grid.tile() * sizeof(device::MixPlace) + numbers * sizeof(Real)},
                      device::pull_mix_tiles<functions::Gelu, Real>, task);
  }
};

/// The gradients by x and by residuals: the first, and the third of each link.
constexpr auto of_fields = [](std::size_t number) { return number == 0 || number % 4 == 3; };

template <unsigned Across, class Real>
void check(const Shape<3>& box, const std::vector<LinkOptions>& links) {
  CAPTURE(Across);
  CAPTURE(box);
  const RandomChain<Real> chain(box, links);
  const auto got = chain.gradients(pull_mix_by<Tiles<Across>>(), of_fields);
  CHECK(worst_error(got, RandomChain<double>(box, links).gradients(naive_pull_mix, of_fields)) <
        rounding<Real>);
  CHECK(chain.gradients(pull_mix_by<Tiles<Across>>(), of_fields) == got);
}

template <class Real>
void check_tiles(const Shape<3>& box, const std::vector<LinkOptions>& links) {
  check<3, Real>(box, links);
  check<4, Real>(box, links);
  check<5, Real>(box, links);
}

}  // namespace

TEST_CASE_TEMPLATE("a tile's gradient goes back through its links", Real, float, double) {
  for (const std::size_t points : {1U, 37U, 130U}) {
    check_tiles<Real>({2, 5, points}, {{7, true, true}});
    check_tiles<Real>({2, 5, points}, {{7, true, true, false, Activation::identity}});
    check_tiles<Real>({3, 5, points},
                      {{9, true, true}, {33, false, true, false, Activation::identity}, {2}});
  }
}

TEST_CASE_TEMPLATE("gates of all links add to the gradient by x", Real, float, double) {
  check_tiles<Real>({2, 6, 50}, {{6, true, true, true}, {6, false, true, true}});
  check_tiles<Real>({2, 6, 50},
                    {{6, true, true, true}, {3}, {6, false, true, true, Activation::identity}});
}

}  // namespace nop::test::mix_pull_tile_test
