// SPDX-License-Identifier: BSD-3-Clause
// What the tests of kernels stand on where there is no GPU: an emulator that does as CUDA does.
#include <nop/backend/cuda/memory.cuh>
#include <nop/backend/cuda/runtime.cuh>

#include "support/cuda.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <vector>

namespace nop::test::emulator_test {

using nop::cuda::launch;
using nop::cuda::Scratch;

/// Every thread says where it is.
__global__ void places(unsigned* out) {
  const unsigned block  = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
  const unsigned thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
  const unsigned each   = blockDim.x * blockDim.y * blockDim.z;
  out[block * each + thread] += block * 1000 + thread;
}

/// Turns the order of a block's numbers around, in memory that its threads share, twice.
__global__ void turned(const float* in, float* out) {
  __shared__ float fixed[96];
  float* const asked  = nop::cuda::shared_memory<float>();
  const unsigned i    = threadIdx.x;
  const unsigned last = blockDim.x - 1;
  fixed[i]            = in[blockIdx.x * blockDim.x + i];
  __syncthreads();
  asked[i] = fixed[last - i] + 1;
  __syncthreads();
  out[blockIdx.x * blockDim.x + i] = asked[last - i] + 1;
}

/// The sum over each warp, by exchanging across, and what the lane before and lane 3 have.
__global__ void exchanged(const int* in, int* sums, int* before, int* third) {
  const unsigned i = threadIdx.x;
  int sum          = in[i];
  for (int step = 16; step > 0; step /= 2) sum += __shfl_xor_sync(~0U, sum, step);
  sums[i]   = sum;
  before[i] = __shfl_up_sync(~0U, in[i], 1);
  third[i]  = __shfl_sync(~0U, in[i], 3);
}

/// Threads that are done do not hold up those that wait.
__global__ void some_leave(int* out) {
  if (threadIdx.x % 3 == 0) return;
  __syncthreads();
  out[threadIdx.x] = 1;
}

TEST_CASE("every thread of every block runs once, and knows its place") {
  constexpr std::size_t count = 2 * 3 * 4 * 5 * 6 * 2;
  const Scratch<unsigned> out(count);
  const std::vector<unsigned> zeros(count);
  nop::cuda::copy_from_host(zeros.data(), out.data(), count);
  launch({{2, 3, 4}, {5, 6, 2}}, places, out.data());
  std::vector<unsigned> got(count);
  nop::cuda::copy_to_host(out.data(), got.data(), count);
  for (unsigned i = 0; i < count; ++i) CHECK(got[i] == i / 60 * 1000 + i % 60);
}

TEST_CASE("what a block shares is there after a barrier") {
  constexpr std::size_t threads = 96, count = 3 * threads;
  const Scratch<float> in(count), out(count);
  std::vector<float> values(count), got(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>(i);
  nop::cuda::copy_from_host(values.data(), in.data(), count);
  launch({3, threads, threads * sizeof(float)}, turned, in.data(), out.data());
  nop::cuda::copy_to_host(out.data(), got.data(), count);
  for (std::size_t i = 0; i < count; ++i) CHECK(got[i] == static_cast<float>(i) + 2);
}

TEST_CASE("lanes of a warp exchange what they hold") {
  constexpr std::size_t count = 64;
  const Scratch<int> in(count), sums(count), before(count), third(count);
  std::vector<int> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<int>(i * i);
  nop::cuda::copy_from_host(values.data(), in.data(), count);
  launch({1, count}, exchanged, in.data(), sums.data(), before.data(), third.data());
  const auto read = [](const Scratch<int>& from) {
    std::vector<int> got(count);
    nop::cuda::copy_to_host(from.data(), got.data(), count);
    return got;
  };
  const auto sum = read(sums), last = read(before), three = read(third);
  for (std::size_t i = 0; i < count; ++i) {
    int expected = 0;
    for (std::size_t k = i / 32 * 32; k < i / 32 * 32 + 32; ++k) expected += values[k];
    CHECK(sum[i] == expected);
    CHECK(last[i] == values[i % 32 == 0 ? i : i - 1]);
    CHECK(three[i] == values[i / 32 * 32 + 3]);
  }
}

TEST_CASE("a thread that has ended is not waited for") {
  const Scratch<int> out(10);
  const std::vector<int> zeros(10);
  nop::cuda::copy_from_host(zeros.data(), out.data(), 10);
  launch({1, 10}, some_leave, out.data());
  std::array<int, 10> got{};
  nop::cuda::copy_to_host(out.data(), got.data(), 10);
  for (std::size_t i = 0; i < 10; ++i) CHECK(got[i] == (i % 3 == 0 ? 0 : 1));
}

#ifdef NOP_CUDA_EMULATED
__global__ void half_waits_for_lanes() {
  if (threadIdx.x < 16) __syncwarp();
  if (threadIdx.x >= 16) __syncthreads();
}

TEST_CASE("threads that wait for others which wait elsewhere are an error, not an endless wait") {
  CHECK_THROWS_AS(launch({1, 32}, half_waits_for_lanes), std::logic_error);
}

/// Each thread reads what the next one writes, without waiting for it.
__global__ void races(unsigned* out) {
  __shared__ unsigned numbers[64];
  numbers[threadIdx.x] = 0;
  __syncthreads();
  numbers[threadIdx.x] = threadIdx.x + 1;
  out[threadIdx.x]     = numbers[(threadIdx.x + 1) % blockDim.x];
}

TEST_CASE("what a missing barrier lets happen, happens") {
  const Scratch<unsigned> out(64);
  std::vector<unsigned> got(64);
  launch({1, 64}, races, out.data());
  nop::cuda::copy_to_host(out.data(), got.data(), 64);
  const auto early = std::count(got.begin(), got.end(), 0U);
  CHECK(early > 8);
  CHECK(early < 56);
}

TEST_CASE("what was not written is not a number") {
  const Scratch<float> fresh(3);
  CHECK(std::isnan(fresh.data()[1]));
}
#endif

}  // namespace nop::test::emulator_test
