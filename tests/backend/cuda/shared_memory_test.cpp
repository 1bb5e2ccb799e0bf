// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/memory.cuh>
#include <nop/backend/cuda/runtime.cuh>
#include <nop/backend/cuda/shared_memory.cuh>

#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

namespace nop::test::shared_memory_test {

/// Every thread writes its share of the block's memory; then each reads that of the next one.
__global__ void passed_on(unsigned each, unsigned* out) {
  auto* const numbers = nop::cuda::shared_memory<unsigned>();
  const unsigned me = threadIdx.x, next = (me + 1) % blockDim.x;
  for (unsigned i = 0; i < each; ++i) numbers[me * each + i] = blockIdx.x * 1000000 + me * each + i;
  __syncthreads();
  unsigned wrong = 0;
  for (unsigned i = 0; i < each; ++i)
    wrong += numbers[next * each + i] == blockIdx.x * 1000000 + next * each + i ? 0 : 1;
  out[blockIdx.x * blockDim.x + me] = wrong;
}

TEST_CASE("a block has as much memory of its own as it asks for, up to all that there is") {
  constexpr unsigned threads = 64, blocks = 3;
  for (const std::size_t bytes : {threads * sizeof(unsigned), std::size_t{48} << 10U,
                                  nop::cuda::device().shared_bytes / 1024 * 1024}) {
    CAPTURE(bytes);
    const auto each = static_cast<unsigned>(bytes / sizeof(unsigned) / threads);
    const nop::cuda::Scratch<unsigned> out(blocks * threads);
    nop::cuda::launch({blocks, threads, bytes}, passed_on, each, out.data());
    std::vector<unsigned> wrong(blocks * threads);
    nop::cuda::copy_to_host(out.data(), wrong.data(), wrong.size());
    CHECK(wrong == std::vector<unsigned>(blocks * threads));
  }
}

TEST_CASE("more than there is, is an error") {
  const nop::cuda::Scratch<unsigned> out(1);
  CHECK_THROWS_AS(
      nop::cuda::launch({1, 1, nop::cuda::device().shared_bytes + 1024}, passed_on, 1U, out.data()),
      nop::BackendError);
}

}  // namespace nop::test::shared_memory_test
