// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/parallel.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/scratch.hpp>

#include <algorithm>
#include <cstddef>

namespace nop::cpu::detail {

/// `size` sums over `count` tiles: `add(first, last, sums)` adds those of some tiles. They are made
/// for a number of blocks of tiles and then added in their order, so that they do not depend on the
/// threads. `use(sums)` gets the result.
template <real Real, class Add, class Use>
void sum_in_blocks(std::size_t count, std::size_t size, const Add& add, const Use& use) {
  const std::size_t blocks = std::min<std::size_t>(count, 32);
  const Scratch<Real> sums(std::max<std::size_t>(blocks, 1) * size);
  if (blocks == 0) std::fill(sums.begin(), sums.end(), Real(0));
  parallel_for(blocks, [&](std::size_t block) {
    Real* const own = sums.data() + block * size;
    std::fill_n(own, size, Real(0));
    add(block * count / blocks, (block + 1) * count / blocks, own);
  });
  parallel_blocks(size, 4096, [&](std::size_t begin, std::size_t end) {
    for (std::size_t block = 1; block < blocks; ++block)
      for (std::size_t i = begin; i < end; ++i) sums[i] += sums[block * size + i];
  });
  use(static_cast<const Real*>(sums.data()));
}

}  // namespace nop::cpu::detail
