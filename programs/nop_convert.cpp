// SPDX-License-Identifier: BSD-3-Clause
// A model from one file format to the other: out of PyTorch's into ours, which says all of itself,
// and back.
#include <nop/io/checkpoint.hpp>
#include <nop/io/model_file.hpp>
#include <nop/io/reference/save.hpp>

#include "models.hpp"
#include "program.hpp"

#include <array>
#include <cstdio>
#include <filesystem>
#include <string>

namespace {

/// The layouts that a model can be written in.
enum class Target { by_name, nop, reference };
const std::map<std::string, Target> targets = {{"nop", Target::nop},
                                               {"reference", Target::reference}};

Target target_of(Target wanted, const std::filesystem::path& path) {
  if (wanted != Target::by_name) return wanted;
  const auto extension = path.extension();
  if (extension == ".safetensors") return Target::nop;
  nop::expects(extension == ".pt" || extension == ".pth",
               "expected a name that ends with .safetensors or .pt, or --to, got ", path.string());
  return Target::reference;
}

template <std::size_t Dim, class Real>
void convert(const nop::ModelFile& file, Target target, const std::filesystem::path& out) {
  nop::with_model_type<Dim, Real>(file.kind, [&]<class Model>(std::type_identity<Model>) {
    const auto model = nop::model_from<Model>(file);
    if (target == Target::nop) return nop::save(model, out);
    if constexpr (nop::reference_model<Model>)
      nop::save_reference(model, out);
    else
      throw nop::PreconditionError("the reference library has no model between normalizers");
  });
}

template <std::size_t Dim>
void convert(const nop::ModelFile& file, Target target, const std::filesystem::path& out) {
  file.holds_double() ? convert<Dim, double>(file, target, out)
                      : convert<Dim, float>(file, target, out);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Converts a model of the reference library to one of nop, or back.", "nop-convert");
  nop::program::ModelOptions options;
  std::filesystem::path out;
  Target target = Target::by_name;
  options.add_to(app);
  app.add_option("--out", out, "the file to write: .safetensors for nop, .pt for PyTorch")
      ->required();
  app.add_option("--to", target, "what to write, if the name does not say: nop or reference")
      ->transform(CLI::CheckedTransformer(targets));
  return nop::program::run(app, argc, argv, [&] {
    const auto file = nop::read_model_file(options.file, options.reference());
    constexpr std::array converts{convert<1>, convert<2>, convert<3>, convert<4>};
    nop::expects(file.kind.dimensions <= converts.size(), "expected at most 4 dimensions, got ",
                 file.kind.dimensions);
    converts[file.kind.dimensions - 1](file, target_of(target, out), out);
    if (const auto* const model = std::get_if<nop::ReferenceModel>(&file.content))
      for (const auto& note : model->notes) std::fprintf(stderr, "note: %s\n", note.c_str());
  });
}
