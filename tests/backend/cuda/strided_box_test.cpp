// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda/runtime.cuh>
#include <nop/backend/cuda/strided_box.cuh>

#include "support/device_array.hpp"
#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace nop::test::strided_box_test {

using nop::cuda::StridedBox;

namespace {

template <std::size_t Rank>
__global__ void offsets(StridedBox<Rank> box, unsigned count, std::uint64_t* in,
                        std::uint64_t* out) {
  const std::uint32_t first = 2 * threadIdx.x;
  const auto found          = box.offsets(std::array{first, first + 1});
  for (unsigned k = 0; k < 2; ++k)
    if (first + k < count) {
      in[first + k]  = found.in[k];
      out[first + k] = found.out[k];
    }
}

template <std::size_t Rank>
void check(const Shape<Rank>& extents, const Shape<Rank>& in_step, const Shape<Rank>& out_step) {
  const std::size_t count = element_count(extents);
  DeviceArray<std::uint64_t> in(count, 99), out(count, 99);
  nop::cuda::launch({1, nop::cuda::count((count + 1) / 2)}, offsets<Rank>,
                    StridedBox<Rank>(extents, in_step, out_step), nop::cuda::count(count),
                    in.data(), out.data());
  const auto from = in.values(), to = out.values();
  for (std::size_t index = 0; index < count; ++index) {
    std::size_t rest = index, i = 0, o = 0;
    for (std::size_t axis = Rank; axis-- > 0; rest /= extents[axis]) {
      i += rest % extents[axis] * in_step[axis];
      o += rest % extents[axis] * out_step[axis];
    }
    CHECK(from[index] == i);
    CHECK(to[index] == o);
  }
}

}  // namespace

TEST_CASE("elements of a box are found in both arrays") {
  check<1>({7}, {3}, {2});
  check<2>({1, 5}, {9, 2}, {7, 1});
  check<2>({5, 1}, {9, 2}, {7, 1});
  check<3>({4, 1, 6}, {1, 1000, 5}, {20, 3, 1});
  check<4>({3, 4, 5, 2}, {1U << 31U, 0, 1U << 30U, 3}, {40, 10, 2, 1});
  check<3>({1, 1, 1}, {1, 2, 3}, {4, 5, 6});
}

TEST_CASE("a word is as large as its bytes, and aligned") {
  static_assert(sizeof(nop::cuda::Word<4>) == 4);
  static_assert(sizeof(nop::cuda::Word<8>) == 8 && alignof(nop::cuda::Word<8>) == 8);
  static_assert(sizeof(nop::cuda::Word<16>) == 16 && alignof(nop::cuda::Word<16>) == 16);
}

}  // namespace nop::test::strided_box_test
