// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/io/file.hpp>
#include <nop/io/unpack_limit.hpp>

#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace nop {

namespace detail {

/// zlib's state while a gzip file is unpacked, piece by piece.
class Inflation {
 public:
  Inflation(std::span<const std::byte> packed, std::string name)
      : packed_(packed), name_(std::move(name)) {
    constexpr int gzip_only = 16 + MAX_WBITS;
    if (inflateInit2(&stream_, gzip_only) != Z_OK) throw BackendError("inflateInit2", message());
  }
  Inflation(const Inflation&)            = delete;
  Inflation& operator=(const Inflation&) = delete;
  ~Inflation() { inflateEnd(&stream_); }

  /// Unpacks up to as much as there is room for; how much that was, and 0 only after the last
  /// member.
  [[nodiscard]] std::size_t next(std::span<std::byte> into) {
    std::size_t got = 0;
    while (got == 0 && !(is_between_members_ && at_ == packed_.size())) {
      if (is_between_members_) inflateReset(&stream_);
      got = step(into);
    }
    return got;
  }

 private:
  std::size_t step(std::span<std::byte> into) {
    const auto rest    = packed_.subspan(at_);
    const uInt offered = piece(rest.size()), room = piece(into.size());
    // zlib only reads it, its type just does not say so.
    stream_.next_in   = reinterpret_cast<Bytef*>(const_cast<std::byte*>(rest.data()));
    stream_.avail_in  = offered;
    stream_.next_out  = reinterpret_cast<Bytef*>(into.data());
    stream_.avail_out = room;
    const int status  = inflate(&stream_, Z_NO_FLUSH);
    at_ += offered - stream_.avail_in;
    is_between_members_ = status == Z_STREAM_END;
    if (status == Z_MEM_ERROR) throw BackendError("inflate", message());
    if (status == Z_BUF_ERROR) throw FormatError(name_, at_, "the gzip file ends too early");
    if (status != Z_OK && status != Z_STREAM_END)
      throw FormatError(name_, at_, "not a sound gzip file: " + message());
    return room - stream_.avail_out;
  }

  static uInt piece(std::size_t size) {
    return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
  }
  [[nodiscard]] std::string message() const {
    return stream_.msg == nullptr ? "zlib does not say why" : stream_.msg;
  }

  std::span<const std::byte> packed_;
  std::string name_;
  z_stream stream_{};
  std::size_t at_          = 0;
  bool is_between_members_ = false;
};

}  // namespace detail

/// Whether these bytes begin as a gzip file does.
inline bool is_gzip(std::span<const std::byte> bytes) {
  return bytes.size() >= 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b};
}

/// The content of a gzip file (RFC 1952), of all its members in a row; `name` is for messages.
/// Check sums and lengths are verified. Any damage, anything behind the last member, and a content
/// beyond the limit are a FormatError; no more memory is taken than a few times what the limit
/// allows.
inline std::vector<std::byte> unpack_gzip(std::span<const std::byte> packed,
                                          const std::string& name, const UnpackLimit& limit = {}) {
  constexpr std::size_t piece = std::size_t{1} << 16;
  detail::Inflation inflation(packed, name);
  detail::UnpackBudget budget(name, packed.size(), limit);
  std::vector<std::byte> content, part(piece);
  while (const std::size_t got = inflation.next(part)) {
    budget.charge(got);
    content.insert(content.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(got));
  }
  return content;
}

/// The whole of a file; of a gzip file, its content.
inline std::vector<std::byte> read_unpacked(const std::filesystem::path& path,
                                            const UnpackLimit& limit = {}) {
  auto bytes = read_file(path);
  return is_gzip(bytes) ? unpack_gzip(bytes, path.string(), limit) : bytes;
}

}  // namespace nop
