// SPDX-License-Identifier: BSD-3-Clause
// The backend's products beside Eigen's, on the shapes of a Fourier operator, on one thread.
#include <nop/backend/cpu.hpp>
#include <nop/core/operand.hpp>

#include <benchmark/benchmark.h>

#include <complex>
#include <cstddef>
#include <Eigen/Core>
#include <string>
#include <vector>

namespace {

using nop::Form;

struct Case {
  const char* name;
  nop::ProductSize size;
  Form left  = Form::plain;
  Form right = Form::plain;
};

template <class Element>
struct Setup {
  explicit Setup(const Case& c)
      : a(c.size.batch * c.size.rows * c.size.depth, Element(1)),
        b(c.size.batch * c.size.depth * c.size.columns, Element(2)),
        result(c.size.batch * c.size.rows * c.size.columns) {
    nop::Cpu::set_thread_count(1);
  }
  std::vector<Element> a, b, result;
};

void report(benchmark::State& state, const nop::ProductSize& size, double flops) {
  flops *= static_cast<double>(size.batch * size.rows * size.depth * size.columns);
  state.counters["flop/s"] =
      benchmark::Counter(flops, benchmark::Counter::kIsIterationInvariantRate);
}

template <class Element>
constexpr double flops_per_product = nop::complex<Element> ? 8 : 2;

template <class Element>
void ours(benchmark::State& state, const Case& c) {
  Setup<Element> setup(c);
  const auto& s = c.size;
  for (auto _ : state) {
    nop::Cpu::multiply(
        s,
        nop::Matrices<const Element>{setup.a.data(), c.left == Form::plain ? s.depth : s.rows,
                                     s.rows * s.depth, c.left},
        nop::Matrices<const Element>{setup.b.data(), c.right == Form::plain ? s.columns : s.depth,
                                     s.depth * s.columns, c.right},
        nop::Matrices<Element>{setup.result.data(), s.columns, s.rows * s.columns},
        nop::Update::overwrite);
    benchmark::ClobberMemory();
  }
  report(state, s, flops_per_product<Element>);
}

template <class Element>
void eigens(benchmark::State& state, const Case& c) {
  using Matrix = Eigen::Matrix<Element, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  Setup<Element> setup(c);
  const auto rows    = static_cast<Eigen::Index>(c.size.rows);
  const auto depth   = static_cast<Eigen::Index>(c.size.depth),
             columns = static_cast<Eigen::Index>(c.size.columns);
  for (auto _ : state) {
    for (std::size_t i = 0; i < c.size.batch; ++i) {
      Element* const a = setup.a.data() + i * c.size.rows * c.size.depth;
      Element* const b = setup.b.data() + i * c.size.depth * c.size.columns;
      Eigen::Map<Matrix> result(setup.result.data() + i * c.size.rows * c.size.columns, rows,
                                columns);
      if (c.left == Form::plain && c.right == Form::plain)
        result.noalias() =
            Eigen::Map<Matrix>(a, rows, depth) * Eigen::Map<Matrix>(b, depth, columns);
      else if (c.left == Form::plain)
        result.noalias() =
            Eigen::Map<Matrix>(a, rows, depth) * Eigen::Map<Matrix>(b, columns, depth).adjoint();
      else
        result.noalias() =
            Eigen::Map<Matrix>(a, depth, rows).adjoint() * Eigen::Map<Matrix>(b, depth, columns);
    }
    benchmark::ClobberMemory();
  }
  report(state, c.size, flops_per_product<Element>);
}

template <class Element>
void add(const Case& c) {
  benchmark::RegisterBenchmark((std::string(c.name) + "/nop").c_str(), ours<Element>, c);
  benchmark::RegisterBenchmark((std::string(c.name) + "/eigen").c_str(), eigens<Element>, c);
}

const bool added = [] {
  add<float>({"channels_64x24x24x256", {64, 24, 24, 256}});
  add<float>({"channels_4x64x64x16384", {4, 64, 64, 16384}});
  add<float>({"channels_4x64x64x16384_by_x", {4, 64, 64, 16384}, Form::adjoint});
  add<float>({"channels_64x24x256x24_by_weight", {64, 24, 256, 24}, Form::plain, Form::adjoint});
  add<float>({"projection_64x1x48x256", {64, 1, 48, 256}});
  add<float>({"analysis_16384x128x34", {1, 16384, 128, 34}});
  add<float>({"synthesis_16384x34x128", {1, 16384, 34, 128}, Form::plain, Form::adjoint});
  add<float>({"square_1024", {1, 1024, 1024, 1024}});
  using Complex = std::complex<float>;
  add<Complex>({"modes_40x64x24x24", {40, 64, 24, 24}});
  add<Complex>({"modes_544x16x64x64", {544, 16, 64, 64}});
  add<Complex>({"modes_544x1x64x64", {544, 1, 64, 64}});
  add<Complex>({"modes_544x16x64x64_by_x", {544, 16, 64, 64}, Form::plain, Form::adjoint});
  add<Complex>({"modes_544x64x16x64_by_weight", {544, 64, 16, 64}, Form::adjoint});
  return true;
}();

}  // namespace
