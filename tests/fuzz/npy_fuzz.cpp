// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/npy.hpp>

#include "fuzz.hpp"

#include <span>
#include <string>
#include <vector>

/// What is read is, written and read again, the same.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return nop::fuzz::reads_or_refuses([&] {
    const auto bytes = nop::fuzz::bytes_of(data, size);
    const nop::MemoryFile file(bytes, "fuzz");
    const nop::Array array = nop::read_npy_from(file);
    if (array.element_type() == nop::ElementType::bfloat16) return;
    const std::string header = nop::npy_header_text(array);
    const auto head          = std::as_bytes(std::span(header));
    std::vector<std::byte> again(head.begin(), head.end());
    again.insert(again.end(), array.bytes().begin(), array.bytes().end());
    const nop::MemoryFile second(again, "again");
    nop::fuzz::require(nop::read_npy_from(second) == array);
  });
}
