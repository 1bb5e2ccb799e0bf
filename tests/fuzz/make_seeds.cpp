// SPDX-License-Identifier: BSD-3-Clause
// Writes the small files that the fuzzers begin with: make_seeds tests/fuzz/seeds
#include <nop/backend/cpu.hpp>
#include <nop/io/checkpoint.hpp>
#include <nop/io/npz.hpp>
#include <nop/io/torch_checkpoint.hpp>
#include <nop/models/fno.hpp>

#include "io/digits_of.hpp"
#include "io/gzip_of.hpp"
#include "io/idx_of.hpp"
#include "reference_text.hpp"

#include <complex>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

namespace {

using Path = std::filesystem::path;

nop::NamedArrays arrays() {
  return {{"x", nop::make_array(std::vector<float>{1, 2, 3, 4, 5, 6}, {2, 3})},
          {"layer.w", nop::make_array(std::vector<std::complex<float>>{{1, 2}, {3, 4}}, {2})},
          {"n", nop::make_array(std::vector<std::int64_t>{42}, {})},
          {"u", nop::make_array(std::vector<std::uint16_t>{1, 2}, {2})}};
}

void write_text(const Path& path, const std::string& text) {
  nop::write_atomically(path, [&](nop::OutputFile& file) { file.write(text); });
}

std::string text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void npy(const Path& folder) {
  for (const auto& [name, array] : arrays()) nop::write_npy(folder / (name + ".npy"), array);
  const std::string about  = "{'descr': '>f4', 'fortran_order': True, 'shape': (2, 1, 2), }     \n";
  const std::string header = "\x93NUMPY\1" + std::string(1, '\0') +
                             static_cast<char>(about.size()) + std::string(1, '\0') + about;
  write_text(folder / "big_endian.npy", header + std::string(16, '\1'));
}

void gzip(const Path& folder) {
  write_text(folder / "stored.gz", nop::test::gzip_of("stored"));
  write_text(folder / "deflated.gz", nop::test::packed_digits);
  write_text(folder / "two.gz", nop::test::gzip_of("first") + nop::test::packed_digits);
}

void idx(const Path& folder) {
  write_text(folder / "bytes.idx", nop::test::idx_of(8, {2, 3}, "abcdef"));
  write_text(folder / "reals.idx", nop::test::idx_of(13, {1, 1, 2}, "abcdefgh"));
}

void digits_csv(const Path& folder) { write_text(folder / "digits.csv", nop::test::digits_of(2)); }

void npz(const Path& folder) {
  nop::write_npz(folder / "stored.npz", arrays());
  nop::write_npz(folder / "deflated.npz", arrays(), nop::Compression::deflated);
}

void safetensors(const Path& folder) {
  nop::write_safetensors(folder / "all.safetensors", {{{"note", "text"}}, arrays()});
  nop::write_safetensors(folder / "empty.safetensors", {});
}

void checkpoint(const Path& folder) {
  nop::Rng rng{1};
  const nop::Fno<1> model(
      {.in_channels = 1, .out_channels = 1, .width = 2, .depth = 1, .modes = {2}}, rng);
  const Path whole = folder / "whole";
  nop::save(model, whole);
  const auto bytes = nop::read_file(whole);
  std::filesystem::remove(whole);
  write_text(folder / "fno", nop::json_text(nop::config_to_json(model.config())) +
                                 std::string(1, '\0') + text_of(bytes));
}

void torch_checkpoint(const Path& folder) {
  const nop::Json metadata{{"n_modes", {2, 3}}, {"norm", nullptr}};
  nop::write_torch_checkpoint(folder / "all.pt", arrays(), metadata);
}

void write_pickle_of(const Path& checkpoint, const Path& path) {
  const nop::detail::ZipReader zip(checkpoint);
  for (const auto& entry : nop::detail::zip_entries(zip, nop::torch_unpack_limit))
    if (entry.name.ends_with("/data.pkl"))
      write_text(path, text_of(nop::detail::read_entry(zip, entry)));
}

/// The pickles of our own checkpoints and of PyTorch's.
void pickle(const Path& folder) {
  const nop::Json metadata{{"n_modes", {2, 3}}, {"rank", 0.5}};
  write_text(folder / "all.pkl", nop::detail::torch_pickle(arrays(), metadata));
  const Path files = Path(NOP_TEST_DATA) / "torch";
  for (const std::string name : {"views", "views_protocol_5", "training", "tensor"})
    write_pickle_of(files / (name + ".pt"), folder / (name + ".pkl"));
}

/// The state dicts of models that PyTorch made, with what has to be said of them.
void reference(const Path& folder) {
  const Path files = Path(NOP_TEST_DATA) / "reference";
  const nop::Json scalings{{"uno_scalings", {{1, 1}, {0.5, 0.5}, {2, 2}}}};
  for (const auto& file : std::filesystem::directory_iterator(files)) {
    const auto& path = file.path();
    if (path.extension() != ".pt") continue;
    const auto checkpoint = nop::read_torch_checkpoint(path);
    write_text(folder / path.stem(),
               nop::fuzz::text_of_reference(checkpoint,
                                            path.stem() == "uno" ? scalings : nop::Json(nullptr)));
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::puts("usage: make_seeds FOLDER");
    return 1;
  }
  try {
    const auto make = [&](const std::string& name, auto write) {
      const Path folder = Path(arguments[1]) / name;
      std::filesystem::create_directories(folder);
      write(folder);
    };
    make("npy", npy);
    make("gzip", gzip);
    make("idx", idx);
    make("digits_csv", digits_csv);
    make("npz", npz);
    make("safetensors", safetensors);
    make("checkpoint", checkpoint);
    make("torch_checkpoint", torch_checkpoint);
    make("pickle", pickle);
    make("reference", reference);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "make_seeds: %s\n", error.what());
    return 1;
  }
}
