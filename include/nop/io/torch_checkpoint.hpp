// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/io/array.hpp>
#include <nop/io/file.hpp>
#include <nop/io/json.hpp>
#include <nop/io/named_arrays.hpp>
#include <nop/io/pickle.hpp>
#include <nop/io/pickle_json.hpp>
#include <nop/io/tar.hpp>
#include <nop/io/torch_archive.hpp>
#include <nop/io/torch_pickle.hpp>
#include <nop/io/torch_state.hpp>
#include <nop/io/zip.hpp>
#include <nop/io/zip_entries.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nop {

/// What a PyTorch checkpoint holds. Nested dicts are flattened, their keys joined by dots; so are
/// lists and tuples that hold tensors, with 0, 1, ... as keys.
struct TorchCheckpoint {
  /// In the order of the file.
  NamedArrays tensors;
  /// Everything else, by path: what is no tensor.
  Json values = Json::object();
  /// How the model was made: the item `_metadata` of the outermost dict, or the args.json of a
  /// .mdlus file; null where there is neither. What only Python could make is described by its
  /// name: {"global": "torch._C._nn.gelu"}.
  Json metadata = nullptr;

  friend bool operator==(const TorchCheckpoint&, const TorchCheckpoint&) = default;
};

/// A checkpoint stores its numbers as they are; what unpacks to more shares storages between many
/// tensors, or repeats the elements of one.
inline constexpr UnpackLimit torch_unpack_limit{.ratio = 16, .allowance = std::size_t{16} << 20};

namespace detail {

inline TorchCheckpoint read_torch_archive(const TorchArchive& archive, UnpackBudget& budget) {
  const Pickle pickle = archive.pickle();
  TorchState state    = TorchStateReader(pickle, budget).read();
  return {read_torch_tensors(archive, state.tensors, budget), std::move(state.values),
          std::move(state.metadata)};
}

/// A .mdlus container of PhysicsNeMo: `model.pt` is a checkpoint, `args.json` how it was made.
inline TorchCheckpoint read_mdlus(std::span<const std::byte> model, std::span<const std::byte> args,
                                  const std::string& name, const UnpackLimit& limit) {
  const ZipReader zip(model, name + "(model.pt)");
  UnpackBudget budget(zip.name(), zip.size(), limit);
  TorchCheckpoint checkpoint =
      read_torch_archive(TorchArchive(zip, zip_entries(zip, limit)), budget);
  checkpoint.metadata = parse_json(args, {name + "(args.json)"});
  return checkpoint;
}

inline TorchCheckpoint read_torch_zip(const ZipReader& zip, const UnpackLimit& limit) {
  auto entries     = zip_entries(zip, limit);
  const auto model = find_entry(entries, "model.pt");
  const auto args  = find_entry(entries, "args.json");
  if (model != nullptr && args != nullptr)
    return read_mdlus(read_entry(zip, *model), read_entry(zip, *args), zip.name(), limit);
  UnpackBudget budget(zip.name(), zip.size(), limit);
  return read_torch_archive(TorchArchive(zip, std::move(entries)), budget);
}

template <byte_source Source>
TorchCheckpoint read_torch_tar(Source& file, const UnpackLimit& limit) {
  const auto member = [&](const char* name) {
    const auto found = find_in_tar(file, name);
    if (!found)
      throw FormatError(file.name(), 0, std::string("a tar archive without ").append(name));
    return read_part(file, found->offset, found->size);
  };
  return read_mdlus(member("model.pt"), member("args.json"), file.name(), limit);
}

/// Says what a file is that is no archive.
template <byte_source Source>
[[noreturn]] void refuse_torch_file(Source& file) {
  /// The number 0x1950a86a20f9469cfc6c, with which torch.save began until version 1.6.
  constexpr std::string_view old_magic = "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
  const auto head = read_part(file, 0, std::min<std::size_t>(file.size(), 2 + old_magic.size()));
  const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  if (text.size() > 2 && text.substr(2) == old_magic)
    throw FormatError(file.name(), 0,
                      "the format of PyTorch before 1.6; in PyTorch, load it and save it again: "
                      "torch.save(torch.load(path, map_location='cpu'), path)");
  throw FormatError(file.name(), 0, "not a PyTorch checkpoint: neither a zip nor a tar archive");
}

template <byte_source Source>
bool is_zip(Source& file) {
  constexpr std::string_view magic = "PK\3\4";
  if (file.size() < magic.size()) return false;
  const auto head = read_part(file, 0, magic.size());
  return std::string_view(reinterpret_cast<const char*>(head.data()), head.size()) == magic;
}

}  // namespace detail

/// Reads a checkpoint that torch.save wrote (PyTorch 1.6 and later), or a .mdlus file of
/// PhysicsNeMo. Its pickle is parsed as data; nothing is executed. Whatever is damaged, names what
/// is neither a tensor nor a plain value, or unpacks to more than `limit` is a FormatError.
///
///     const auto checkpoint = nop::read_torch_checkpoint("model_state_dict.pt");
///     const auto& weight    = checkpoint.tensors.at("lifting.fcs.0.weight");
inline TorchCheckpoint read_torch_checkpoint(const std::filesystem::path& path,
                                             const UnpackLimit& limit = torch_unpack_limit) {
  const InputFile file(path);
  if (detail::is_zip(file)) return detail::read_torch_zip(detail::ZipReader(path), limit);
  if (detail::is_tar(file)) return detail::read_torch_tar(file, limit);
  detail::refuse_torch_file(file);
}

/// Reads a checkpoint that lies in memory; `name` is what errors call it.
inline TorchCheckpoint parse_torch_checkpoint(std::span<const std::byte> bytes,
                                              const std::string& name,
                                              const UnpackLimit& limit = torch_unpack_limit) {
  const MemoryFile file(bytes, name);
  if (detail::is_zip(file)) return detail::read_torch_zip(detail::ZipReader(bytes, name), limit);
  if (detail::is_tar(file)) return detail::read_torch_tar(file, limit);
  detail::refuse_torch_file(file);
}

/// Reads the values of a file that torch.save wrote and that holds no tensors, such as the
/// `model_metadata.pkl` beside a checkpoint of the reference library. All that only Python could
/// make is described by its name.
inline Json read_torch_values(const std::filesystem::path& path,
                              const UnpackLimit& limit = torch_unpack_limit) {
  const detail::ZipReader zip(path);
  detail::UnpackBudget budget(zip.name(), zip.size(), limit);
  const detail::TorchArchive archive(zip, detail::zip_entries(zip, limit));
  const auto pickle = archive.pickle();
  return detail::PickleToJson(budget)(pickle.root());
}

/// Writes tensors as an OrderedDict that `torch.load(path, weights_only=True)` reads, all or
/// nothing; every storage begins at a multiple of 64 bytes. `metadata`, if not null, becomes the
/// item `_metadata`. Names must be UTF-8 and none `_metadata`: else a PreconditionError. Equal
/// tensors give equal files.
inline void write_torch_checkpoint(const std::filesystem::path& path, const NamedArrays& tensors,
                                   const Json& metadata = nullptr) {
  constexpr std::size_t alignment = 64;
  const std::string pickle        = detail::torch_pickle(tensors, metadata);
  replace_atomically(path, [&](const std::filesystem::path& temporary) {
    detail::ZipWriter archive(temporary);
    const auto add_member = [&](const std::string& name, std::span<const std::byte> bytes) {
      const std::span<const std::byte> parts[] = {bytes};
      archive.add("archive/" + name, parts, Compression::stored, alignment);
    };
    const auto add_text = [&](const std::string& name, std::string_view text) {
      add_member(name, std::as_bytes(std::span(text)));
    };
    add_text("data.pkl", pickle);
    add_text("byteorder", "little");
    std::size_t key = 0;
    for (const auto& [name, array] : tensors)
      add_member("data/" + std::to_string(key++), array.bytes());
    add_text("version", "3\n");
    archive.finish();
  });
}

}  // namespace nop
