// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/io/file.hpp>

#include <zip.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace nop {

/// How the members of an archive are stored.
enum class Compression : std::uint8_t { stored, deflated };

namespace detail {

struct ZipClose {
  void operator()(zip_t* archive) const { zip_discard(archive); }
  void operator()(zip_file_t* member) const { zip_fclose(member); }
};
using ZipHandle       = std::unique_ptr<zip_t, ZipClose>;
using ZipMemberHandle = std::unique_ptr<zip_file_t, ZipClose>;

inline std::string zip_message(zip_error_t& error) {
  std::string text = zip_error_strerror(&error);
  zip_error_fini(&error);
  return text;
}

/// A zip archive in memory or on disk, open for reading.
class ZipReader {
 public:
  explicit ZipReader(const std::filesystem::path& path) : name_(path.string()) {
    size_ = InputFile(path).size();  // Says clearly why a file cannot be opened.
    zip_error_t error;
    zip_error_init(&error);
    open(zip_source_file_create(path.c_str(), 0, -1, &error), error);
  }
  ZipReader(std::span<const std::byte> bytes, std::string name)
      : name_(std::move(name)), size_(bytes.size()) {
    zip_error_t error;
    zip_error_init(&error);
    open(zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error), error);
  }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] zip_t* get() const { return archive_.get(); }
  [[nodiscard]] std::uint64_t member_count() const {
    return static_cast<std::uint64_t>(zip_get_num_entries(archive_.get(), 0));
  }
  [[noreturn]] void refuse(const std::string& what) const { throw FormatError(name_, 0, what); }

  [[nodiscard]] zip_stat_t about(std::uint64_t index) const {
    zip_stat_t about;
    zip_stat_init(&about);
    constexpr zip_uint64_t needed = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE |
                                    ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
    if (zip_stat_index(archive_.get(), index, 0, &about) != 0 || (about.valid & needed) != needed)
      refuse("member " + std::to_string(index) +
             " cannot be read: " + zip_strerror(archive_.get()));
    return about;
  }

 private:
  void open(zip_source_t* source, zip_error_t& error) {
    if (source == nullptr)
      throw BackendError("zip_source_create '" + name_ + "'", zip_message(error));
    archive_.reset(zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error));
    if (archive_ == nullptr) {
      zip_source_free(source);
      refuse("not a sound zip archive: " + zip_message(error));
    }
    if (size_ == 0) refuse("not a zip archive: the file is empty");  // libzip is content with it.
    zip_error_fini(&error);
  }

  std::string name_;
  std::size_t size_ = 0;
  ZipHandle archive_;
};

/// One member, read from front to back: a byte source whose offsets are in the unpacked bytes.
class ZipMember {
 public:
  ZipMember(const ZipReader& archive, std::uint64_t index, const zip_stat_t& about)
      : name_(archive.name() + "(" + about.name + ")"),
        size_(about.size),
        file_(zip_fopen_index(archive.get(), index, 0)) {
    if (file_ == nullptr) throw FormatError(name_, 0, zip_strerror(archive.get()));
  }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::size_t size() const { return size_; }

  void read(std::size_t offset, std::span<std::byte> into) {
    check_range(name_, size_, offset, into.size());
    if (offset != at_) throw FormatError(name_, at_, "a member is read from front to back");
    while (!into.empty()) {
      const auto got = zip_fread(file_.get(), into.data(), into.size());
      if (got < 0) throw FormatError(name_, at_, zip_file_strerror(file_.get()));
      if (got == 0) throw FormatError(name_, at_, "the member ends before its announced size");
      into = into.subspan(static_cast<std::size_t>(got));
      at_ += static_cast<std::size_t>(got);
    }
  }

  /// Reads the end: this is when the check sum is compared.
  void finish() {
    std::byte beyond{};
    const auto got = zip_fread(file_.get(), &beyond, 1);
    if (got < 0) throw FormatError(name_, at_, zip_file_strerror(file_.get()));
    if (got > 0) throw FormatError(name_, at_, "the member goes on after its announced size");
  }

 private:
  std::string name_;
  std::size_t size_;
  std::size_t at_ = 0;
  ZipMemberHandle file_;
};

/// A zip archive that is being written: the bytes given to `add` must live until `finish`.
class ZipWriter {
 public:
  explicit ZipWriter(const std::filesystem::path& path) {
    int code = 0;
    archive_.reset(zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code));
    if (archive_ == nullptr) {
      zip_error_t error;
      zip_error_init_with_code(&error, code);
      throw BackendError("zip_open '" + path.string() + "'", zip_message(error));
    }
  }

  /// `alignment` is that of the place in the file at which the bytes of a stored member begin.
  void add(const std::string& name, std::span<const std::span<const std::byte>> parts,
           Compression compression, std::size_t alignment = 1) {
    std::vector<zip_buffer_fragment_t> fragments;
    for (const auto part : parts)
      if (!part.empty())  // libzip only reads them, its type just does not say so.
        fragments.push_back(
            {reinterpret_cast<zip_uint8_t*>(const_cast<std::byte*>(part.data())), part.size()});
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t* const source =
        zip_source_buffer_fragment_create(fragments.data(), fragments.size(), 0, &error);
    if (source == nullptr) throw BackendError("zip_source_create", zip_message(error));
    const auto index = zip_file_add(archive_.get(), name.c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
      zip_source_free(source);
      fail("zip_file_add");
    }
    const auto place  = static_cast<zip_uint64_t>(index);
    const auto method = compression == Compression::stored ? ZIP_CM_STORE : ZIP_CM_DEFLATE;
    if (zip_set_file_compression(archive_.get(), place, method, 0) != 0)
      fail("zip_set_file_compression");
    constexpr zip_uint16_t first_of_1980 = (1 << 5) | 1;  // As NumPy: equal arrays, equal files.
    if (zip_file_set_dostime(archive_.get(), place, 0, first_of_1980, 0) != 0)
      fail("zip_file_set_dostime");
    end_ += local_header + name.size();
    if (alignment > 1) pad(place, alignment);
    for (const auto part : parts) end_ += part.size();
  }

  void finish() {
    if (zip_close(archive_.get()) != 0) fail("zip_close");
    // It has been freed. NOLINTNEXTLINE(bugprone-unused-return-value)
    static_cast<void>(archive_.release());
  }

 private:
  [[noreturn]] void fail(const std::string& call) const {
    throw BackendError(call, zip_strerror(archive_.get()));
  }

  /// Fills the last member's header up to a multiple of `alignment` with a field that readers skip.
  void pad(zip_uint64_t place, std::size_t alignment) {
    constexpr zip_uint16_t padding = 0x4246;  // As torch.save.
    const std::vector<zip_uint8_t> blanks((alignment - (end_ + field_header) % alignment) %
                                          alignment);
    if (zip_file_extra_field_set(archive_.get(), place, padding, ZIP_EXTRA_FIELD_NEW, blanks.data(),
                                 static_cast<zip_uint16_t>(blanks.size()), ZIP_FL_LOCAL) != 0)
      fail("zip_file_extra_field_set");
    end_ += field_header + blanks.size();
  }

  static constexpr std::size_t local_header = 30, field_header = 4;

  ZipHandle archive_;
  std::size_t end_ = 0;  // of the file, if all members are stored
};

}  // namespace detail

}  // namespace nop
