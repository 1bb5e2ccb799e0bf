// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu.hpp>
#include <nop/core/error.hpp>
#include <nop/core/math.hpp>
#include <nop/core/tensor.hpp>
#include <nop/io/array.hpp>
#include <nop/io/digits_csv.hpp>
#include <nop/io/file.hpp>
#include <nop/io/gzip.hpp>
#include <nop/io/idx.hpp>
#include <nop/io/npy.hpp>
#include <nop/ops/map.hpp>
#include <nop/training/read_dataset.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nop {

namespace detail {

/// The bytes of a file of pictures or labels, unpacked, and what they begin as.
class PictureFile {
 public:
  PictureFile(const std::filesystem::path& path, const UnpackLimit& limit)
      : name_(path.string()), bytes_(read_unpacked(path, limit)) {}

  [[nodiscard]] const std::string& name() const { return name_; }

  /// The array in a file that holds one.
  [[nodiscard]] std::optional<Array> array() const {
    const MemoryFile file(bytes_, name_);
    if (is_idx(bytes_)) return read_idx_from(file);
    if (text().starts_with(npy_magic)) return read_npy_from(file);
    return std::nullopt;
  }
  /// What any other file has to hold.
  [[nodiscard]] Digits digits() const {
    if (text().empty() || text()[0] < '0' || text()[0] > '9')
      throw FormatError(name_, 0, "expected an IDX file, a .npy file or scikit-learn's digits.csv");
    return parse_digits_csv(text(), name_);
  }

 private:
  [[nodiscard]] std::string_view text() const {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
  }

  std::string name_;
  std::vector<std::byte> bytes_;
};

/// x / half - 1, to [-1, 1] from 0 to twice `half`.
struct Centred {
  double half;
  template <class T>
  constexpr T operator()(T x) const {
    return x / constant<T>(half) - constant<T>(1);
  }
};
template <class Field>
Field centred(const Field& x, double half) {
  return mapped(Centred{half}, x);
}

}  // namespace detail

/// Reads pictures as fields [count, channel, height, width] in [-1, 1], by what the file is:
///
///     IDX, as of MNIST and Fashion-MNIST     bytes x are x / 127.5 - 1, reals as they are
///     .npy                                   the same
///     digits.csv of scikit-learn             0 to 16, x / 8 - 1
///
/// each also packed by gzip. Arrays are [count, height, width] or [count, channel, height, width].
/// Throws FormatError if that is not what the file holds.
///
///     const auto images = read_images("train-images-idx3-ubyte.gz");
template <backend Backend = Cpu, real Real = float>
Tensor<Real, 4, Backend> read_images(const std::filesystem::path& path,
                                     const UnpackLimit& limit = {}) {
  const auto fields = [](const Array& array, const std::string& name) {
    return detail::fields_of<2, Backend, Real>(array, name, "images");
  };
  const detail::PictureFile file(path, limit);
  const auto array = file.array();
  if (!array) return detail::centred(fields(file.digits().images, file.name()), 8);
  if (array->element_type() == ElementType::uint8)
    return detail::centred(fields(*array, file.name()), 127.5);
  if (holds_integer(array->element_type()))
    throw FormatError(file.name(), 0,
                      "expected pictures of uint8 or of real numbers, got " +
                          std::string(name_of(array->element_type())));
  return fields(*array, file.name());
}

/// Reads what each picture shows, a number from 0 on, from the file of labels beside one of
/// pictures: IDX or .npy, [count] whole numbers; or from digits.csv, which holds both; each also
/// packed by gzip. Throws FormatError if that is not what the file holds.
inline std::vector<std::size_t> read_labels(const std::filesystem::path& path,
                                            const UnpackLimit& limit = {}) {
  const detail::PictureFile file(path, limit);
  const auto found  = file.array();
  const Array array = found ? *found : file.digits().labels;
  if (array.shape().size() != 1 || !holds_integer(array.element_type()))
    throw FormatError(file.name(), 0,
                      "expected labels, one axis of whole numbers, got " +
                          std::string(name_of(array.element_type())) + " of shape " +
                          detail::shape_text(array.shape()));
  std::vector<std::size_t> labels;
  labels.reserve(array.size());
  for (const std::int64_t label : array.values<std::int64_t>()) {
    if (label < 0)
      throw FormatError(file.name(), 0, "expected labels from 0 on, got " + std::to_string(label));
    labels.push_back(static_cast<std::size_t>(label));
  }
  return labels;
}

}  // namespace nop
