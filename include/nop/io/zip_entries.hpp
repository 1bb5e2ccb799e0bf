// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/io/file.hpp>
#include <nop/io/unpack_limit.hpp>
#include <nop/io/zip.hpp>

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace nop {

namespace detail {

/// A member that was looked at but not unpacked.
struct ZipEntry {
  std::string name;
  std::uint64_t index;
  zip_stat_t about;
};

/// The members in their order. Their names are unique, they are stored or deflated, and what all
/// claim together fits the archive and the limit: else a FormatError.
inline std::vector<ZipEntry> zip_entries(const ZipReader& archive, const UnpackLimit& limit) {
  std::vector<ZipEntry> entries;
  std::set<std::string> names;
  std::size_t packed = 0;
  UnpackBudget budget(archive.name(), archive.size(), limit);
  for (std::uint64_t index = 0; index < archive.member_count(); ++index) {
    const zip_stat_t about = archive.about(index);
    const std::string name = about.name;
    if (!names.insert(name).second) archive.refuse("member '" + name + "' comes twice");
    if (about.encryption_method != ZIP_EM_NONE)
      archive.refuse("member '" + name + "' is encrypted");
    if (about.comp_method != ZIP_CM_STORE && about.comp_method != ZIP_CM_DEFLATE)
      archive.refuse("member '" + name + "' is neither stored nor deflated");
    if (about.comp_size > archive.size() - packed)
      archive.refuse("the members claim more bytes than the archive has");
    packed += about.comp_size;
    budget.charge(about.size);
    entries.push_back({name, index, about});
  }
  return entries;
}

/// The bytes of a member, whose check sum is verified.
inline std::vector<std::byte> read_entry(const ZipReader& archive, const ZipEntry& entry) {
  ZipMember member(archive, entry.index, entry.about);
  auto bytes = read_part(member, 0, member.size());
  member.finish();
  return bytes;
}

}  // namespace detail

}  // namespace nop
