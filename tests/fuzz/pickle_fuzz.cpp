// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/torch_checkpoint.hpp>

#include "fuzz.hpp"
#include "stored_zip.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

/// The input is the pickle of a checkpoint that has a few storages: no fuzzer finds check sums.
/// What is read is, written and read again, the same.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace nop;
  // As many bytes as the storages of tests/data/torch/views.pt have, key by key.
  constexpr std::size_t sizes[] = {48, 4, 4, 0, 96, 96, 8, 4, 8, 2, 2,
                                   16, 8, 4, 2, 1,  1,  2, 4, 8, 2};
  return fuzz::reads_or_refuses([&] {
    std::vector<std::pair<std::string, std::string>> storages;
    for (const std::size_t bytes : sizes)
      storages.emplace_back("x/data/" + std::to_string(storages.size()), std::string(bytes, '\1'));
    const auto pickle = fuzz::bytes_of(data, size);
    storages.emplace_back("x/data.pkl", fuzz::text_of(pickle));
    const std::string file = fuzz::stored_zip(storages);
    const auto tensors =
        parse_torch_checkpoint(std::as_bytes(std::span(file)), "fuzz", fuzz::limit).tensors;
    std::vector<std::pair<std::string, std::string>> members;
    for (const auto& [name, array] : tensors)
      members.emplace_back("x/data/" + std::to_string(members.size()),
                           fuzz::text_of(array.bytes()));
    members.emplace_back("x/data.pkl", detail::torch_pickle(tensors, nullptr));
    const std::string again = fuzz::stored_zip(members);
    const UnpackLimit ample{.ratio = 1000, .allowance = std::size_t{1} << 26};
    fuzz::require(parse_torch_checkpoint(std::as_bytes(std::span(again)), "again", ample).tensors ==
                  tensors);
  });
}
