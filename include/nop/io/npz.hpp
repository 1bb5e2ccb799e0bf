// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/io/array.hpp>
#include <nop/io/file.hpp>
#include <nop/io/named_arrays.hpp>
#include <nop/io/npy.hpp>
#include <nop/io/zip.hpp>
#include <nop/io/zip_entries.hpp>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nop {

namespace detail {

/// Whether a name stays inside an archive: folders are fine, "..", a root and backslashes are not.
inline bool is_plain_name(const std::string& name) {
  const std::string parts = "/" + name;
  const auto has          = [&](std::string_view part) { return parts.find(part) < parts.size(); };
  return !has("\\") && !has("//") && !has("/../") && !has("/./") && !has({"\0", 1});
}

/// "x" for a member "x.npy".
inline std::string npz_array_name(const std::string& member, const ZipReader& archive) {
  constexpr std::string_view suffix = ".npy";
  if (member.size() <= suffix.size() || !member.ends_with(suffix))
    archive.refuse("member '" + member + "' is not a .npy file");
  if (!is_plain_name(member))
    archive.refuse("member '" + member + "' has a path that is not plain");
  return member.substr(0, member.size() - suffix.size());
}

/// The arrays by name, not yet unpacked.
inline std::vector<ZipEntry> npz_entries(const ZipReader& archive, const UnpackLimit& limit) {
  auto entries = zip_entries(archive, limit);
  for (ZipEntry& entry : entries) entry.name = npz_array_name(entry.name, archive);
  return entries;
}

inline Array read_npz_entry(const ZipReader& archive, const ZipEntry& entry) {
  ZipMember member(archive, entry.index, entry.about);
  Array array = read_npy_from(member);
  member.finish();
  return array;
}

inline NamedArrays read_npz_entries(const ZipReader& archive, const UnpackLimit& limit) {
  NamedArrays arrays;
  for (const ZipEntry& entry : npz_entries(archive, limit))
    arrays.add(entry.name, read_npz_entry(archive, entry));
  return arrays;
}

}  // namespace detail

/// Reads all arrays of a .npz file (numpy.savez, numpy.savez_compressed), in the order of the file.
/// Members must be plain, unencrypted .npy files with unique names, and together stay within
/// `limit`: else a FormatError. Check sums are verified.
inline NamedArrays read_npz(const std::filesystem::path& path, const UnpackLimit& limit = {}) {
  return detail::read_npz_entries(detail::ZipReader(path), limit);
}

/// Reads one array of a .npz file; a FormatError where there is none of this name.
inline Array read_npz(const std::filesystem::path& path, const std::string& name,
                      const UnpackLimit& limit = {}) {
  const detail::ZipReader archive(path);
  for (const auto& entry : detail::npz_entries(archive, limit))
    if (entry.name == name) return detail::read_npz_entry(archive, entry);
  archive.refuse("there is no array '" + name + "'");
}

/// Reads a .npz file that lies in memory; `name` is what errors call it.
inline NamedArrays parse_npz(std::span<const std::byte> bytes, const std::string& name,
                             const UnpackLimit& limit = {}) {
  return detail::read_npz_entries(detail::ZipReader(bytes, name), limit);
}

/// Writes a .npz file, all or nothing. Equal arrays give equal files. There must be at least one
/// array, and names must be UTF-8 and stay inside an archive: else a PreconditionError.
inline void write_npz(const std::filesystem::path& path, const NamedArrays& arrays,
                      Compression compression = Compression::stored) {
  expects(!arrays.empty(), "write_npz: no arrays");
  std::vector<std::string> headers;
  for (const auto& [name, array] : arrays) {
    expects(detail::is_plain_name(name + ".npy"), "write_npz: '", name, "' is no plain name");
    headers.push_back(npy_header_text(array));
  }
  replace_atomically(path, [&](const std::filesystem::path& temporary) {
    detail::ZipWriter archive(temporary);
    auto header = headers.begin();
    for (const auto& [name, array] : arrays) {
      const std::span<const std::byte> parts[] = {std::as_bytes(std::span(*header++)),
                                                  array.bytes()};
      archive.add(name + ".npy", parts, compression);
    }
    archive.finish();
  });
}

}  // namespace nop
