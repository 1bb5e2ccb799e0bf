// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/io/array.hpp>
#include <nop/io/file.hpp>
#include <nop/io/json.hpp>
#include <nop/io/npy.hpp>
#include <nop/io/torch_checkpoint.hpp>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

/// \file
/// The cases that tools/make_fidelity_cases.py writes: models of the reference library, inputs, and
/// its answers.

namespace nop::test {

struct FidelityCase {
  std::string name;
  Json about;  ///< the class, the arguments of its constructor, the call
  TorchCheckpoint state;
  Array input;
  std::optional<Array> embedding;
  Array output;          ///< in single precision
  Array output_float64;  ///< in double precision

  [[nodiscard]] std::string family() const { return about.at("family").get<std::string>(); }
  [[nodiscard]] bool is(const char* model) const { return about.at("class") == model; }
  [[nodiscard]] const Json& arguments() const { return about.at("arguments"); }
  [[nodiscard]] std::size_t dimensions() const { return input.shape().size() - 2; }
};

/// A JSON text as a file has it.
inline Json read_json(const std::filesystem::path& path) {
  const auto bytes = read_file(path);
  return parse_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, {path.string()});
}

inline FidelityCase read_fidelity_case(const std::filesystem::path& folder) {
  const auto embedding = folder / "embedding.npy";
  return {.name           = folder.filename().string(),
          .about          = read_json(folder / "case.json"),
          .state          = read_torch_checkpoint(folder / "model.pt"),
          .input          = read_npy(folder / "input.npy"),
          .embedding      = std::filesystem::exists(embedding) ? std::optional(read_npy(embedding))
                                                               : std::nullopt,
          .output         = read_npy(folder / "output.npy"),
          .output_float64 = read_npy(folder / "output_float64.npy")};
}

/// The folders of all cases, in order.
inline std::vector<std::filesystem::path> fidelity_cases(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> cases;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.is_directory()) cases.push_back(entry.path());
  std::sort(cases.begin(), cases.end());
  return cases;
}

}  // namespace nop::test
