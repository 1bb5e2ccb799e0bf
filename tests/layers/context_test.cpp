// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/layers/batch_statistics.hpp>
#include <nop/layers/context.hpp>
#include <nop/layers/norm_embedding.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

namespace nop::test::context_test {

using Embedding = nop::NormEmbedding<nop::Tensor<double, 1, nop::Cpu>>;

TEST_CASE("what may be told is a generator, batch statistics and an embedding, and nothing else") {
  static_assert(nop::context<Rng&> && nop::context<BatchStatistics&> && nop::context<Embedding> &&
                nop::context<const Embedding&>);
  static_assert(!nop::context<int> && !nop::context<nop::Shape<2>>);
  // From those that are const nothing could be drawn, and nothing noted.
  static_assert(!nop::context<const Rng&> && !nop::context<const BatchStatistics&>);
  CHECK(nop::context<Rng>);
}

TEST_CASE("what was told is found in any order") {
  static_assert(is_told<Rng, Rng&> && is_told<Rng, BatchStatistics&, Rng&>);
  static_assert(!is_told<Rng> && !is_told<Rng, BatchStatistics&>);
  Rng rng(1);
  BatchStatistics statistics;
  CHECK(&nop::told<Rng>(rng, statistics) == &rng);
  CHECK(&nop::told<Rng>(statistics, rng) == &rng);
  CHECK(&nop::told<BatchStatistics>(rng, statistics) == &statistics);
}

}  // namespace nop::test::context_test
