// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/torch_checkpoint.hpp>

#include "fuzz.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return nop::fuzz::reads_or_refuses([&] {
    const auto bytes = nop::fuzz::bytes_of(data, size);
    nop::parse_torch_checkpoint(bytes, "fuzz", nop::fuzz::limit);
  });
}
