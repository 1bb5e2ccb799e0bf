// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/memory.cuh>

#include "support/random_field.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

namespace nop::test::memory_test {

namespace cuda = nop::cuda;

TEST_CASE_TEMPLATE("numbers go to the device, around on it, and back", T, float, double,
                   std::complex<float>, std::complex<double>) {
  for (const std::size_t count : {1U, 7U, 100000U}) {
    const auto values = random_values<T>(count, 1);
    const cuda::Scratch<T> one(count), two(count);
    cuda::copy_from_host(values.data(), one.data(), count);
    cuda::copy(one.data(), two.data(), count);
    std::vector<T> got(count, T(-1));
    cuda::copy_to_host(two.data(), got.data(), count);
    CHECK(got == values);
  }
}

TEST_CASE("the host's array may be changed as soon as it was copied") {
  std::vector<double> values(1000, 1.0), got(1000);
  const cuda::Scratch<double> there(1000);
  cuda::copy_from_host(values.data(), there.data(), 1000);
  values.assign(1000, 2.0);
  cuda::copy_to_host(there.data(), got.data(), 1000);
  CHECK(got == std::vector<double>(1000, 1.0));
}

TEST_CASE("no numbers are copied from and to nowhere") {
  const float* const nothing = nullptr;
  float* const nowhere       = nullptr;
  cuda::copy(nothing, nowhere, 0);
  cuda::copy_from_host(nothing, nowhere, 0);
  cuda::copy_to_host(nothing, nowhere, 0);
}

TEST_CASE("blocks are aligned, apart from each other, and there for no bytes too") {
  void* const empty = cuda::allocate(0);
  void* const one   = cuda::allocate(1);
  void* const other = cuda::allocate(1000);
  for (void* const block : {empty, one, other}) {
    CHECK(block != nullptr);
    CHECK(reinterpret_cast<std::uintptr_t>(block) % 256 == 0);
  }
  CHECK(empty != one);
  CHECK(one != other);
  cuda::release(empty);
  cuda::release(one);
  cuda::release(other);
}

TEST_CASE("where there is no room there is an error, after which all goes on") {
  CHECK_THROWS_AS(cuda::allocate(std::size_t{1} << 50U), std::bad_alloc);
  CHECK_THROWS_AS(cuda::Scratch<double>(std::size_t{1} << 47U), std::bad_alloc);
  const std::vector<int> values = {1, 2, 3};
  std::vector<int> got(3);
  const cuda::Scratch<int> there(3);
  cuda::copy_from_host(values.data(), there.data(), 3);
  cuda::copy_to_host(there.data(), got.data(), 3);
  CHECK(got == values);
}

}  // namespace nop::test::memory_test
