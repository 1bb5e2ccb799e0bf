// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/digits_csv.hpp>

#include "fuzz.hpp"

#include <algorithm>
#include <cstdint>

/// What is read are pictures and as many labels, in their ranges.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return nop::fuzz::reads_or_refuses([&] {
    const auto bytes  = nop::fuzz::bytes_of(data, size);
    const auto digits = nop::parse_digits_csv(nop::fuzz::text_of(bytes), "fuzz");
    const auto images = digits.images.values<std::int64_t>();
    const auto labels = digits.labels.values<std::int64_t>();
    nop::fuzz::require(images.size() == 64 * labels.size() &&
                       std::ranges::all_of(images, [](auto x) { return x <= 16; }) &&
                       std::ranges::all_of(labels, [](auto x) { return x <= 9; }));
  });
}
