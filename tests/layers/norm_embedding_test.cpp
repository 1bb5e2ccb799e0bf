// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/layers/batch_statistics.hpp>
#include <nop/layers/norm_embedding.hpp>

#include "support/layer_battery.hpp"
#include <doctest/doctest.h>

namespace nop::test::norm_embedding_test {

TEST_CASE("an embedding is found among what was told, whatever else was") {
  const auto e = nop::test::random_field(Shape{3});
  const nop::NormEmbedding embedding{e};
  nop::Rng rng(1);
  nop::BatchStatistics statistics;
  CHECK(nop::detail::told_embedding(embedding).to_host() == e.to_host());
  CHECK(nop::detail::told_embedding(rng, statistics, embedding).to_host() == e.to_host());
}

TEST_CASE("an embedding may lie on a tape or in somebody's memory") {
  const auto e = nop::test::random_field(Shape{3});
  nop::Tape tape;
  const auto variable = tape.variable(e);
  static_assert(nop::context<decltype(nop::NormEmbedding{variable})>);
  static_assert(nop::context<decltype(nop::NormEmbedding{e.view()})>);
  CHECK(nop::NormEmbedding{variable}.values.value().to_host() == e.to_host());
}

}  // namespace nop::test::norm_embedding_test
