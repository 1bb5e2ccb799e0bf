// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/io/checkpoint.hpp>
#include <nop/models/fno.hpp>

#include "fuzz.hpp"

#include <algorithm>
#include <cstddef>
#include <span>

/// The input is the configuration of a model, in JSON, and after the first zero the whole file,
/// which has this configuration instead of its own: a fuzzer that has to keep the lengths of a file
/// right gets nowhere.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return nop::fuzz::reads_or_refuses([&] {
    const auto bytes = nop::fuzz::bytes_of(data, size);
    const auto zero  = std::find(bytes.begin(), bytes.end(), std::byte{});
    if (zero == bytes.end()) return;
    const std::span<const std::byte> rest(zero + 1, bytes.end());
    auto file                   = nop::parse_safetensors(rest, "fuzz");
    file.metadata["nop.config"] = nop::fuzz::text_of({bytes.begin(), zero});
    nop::model_from_file<nop::Fno<1>>("", file, "fuzz");
  });
}
