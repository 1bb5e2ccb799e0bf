// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/core/expects.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <concepts>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace nop {

/// Bytes that a format is read from: a file, a part of memory, a member of an archive. `read` fills
/// the whole span or throws a FormatError; `size` is known before anything is read.
template <class Source>
concept byte_source = requires(Source& source, std::size_t offset, std::span<std::byte> into) {
  { source.name() } -> std::convertible_to<std::string>;
  { source.size() } -> std::convertible_to<std::size_t>;
  source.read(offset, into);
};

namespace detail {

/// Throws what errno says about `call` on `path`.
[[noreturn]] inline void throw_system_error(const char* call, const std::filesystem::path& path,
                                            int code = errno) {
  throw BackendError(std::string(call) + " '" + path.string() + "'",
                     std::generic_category().message(code));
}

/// Checks that a source holds `count` bytes from `offset` on.
inline void check_range(const std::string& name, std::size_t size, std::size_t offset,
                        std::size_t count) {
  if (offset > size || count > size - offset)
    throw FormatError(name, size,
                      "the file ends, but " + std::to_string(count) + " bytes from byte " +
                          std::to_string(offset) + " on were expected");
}

/// An open file descriptor, closed with its owner.
class FileDescriptor {
 public:
  FileDescriptor(const char* call, const std::filesystem::path& path, int flags, mode_t mode = 0)
      : number_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {
    if (number_ < 0) throw_system_error(call, path);
  }
  FileDescriptor(FileDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&&) = delete;
  ~FileDescriptor() {
    if (number_ >= 0) ::close(number_);
  }

  [[nodiscard]] int number() const { return number_; }
  /// Closes now; what the close said.
  [[nodiscard]] int close() { return ::close(std::exchange(number_, -1)); }

 private:
  int number_;
};

}  // namespace detail

/// A part of memory, read as if it were a file. Does not own the bytes.
class MemoryFile {
 public:
  MemoryFile(std::span<const std::byte> bytes, std::string name)
      : bytes_(bytes), name_(std::move(name)) {}

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  void read(std::size_t offset, std::span<std::byte> into) const {
    detail::check_range(name_, size(), offset, into.size());
    if (!into.empty()) std::memcpy(into.data(), bytes_.data() + offset, into.size());
  }

 private:
  std::span<const std::byte> bytes_;
  std::string name_;
};

/// A regular file, opened for reading. A file that cannot be opened or read is a BackendError with
/// path and reason; one that is too short is a FormatError.
class InputFile {
 public:
  explicit InputFile(const std::filesystem::path& path)
      : path_(path), name_(path.string()), file_("open", path, O_RDONLY | O_NONBLOCK) {
    struct stat status{};
    if (::fstat(file_.number(), &status) != 0) detail::throw_system_error("fstat", path);
    if (S_ISDIR(status.st_mode)) detail::throw_system_error("open", path, EISDIR);
    if (!S_ISREG(status.st_mode)) throw BackendError("open '" + name_ + "'", "not a regular file");
    size_ = static_cast<std::size_t>(status.st_size);
  }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::size_t size() const { return size_; }

  void read(std::size_t offset, std::span<std::byte> into) const {
    detail::check_range(name_, size_, offset, into.size());
    while (!into.empty()) {
      const auto got =
          ::pread(file_.number(), into.data(), into.size(), static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) detail::throw_system_error("read", path_);
      if (got == 0) throw FormatError(name_, offset, "the file was cut while it was read");
      into = into.subspan(static_cast<std::size_t>(got));
      offset += static_cast<std::size_t>(got);
    }
  }

 private:
  std::filesystem::path path_;
  std::string name_;
  detail::FileDescriptor file_;
  std::size_t size_ = 0;
};

/// A part of a source, `count` bytes from `offset` on; nothing is allocated that is not there.
template <byte_source Source>
std::vector<std::byte> read_part(Source& source, std::size_t offset, std::size_t count) {
  detail::check_range(source.name(), source.size(), offset, count);
  std::vector<std::byte> bytes(count);
  source.read(offset, bytes);
  return bytes;
}

/// The whole of a file.
inline std::vector<std::byte> read_file(const std::filesystem::path& path) {
  const InputFile file(path);
  return read_part(file, 0, file.size());
}

/// A file that is written from its beginning. Failures are a BackendError with path and reason.
class OutputFile {
 public:
  /// Creates the file, or empties the one that is there.
  explicit OutputFile(const std::filesystem::path& path)
      : path_(path), file_("open", path, O_WRONLY | O_CREAT | O_TRUNC, 0666) {}

  void write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const auto put = ::write(file_.number(), bytes.data(), bytes.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) detail::throw_system_error("write", path_);
      bytes = bytes.subspan(static_cast<std::size_t>(put));
    }
  }
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }

  /// Closes, and says so if the system lost something on the way.
  void close() {
    if (file_.close() != 0) detail::throw_system_error("close", path_);
  }

 private:
  std::filesystem::path path_;
  detail::FileDescriptor file_;
};

namespace detail {

/// A name next to `path` that did not exist; the file is removed again unless it was renamed.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& path) {
    const std::string stem = path.string() + ".partial-" + std::to_string(::getpid()) + "-";
    for (int attempt = 0;; ++attempt) {
      path_            = stem + std::to_string(attempt);
      const int number = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
      if (number >= 0) {
        ::close(number);
        return;
      }
      if (errno != EEXIST || attempt == 1000) throw_system_error("create", path_);
    }
  }
  TemporaryFile(const TemporaryFile&)            = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  void rename_to(const std::filesystem::path& path) {
    if (std::rename(path_.c_str(), path.c_str()) != 0) throw_system_error("rename to", path);
    path_.clear();
  }

 private:
  std::filesystem::path path_;
};

}  // namespace detail

/// Replaces `path` by what `write(temporary_path)` puts into a temporary file in the same folder:
/// after a crash there is the old file or the new one, never a part. For libraries that want a
/// name; where bytes are at hand, use write_atomically.
template <std::invocable<const std::filesystem::path&> Write>
void replace_atomically(const std::filesystem::path& path, Write&& write) {
  detail::TemporaryFile temporary(path);
  write(temporary.path());
  const detail::FileDescriptor file("open", temporary.path(), O_RDONLY);
  if (::fsync(file.number()) != 0) detail::throw_system_error("fsync", temporary.path());
  temporary.rename_to(path);
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  const detail::FileDescriptor directory("open", folder, O_RDONLY | O_DIRECTORY);
  ::fsync(directory.number());  // Some file systems cannot; the file itself is safe already.
}

/// Replaces `path` by what `write(output_file)` writes, all or nothing.
template <std::invocable<OutputFile&> Write>
void write_atomically(const std::filesystem::path& path, Write&& write) {
  replace_atomically(path, [&](const std::filesystem::path& temporary) {
    OutputFile file(temporary);
    write(file);
    file.close();
  });
}

}  // namespace nop
