// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/strided.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstring>
#include <random>
#include <vector>

namespace nop::detail::strided_test {
namespace {

using Numbers = std::vector<std::size_t>;

/// Element by element, from the definition.
std::vector<std::byte> naive(const std::vector<std::byte>& storage, const Numbers& shape,
                             const Numbers& strides, std::size_t offset, std::size_t size) {
  std::size_t count = 1;
  for (const auto extent : shape) count *= extent;
  std::vector<std::byte> result;
  for (std::size_t flat = 0; flat < count; ++flat) {
    std::size_t rest = flat, at = offset;
    for (std::size_t axis = shape.size(); axis-- > 0; rest /= shape[axis])
      at += rest % shape[axis] * strides[axis];
    for (std::size_t i = 0; i < size; ++i) result.push_back(storage[at * size + i]);
  }
  return result;
}

TEST_CASE("strides without gaps are those of row-major order") {
  CHECK(row_major_strides(Numbers{}).empty());
  CHECK(row_major_strides(Numbers{5}) == Numbers{1});
  CHECK(row_major_strides(Numbers{2, 3, 4}) == Numbers{12, 4, 1});
  CHECK(row_major_strides(Numbers{2, 0, 4}) == Numbers{4, 4, 1});
}

TEST_CASE("an array without gaps is one axis, whatever its shape") {
  for (const Numbers& shape : {Numbers{6}, Numbers{2, 3}, Numbers{1, 2, 1, 3, 1}}) {
    const auto axes = merged_axes(shape, row_major_strides(shape));
    REQUIRE(axes.size() == 1);
    CHECK(axes[0].extent == 6);
    CHECK(axes[0].stride == 1);
  }
  CHECK(merged_axes(Numbers{1, 1}, Numbers{7, 9}).empty());
  CHECK(merged_axes(Numbers{2, 3}, Numbers{1, 2}).size() == 2);
}

TEST_CASE("elements of any strides and sizes are gathered as the definition says") {
  std::mt19937 random(5);
  const auto upto = [&](std::size_t most) { return random() % (most + 1); };
  std::vector<std::byte> storage(4000 * 16);
  for (auto& byte : storage) byte = static_cast<std::byte>(random());
  for (int trial = 0; trial < 3000; ++trial) {
    const std::size_t size = std::size_t{1} << upto(4);
    Numbers shape(upto(4)), strides;
    for (auto& extent : shape) extent = upto(4);
    if (trial % 2 == 0)
      strides = row_major_strides(shape);
    else
      for (std::size_t axis = 0; axis < shape.size(); ++axis) strides.push_back(upto(9));
    const std::size_t offset = upto(20);
    const auto expected      = naive(storage, shape, strides, offset, size);
    CHECK(gathered(storage.data() + offset * size, merged_axes(shape, strides),
                   expected.size() / size, size) == expected);
  }
}

}  // namespace
}  // namespace nop::detail::strided_test
