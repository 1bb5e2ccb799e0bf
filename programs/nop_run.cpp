// SPDX-License-Identifier: BSD-3-Clause
// Runs a model on an array: what PyTorch trained, without Python.
#include <nop/backend/cpu.hpp>
#include <nop/io/npy.hpp>

#include "program.hpp"
#include "run_model.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstdio>
#include <filesystem>

namespace {

using nop::Array;
using nop::program::Answer;
using nop::program::Precision;

Answer run(const nop::ModelFile& file, const Array& input, Precision precision) {
  constexpr std::array runs{nop::program::run_model<1>, nop::program::run_model<2>,
                            nop::program::run_model<3>};
  nop::expects(file.kind.dimensions <= runs.size(), "expected a model of at most ", runs.size(),
               " dimensions, got one of ", file.kind.dimensions);
  return runs[file.kind.dimensions - 1](file, input, precision);
}

void report_difference(const Array& a, const Array& b) {
  const auto x = a.values<std::complex<double>>(), y = b.values<std::complex<double>>();
  double largest = 0, squares = 0, norm = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    largest = std::max(largest, std::abs(x[i] - y[i]));
    squares += std::norm(x[i] - y[i]);
    norm += std::norm(y[i]);
  }
  std::printf("float against double: %.3g at most, %.3g relative (root mean square)\n", largest,
              norm > 0 ? std::sqrt(squares / norm) : 0.0);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Runs a model on an array [batch, channel, grid...].", "nop-run");
  nop::program::ModelOptions options;
  std::filesystem::path input, output;
  std::size_t threads = 0;
  bool twofold = false, compare = false;
  options.add_to(app);
  app.add_option("--input", input, "what to run it on: .npy")->required();
  app.add_option("--output", output, "the file for its result: .npy")->required();
  app.add_flag("--double", twofold, "run in double precision");
  app.add_flag("--compare", compare, "run in both and say how far they are apart");
  app.add_option("--threads", threads, "how many threads may work")->check(CLI::PositiveNumber);
  return nop::program::run(app, argc, argv, [&] {
    if (threads > 0) nop::cpu::set_thread_count(threads);
    const auto file   = nop::read_model_file(options.file, options.reference());
    const auto fields = nop::read_npy(input);
    const auto result = run(file, fields, twofold ? Precision::twofold : Precision::single);
    nop::write_npy(output, result.fields);
    if (!result.note.empty()) std::fprintf(stderr, "note: %s\n", result.note.c_str());
    std::printf("%s -> %s\n", nop::detail::shape_text(fields.shape()).c_str(),
                nop::detail::shape_text(result.fields.shape()).c_str());
    if (!compare) return;
    const auto other = run(file, fields, twofold ? Precision::single : Precision::twofold);
    twofold ? report_difference(other.fields, result.fields)
            : report_difference(result.fields, other.fields);
  });
}
