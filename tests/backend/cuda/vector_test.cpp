// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/memory.cuh>
#include <nop/backend/cuda/vector.cuh>

#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <array>
#include <complex>
#include <cstddef>
#include <vector>

namespace nop::test::vector_test {

namespace cuda = nop::cuda;

namespace {

/// sum[i] += a[i] conj(b[i]), a vector per thread.
template <class Element>
__global__ void add_products(const Element* a, const Element* b, Element* sum) {
  constexpr unsigned size = cuda::in_16_bytes<Element>;
  const unsigned first    = threadIdx.x * size;
  const auto left         = cuda::read_vector<size>(a + first);
  const auto right        = cuda::read_vector<size>(b + first);
  auto total              = cuda::read_vector<size>(sum + first);
  for (unsigned i = 0; i < size; ++i)
    cuda::add_product(total.part[i], left.part[i], cuda::conjugate(right.part[i]));
  cuda::write_vector(sum + first, total);
}

__global__ void add_one_by_block(unsigned count, const float* in, float* out) {
  cuda::move_by_block<3>(
      count, [&](unsigned i) { return in[i] + 1; }, [&](unsigned i, float x) { out[i] = x; });
}

}  // namespace

TEST_CASE("a block moves all of an array and nothing behind it") {
  for (const unsigned count : {0U, 1U, 7U, 8U, 24U, 25U, 100U}) {
    const cuda::Scratch<float> in(101), out(101);
    const auto values = random_values<float>(101, 1);
    cuda::copy_from_host(values.data(), in.data(), 101);
    cuda::copy_from_host(values.data(), out.data(), 101);
    cuda::launch({{1}, {8}}, add_one_by_block, count, in.data(), out.data());
    std::vector<float> got(101);
    cuda::copy_to_host<float>(out.data(), got.data(), 101);
    for (std::size_t i = 0; i < 101; ++i) CHECK(got[i] == (i < count ? values[i] + 1 : values[i]));
  }
}

TEST_CASE_TEMPLATE("vectors of products are added element by element", T, float, double,
                   std::complex<float>, std::complex<double>) {
  constexpr unsigned threads = 5;
  constexpr std::size_t n    = threads * cuda::in_16_bytes<T>;
  const auto a = random_values<T>(n, 1), b = random_values<T>(n, 2);
  auto sum = random_values<T>(n, 3);
  std::vector<std::complex<double>> expected(sum.begin(), sum.end());
  for (std::size_t i = 0; i < n; ++i)
    expected[i] += std::complex<double>(a[i]) * std::conj(std::complex<double>(b[i]));

  const cuda::Scratch<T> a_there(n), b_there(n), sum_there(n);
  cuda::copy_from_host(a.data(), a_there.data(), n);
  cuda::copy_from_host(b.data(), b_there.data(), n);
  cuda::copy_from_host(sum.data(), sum_there.data(), n);
  cuda::launch({{1}, {threads}}, add_products<cuda::on_device<T>>,
               cuda::as_on_device(a_there.data()), cuda::as_on_device(b_there.data()),
               cuda::as_on_device(sum_there.data()));
  cuda::copy_to_host(sum_there.data(), sum.data(), n);
  CHECK(worst_error(sum, expected) < rounding<T>);
}

TEST_CASE("matrices are taken apart into vectors only where all rows begin and end with one") {
  alignas(16) std::array<float, 32> memory{};
  const auto matrices = [&](std::size_t offset, std::size_t row_step, std::size_t batch_step) {
    return Matrices<const float>{memory.data() + offset, row_step, batch_step};
  };
  CHECK(cuda::in_vectors(matrices(0, 8, 16), 4, 4));
  CHECK(cuda::in_vectors(matrices(4, 8, 0), 4, 4));
  CHECK(cuda::in_vectors(matrices(3, 5, 7), 3, 1));
  CHECK_FALSE(cuda::in_vectors(matrices(2, 8, 16), 4, 4));
  CHECK_FALSE(cuda::in_vectors(matrices(0, 6, 16), 4, 4));
  CHECK_FALSE(cuda::in_vectors(matrices(0, 8, 15), 4, 4));
  CHECK_FALSE(cuda::in_vectors(matrices(0, 8, 16), 3, 4));
}

}  // namespace nop::test::vector_test
