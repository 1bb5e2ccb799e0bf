// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/graph.cuh>
#include <nop/backend/cuda/memory.cuh>
#include <nop/backend/cuda/runtime.cuh>
#include <nop/core/error.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace nop::test::graph_test {

using nop::cuda::Graph;
using nop::cuda::launch;
using nop::cuda::Scratch;

__global__ void doubled(const float* in, float* out) { out[threadIdx.x] = 2 * in[threadIdx.x]; }

namespace {

constexpr std::size_t count = 8;
using Values                = std::array<float, count>;

void set(const Scratch<float>& at, float value) {
  Values values;
  values.fill(value);
  nop::cuda::copy_from_host(values.data(), at.data(), count);
}
bool holds(const Scratch<float>& at, float value) {
  Values values, expected;
  expected.fill(value);
  nop::cuda::copy_to_host(at.data(), values.data(), count);
  return values == expected;
}
/// out = 4 in, by way of memory of its own.
void quadruple(const float* in, float* out) {
  const Scratch<float> between(count);
  launch({1, count}, doubled, in, between.data());
  launch({1, count}, doubled, between.data(), out);
}

}  // namespace

TEST_CASE("a graph does what was asked for, whenever it is launched, with what is there then") {
  const Scratch<float> in(count), out(count);
  set(in, 1);
  set(out, -1);
  const Graph graph([&] { quadruple(in.data(), out.data()); });
  CHECK(holds(out, -1));
  graph.launch();
  CHECK(holds(out, 4));
  set(in, 3);
  graph.launch();
  graph.launch();
  CHECK(holds(out, 12));
  launch({1, count}, doubled, out.data(), in.data());  // after the graph
  graph.launch();
  CHECK(holds(out, 96));
}

TEST_CASE("a graph of nothing does nothing") {
  Graph([] {}).launch();
}

TEST_CASE("a graph can be moved, and another put in its place") {
  const Scratch<float> in(count), out(count);
  set(in, 1);
  std::optional<Graph> graph(std::in_place, [&] { quadruple(in.data(), out.data()); });
  Graph moved = std::move(*graph);
  graph.reset();
  moved.launch();
  CHECK(holds(out, 4));
  moved = Graph([&] { launch({1, count}, doubled, in.data(), out.data()); });
  moved.launch();
  CHECK(holds(out, 2));
}

TEST_CASE("what is captured may not read or write the host's memory, and the stream goes on") {
  const Scratch<float> in(count), out(count);
  Values values{};
  set(in, 1);
  for (const bool reads : {true, false}) {
    const auto work = [&] {
      quadruple(in.data(), out.data());
      const Scratch<float> released_on_the_way(count);
      if (reads)
        nop::cuda::copy_to_host(out.data(), values.data(), count);
      else
        nop::cuda::copy_from_host(values.data(), out.data(), count);
    };
    CHECK_THROWS_WITH_AS(
        Graph{work},
        "cudaMemcpyAsync: the host's memory is not for what is being captured as a graph",
        nop::BackendError);
    work();  // as it is
    quadruple(in.data(), out.data());
    CHECK(holds(out, 4));
  }
}

TEST_CASE("an exception that leaves what is captured leaves the stream as it was") {
  const Scratch<float> in(count), out(count);
  set(in, 1);
  set(out, -1);
  CHECK_THROWS_AS(Graph([&] {
                    quadruple(in.data(), out.data());
                    throw std::out_of_range("here");
                  }),
                  std::out_of_range);
  CHECK(holds(out, -1));
  quadruple(in.data(), out.data());
  CHECK(holds(out, 4));
}

TEST_CASE("nobody waits for what is captured") {
  const Scratch<float> in(count), out(count);
  set(in, 1);
  CHECK_THROWS_AS(Graph([&] {
                    quadruple(in.data(), out.data());
                    nop::cuda::synchronize();
                  }),
                  nop::BackendError);
  quadruple(in.data(), out.data());
  CHECK(holds(out, 4));
}

}  // namespace nop::test::graph_test
