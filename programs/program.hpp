// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/enumerator.hpp>
#include <nop/io/file.hpp>
#include <nop/io/json.hpp>
#include <nop/io/reference/model.hpp>
#include <nop/layers/reference_semantics.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

/// \file
/// What the programs have in common on the command line: options on models of the reference
/// library, and one line for whatever goes wrong.

namespace nop::program {

/// The options by which a program is told of a model what its file does not say.
struct ModelOptions {
  std::filesystem::path file;
  std::filesystem::path config;
  std::string semantics;
  std::string state;

  void add_to(CLI::App& app) {
    const auto names = enumerator_names(Semantics{});
    app.add_option("FILE", file,
                   "a checkpoint of PyTorch (.pt, .pth, .mdlus) or a model of nop (.safetensors)")
        ->required();
    app.add_option("--config", config,
                   "JSON with how the model was made, by the names of the reference library's "
                   "arguments");
    app.add_option("--semantics", semantics,
                   "whose arithmetic it follows: exact, or that of a version of the reference "
                   "library, head, v2_0, v1_0")
        ->check(CLI::IsMember(std::vector<std::string>(names.begin(), names.end())));
    app.add_option("--state", state, "where in the file the model is, if it holds several");
  }

  [[nodiscard]] ReferenceOptions reference() const {
    ReferenceOptions options;
    if (!config.empty()) options.arguments = parse_json(read_file(config), {config.string()});
    options.semantics = find_enumerator<Semantics>(semantics);
    if (!state.empty()) options.state = state;
    return options;
  }
};

/// Parses the command line and does the work; whatever fails is one line, and the status not 0.
template <class Work>
int run(CLI::App& app, int argc, char** argv, const Work& work) {
  const auto name = app.get_name();
  app.failure_message([&name](const CLI::App*, const CLI::Error& error) {
    return name + ": " + error.what() + " (see --help)\n";
  });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  try {
    work();
    return 0;
  } catch (const std::exception& error) {
    std::string line = error.what();
    std::replace(line.begin(), line.end(), '\n', ' ');
    std::fprintf(stderr, "%s: %s\n", name.c_str(), line.c_str());
    return 1;
  }
}

}  // namespace nop::program
