// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/idx.hpp>

#include "fuzz.hpp"

/// What is read has as many bytes as the file without its head.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return nop::fuzz::reads_or_refuses([&] {
    const auto bytes = nop::fuzz::bytes_of(data, size);
    const nop::MemoryFile file(bytes, "fuzz");
    const nop::Array array = nop::read_idx_from(file);
    nop::fuzz::require(array.bytes().size() + 4 + 4 * array.shape().size() == size);
  });
}
