// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/npz.hpp>

#include "fuzz.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return nop::fuzz::reads_or_refuses([&] {
    const auto bytes = nop::fuzz::bytes_of(data, size);
    nop::parse_npz(bytes, "fuzz", nop::fuzz::limit);
  });
}
