// SPDX-License-Identifier: BSD-3-Clause
#include "ceilings.hpp"

#include <nop/backend/cpu/simd.hpp>

#include "stopwatch.hpp"
#include <omp.h>
#include <unistd.h>

#include <array>
#include <limits>
#include <map>
#include <memory>

namespace bench {

namespace {

/// Keeps a result that nobody asks for.
volatile double sink;

template <class Call>
double best_seconds(int repetitions, const Call& call) {
  double best = std::numeric_limits<double>::max();
  for (int i = 0; i < repetitions; ++i) best = std::min(best, seconds(call));
  return best;
}

/// Calls `body(t)` on each of `threads` threads.
template <class Body>
void on_threads(std::size_t threads, const Body& body) {
#pragma omp parallel for num_threads(static_cast<int>(threads)) schedule(static, 1)
  for (std::size_t t = 0; t < threads; ++t) body(t);
}

/// Chains of multiply-adds, as many as cover the latency of two units.
template <class Real>
double fused_multiply_adds(std::size_t threads) {
  using Batch                      = nop::cpu::Batch<Real>;
  constexpr std::size_t chains     = 12;
  constexpr std::size_t repetition = 100'000;
  const double time                = best_seconds(100, [threads] {
    on_threads(threads, [](std::size_t) {
      std::array<Batch, chains> chain;
      chain.fill(Batch(Real(1)));
      const Batch factor(Real(0.5)), term(static_cast<Real>(sink) * Real(1e-30) + Real(0.5));
      for (std::size_t i = 0; i < repetition; ++i)
        for (Batch& value : chain) value = xsimd::fma(value, factor, term);
      Real total = 0;
      for (const Batch& value : chain) total += xsimd::hadd(value);
      if (total < 0) sink = static_cast<double>(total);
    });
  });
  return 2.0 * chains * repetition * Batch::size * static_cast<double>(threads) / time;
}

/// Bytes a second in passes over three arrays, each several times the size of the last cache.
struct Bandwidths {
  double read, copy, triad;

  explicit Bandwidths(std::size_t threads) {
    const auto cache = static_cast<std::size_t>(std::max(0L, sysconf(_SC_LEVEL3_CACHE_SIZE)));
    const std::size_t bytes = std::clamp<std::size_t>(2 * cache, 64UL << 20, 128UL << 20);
    const std::size_t count = bytes / sizeof(float), part = count / threads;
    // Uninitialized: whichever thread writes a page first gets it near itself.
    const auto array = [count] { return std::unique_ptr<float[]>(new float[count]); };
    const auto a = array(), b = array(), c = array();
    on_threads(threads, [&](std::size_t t) {
      for (float* const p : {a.get(), b.get(), c.get()}) std::fill_n(p + t * part, part, 1.0F);
    });

    const auto rate = [&](double passes, auto&& body) {
      const double time = best_seconds(8, [&] {
        on_threads(threads, [&](std::size_t t) {
          body(a.get() + t * part, b.get() + t * part, c.get() + t * part);
        });
      });
      return passes * static_cast<double>(part * threads * sizeof(float)) / time;
    };
    read  = rate(1, [part](const float* x, const float*, const float*) {
      using Batch = nop::cpu::Batch<float>;
      std::array<Batch, 4> total;
      total.fill(Batch(0.0F));
      const std::size_t step = total.size() * Batch::size;
      for (std::size_t i = 0; i + step <= part; i += step)
        for (std::size_t j = 0; j < total.size(); ++j)
          total[j] += Batch::load_unaligned(x + i + j * Batch::size);
      const float sum = xsimd::hadd(total[0] + total[1] + total[2] + total[3]);
      if (sum < 0) sink = static_cast<double>(sum);
    });
    copy  = rate(2, [part](const float* x, float* y, const float*) { std::copy_n(x, part, y); });
    triad = rate(3, [part](float* x, const float* y, const float* z) {
      for (std::size_t i = 0; i < part; ++i) x[i] = y[i] + 0.5F * z[i];
    });
  }
};

}  // namespace

const Ceilings& ceilings(std::size_t threads) {
  static std::map<std::size_t, Ceilings> known;
  if (const auto found = known.find(threads); found != known.end()) return found->second;
  const Bandwidths bytes(threads);
  return known[threads] = {.threads      = threads,
                           .float_flops  = fused_multiply_adds<float>(threads),
                           .double_flops = fused_multiply_adds<double>(threads),
                           .read         = bytes.read,
                           .copy         = bytes.copy,
                           .triad        = bytes.triad};
}

}  // namespace bench
