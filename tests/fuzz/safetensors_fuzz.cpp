// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/safetensors.hpp>

#include "fuzz.hpp"

/// What is read can be described by a header again.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return nop::fuzz::reads_or_refuses([&] {
    const auto bytes = nop::fuzz::bytes_of(data, size);
    const auto file  = nop::parse_safetensors(bytes, "fuzz");
    nop::detail::safetensors_header_text(file, nop::detail::aligned_order(file.tensors));
  });
}
