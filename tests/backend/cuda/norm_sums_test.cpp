// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/memory.cuh>
#include <nop/backend/cuda/norm_sums.cuh>
#include <nop/backend/cuda/runtime.cuh>

#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

namespace nop::test::norm_sums_test {

using nop::cuda::Scratch;
using nop::cuda::detail::SlopeSums;

TEST_CASE_TEMPLATE("the gradients by weight and bias are sums over all results, modulated", Real,
                   float, double) {
  for (const std::size_t results : {0U, 1U, 16U, 45U})
    for (const std::size_t channels : {1U, 32U, 70U}) {
      const auto sums = random_values<Real>(results * channels * 2, 1);
      const auto told = random_values<Real>(results * channels * 2, 2);
      const Scratch<SlopeSums<Real>> of_rows(results * channels);
      const Scratch<Real> modulation(told.size()), by_weight(channels), by_bias(channels);
      nop::cuda::copy_from_host(reinterpret_cast<const SlopeSums<Real>*>(sums.data()),
                                of_rows.data(), results * channels);
      nop::cuda::copy_from_host(told.data(), modulation.data(), told.size());
      for (const bool modulated : {false, true}) {
        Normalization<Real> norm{1, Real(1), nullptr, nullptr};
        if (modulated) norm.modulation = modulation.data();
        nop::cuda::launch({nop::cuda::count(nop::cuda::parts_of(channels, 32)),
                           {32, nop::cuda::detail::summing_rows}},
                          nop::cuda::detail::pull_affine<Real>,
                          nop::cuda::detail::GroupCut({results, channels, 1}, 1, 1, 1), norm,
                          results, of_rows.data(), by_weight.data(), by_bias.data());
        std::vector<Real> weight(channels), bias(channels);
        nop::cuda::copy_to_host(by_weight.data(), weight.data(), channels);
        nop::cuda::copy_to_host(by_bias.data(), bias.data(), channels);
        std::vector<double> of_weight(channels), of_bias(channels);
        for (std::size_t i = 0; i < results * channels; ++i) {
          const std::size_t r = i / channels, c = i % channels;
          const double factor = modulated ? 1 + double{told[r * 2 * channels + c]} : 1;
          of_bias[c] += factor * double{sums[2 * i]};
          of_weight[c] += factor * double{sums[2 * i + 1]};
        }
        CHECK(worst_error(weight, of_weight) < rounding<Real>);
        CHECK(worst_error(bias, of_bias) < rounding<Real>);
      }
    }
}

}  // namespace nop::test::norm_sums_test
