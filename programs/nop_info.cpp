// SPDX-License-Identifier: BSD-3-Clause
// What is in a file with a model: what it says, what follows from its tensors, what has to be
// assumed and what has to be given.
#include <nop/io/model_file.hpp>

#include "program.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string>

namespace {

using nop::ArgumentOrigin;

void print_arguments(const nop::ReferenceModel& model, ArgumentOrigin origin, const char* title) {
  std::size_t width = 0;  // of the column of values, but for long lists
  for (const auto& argument : model.arguments.list())
    width = std::max(width, std::min<std::size_t>(argument.value.dump().size(), 32));
  bool is_first = true;
  for (const auto& argument : model.arguments.list()) {
    if (argument.origin != origin) continue;
    if (is_first) std::printf("\n%s\n", title);
    is_first         = false;
    std::string line = argument.value.dump();
    if (!argument.reason.empty()) line.append(width - std::min(width, line.size()) + 2, ' ');
    std::printf("  %-26s %s%s\n", argument.name.c_str(), line.c_str(), argument.reason.c_str());
  }
}

void print(const nop::ReferenceModel& model) {
  std::printf("layout   %s", nop::enumerator_name(model.layout).c_str());
  if (!model.prefix.empty()) std::printf(", under '%s'", model.prefix.c_str());
  std::printf("\ntype     nop::%s\n", nop::detail::type_for(model).c_str());
  print_arguments(model, ArgumentOrigin::given, "given");
  print_arguments(model, ArgumentOrigin::stored, "found in the file");
  print_arguments(model, ArgumentOrigin::inferred, "inferred from the tensors");
  print_arguments(model, ArgumentOrigin::assumed, "assumed");
  if (!model.arguments.missing().empty()) std::printf("\nmust be given (--config)\n");
  for (const auto& [name, reason] : model.arguments.missing())
    std::printf("  %-26s %s\n", name.c_str(), reason.c_str());
  for (const auto& note : model.notes) std::printf("\nnote: %s\n", note.c_str());
}

void print(const nop::SafeTensors& file) {
  const nop::JsonOrigin origin{"nop.config"};
  std::printf("layout   nop %s\n\nfound in the file\n", file.metadata.at("nop.version").c_str());
  const auto config = nop::parse_json(file.metadata.at("nop.config"), origin);
  for (const auto& [name, value] : config.items())
    std::printf("  %-26s %s\n", name.c_str(), value.dump().c_str());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Says what is in a file with a model.", "nop-info");
  nop::program::ModelOptions options;
  options.add_to(app);
  return nop::program::run(app, argc, argv, [&] {
    const auto file = nop::read_model_file(options.file, options.reference());
    std::printf("%s: %s, %zu numbers\n", options.file.string().c_str(),
                nop::describe(file.kind).c_str(), file.numbers());
    std::visit([](const auto& content) { print(content); }, file.content);
  });
}
