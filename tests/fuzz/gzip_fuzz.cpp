// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/gzip.hpp>

#include "fuzz.hpp"

/// What is unpacked keeps to the limit.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return nop::fuzz::reads_or_refuses([&] {
    const auto bytes   = nop::fuzz::bytes_of(data, size);
    const auto content = nop::unpack_gzip(bytes, "fuzz", nop::fuzz::limit);
    nop::fuzz::require(content.size() <=
                       nop::fuzz::limit.ratio * size + nop::fuzz::limit.allowance);
  });
}
