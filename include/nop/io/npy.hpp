// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/io/array.hpp>
#include <nop/io/file.hpp>
#include <nop/io/npy_header.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace nop {

namespace detail {

/// Transposes one plane, [columns][rows] with a distance in the input into [rows][columns] with a
/// distance in the output; distances in elements. In tiles, so that both sides stay in the cache.
template <std::size_t Size>
void transpose_plane(const std::byte* from, std::size_t from_step, std::byte* to,
                     std::size_t to_step, std::size_t rows, std::size_t columns) {
  constexpr std::size_t tile = 32;
  for (std::size_t row0 = 0; row0 < rows; row0 += tile)
    for (std::size_t column0 = 0; column0 < columns; column0 += tile)
      for (std::size_t row = row0; row < std::min(rows, row0 + tile); ++row)
        for (std::size_t column = column0; column < std::min(columns, column0 + tile); ++column)
          std::memcpy(to + (row * to_step + column) * Size,
                      from + (column * from_step + row) * Size, Size);
}

/// The elements of a column-major array (the first axis is contiguous) in row-major order. Every
/// plane of the first and the last axis is a transposition; the axes between are walked.
template <std::size_t Size>
std::vector<std::byte> row_major(std::span<const std::byte> bytes,
                                 std::span<const std::size_t> shape) {
  std::vector<std::byte> result(bytes.size());
  const std::size_t rank = shape.size(), rows = shape[0], columns = shape[rank - 1];
  const std::size_t count = bytes.size() / Size;
  std::vector<std::size_t> index(rank, 0);
  for (std::size_t plane = 0; plane < count / (rows * columns); ++plane) {
    std::size_t from = 0, to = 0;
    for (std::size_t axis = rank - 1; axis-- > 0;) from = from * shape[axis] + index[axis];
    for (std::size_t axis = 0; axis < rank; ++axis) to = to * shape[axis] + index[axis];
    transpose_plane<Size>(bytes.data() + from * Size, count / columns, result.data() + to * Size,
                          count / rows, rows, columns);
    for (std::size_t axis = rank - 1; axis-- > 1;) {
      if (++index[axis] < shape[axis]) break;
      index[axis] = 0;
    }
  }
  return result;
}

inline std::vector<std::byte> row_major(std::vector<std::byte> bytes,
                                        std::span<const std::size_t> shape, std::size_t size) {
  if (shape.size() < 2 || bytes.empty()) return bytes;
  switch (size) {
    case 1:
      return row_major<1>(bytes, shape);
    case 2:
      return row_major<2>(bytes, shape);
    case 4:
      return row_major<4>(bytes, shape);
    case 8:
      return row_major<8>(bytes, shape);
    default:
      return row_major<16>(bytes, shape);
  }
}

}  // namespace detail

/// Reads one array in NumPy's .npy format (versions 1.0 to 3.0, either byte order, either memory
/// order; booleans, integers, float16 to 64, complex). The source must end with the array. Anything
/// wrong is a FormatError, before memory is taken for more than the source holds.
template <byte_source Source>
Array read_npy_from(Source& file) {
  const NpyHeader header = read_npy_header(file);
  const auto bytes       = byte_count(header.shape, header.type);
  const std::size_t rest = file.size() - header.data_offset;
  if (bytes != rest)
    throw FormatError(file.name(), header.data_offset,
                      "the header's shape " + detail::shape_text(header.shape) + " of " +
                          std::string(name_of(header.type)) + " takes " +
                          (bytes ? std::to_string(*bytes) : "more than any") + " bytes, but " +
                          std::to_string(rest) + " follow");
  auto elements          = read_part(file, header.data_offset, rest);
  const std::size_t size = byte_size(header.type);
  if (header.byte_order == ByteOrder::big_endian)
    detail::reverse_bytes(elements, holds_complex(header.type) ? size / 2 : size);
  if (header.memory_order == MemoryOrder::column_major)
    elements = detail::row_major(std::move(elements), header.shape, size);
  return Array(header.type, header.shape, std::move(elements));
}

/// Reads a .npy file.
inline Array read_npy(const std::filesystem::path& path) {
  const InputFile file(path);
  return read_npy_from(file);
}

/// Writes a .npy file, all or nothing.
inline void write_npy(const std::filesystem::path& path, const Array& array) {
  const std::string header = npy_header_text(array);
  write_atomically(path, [&](OutputFile& file) {
    file.write(header);
    file.write(array.bytes());
  });
}

}  // namespace nop
