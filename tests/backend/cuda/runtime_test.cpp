// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/memory.cuh>
#include <nop/backend/cuda/runtime.cuh>
#include <nop/core/error.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <vector>

namespace nop::test::runtime_test {

namespace cuda = nop::cuda;

namespace {

__global__ void add(int what, int* out) { out[blockIdx.x * blockDim.x + threadIdx.x] += what; }

/// Uses as much shared memory as it was given.
__global__ void turn_around(unsigned count, int* out) {
  int* const shared = cuda::shared_memory<int>();
  for (unsigned i = threadIdx.x; i < count; i += blockDim.x)
    shared[i] = static_cast<int>(count - 1 - i);
  __syncthreads();
  for (unsigned i = threadIdx.x; i < count; i += blockDim.x) out[i] = shared[i];
}

std::vector<int> values_of(const cuda::Scratch<int>& there, std::size_t count) {
  std::vector<int> values(count);
  cuda::copy_to_host(there.data(), values.data(), count);
  return values;
}

}  // namespace

TEST_CASE("what CUDA refuses is an error that names the call and what it said") {
  CHECK_NOTHROW(cuda::check(cudaSuccess, "cudaSomething"));
  try {
    cuda::check(cudaErrorInvalidValue, "cudaSomething");
    FAIL("there was no error");
  } catch (const BackendError& error) {
    CHECK(std::string(error.what()) == "cudaSomething: invalid argument");
  }
}

TEST_CASE("kernels run one after the other, and none where there are no blocks") {
  const cuda::Scratch<int> there(60);
  const std::vector<int> zeros(60);
  cuda::copy_from_host(zeros.data(), there.data(), 60);
  cuda::launch({3, 20}, add, 5, there.data());
  cuda::launch({2, 20}, add, 7, there.data());
  cuda::launch({0, 20}, add, 100, there.data());
  cuda::launch({{3, 0}, 20}, add, 100, there.data());
  cuda::launch({{3, 1, 0}, 20}, add, 100, there.data());
  cuda::synchronize();
  const auto got = values_of(there, 60);
  for (std::size_t i = 0; i < 60; ++i) CHECK(got[i] == (i < 40 ? 12 : 5));
}

TEST_CASE("a kernel that cannot be started is an error, after which all goes on") {
  const cuda::Scratch<int> there(10);
  const std::vector<int> zeros(10);
  cuda::copy_from_host(zeros.data(), there.data(), 10);
  CHECK_THROWS_AS(cuda::launch({1, 5000}, add, 1, there.data()), BackendError);
  CHECK_THROWS_AS(cuda::launch({1, 10, std::size_t{1} << 25U}, add, 1, there.data()), BackendError);
  static_cast<void>(cudaGetLastError());
  cuda::launch({1, 10}, add, 1, there.data());
  CHECK(values_of(there, 10) == std::vector<int>(10, 1));
}

TEST_CASE("a block gets all the shared memory there is") {
  CHECK(cuda::device().multiprocessors > 0);
  CHECK(cuda::device().shared_bytes >= 48U << 10U);
  for (const std::size_t bytes :
       {std::size_t{400}, std::size_t{48} << 10U, cuda::device().shared_bytes}) {
    const std::size_t count = bytes / sizeof(int);
    const cuda::Scratch<int> there(count);
    cuda::launch({1, 128, bytes}, turn_around, cuda::count(count), there.data());
    const auto got = values_of(there, count);
    bool right     = true;
    for (std::size_t i = 0; i < count; ++i)
      right = right && got[i] == static_cast<int>(count - 1 - i);
    CHECK(right);
  }
}

TEST_CASE("the least number of parts covers a whole") {
  static_assert(cuda::parts_of(0, 4) == 0);
  static_assert(cuda::parts_of(1, 4) == 1);
  static_assert(cuda::parts_of(8, 4) == 2);
  static_assert(cuda::parts_of(9, 4) == 3);
}

TEST_CASE("there is one stream") { CHECK(cuda::stream() == cuda::stream()); }

}  // namespace nop::test::runtime_test
