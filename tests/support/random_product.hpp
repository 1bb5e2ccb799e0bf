// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/operand.hpp>
#include <nop/core/scalar.hpp>

#include "backend_array.hpp"
#include "random_field.hpp"
#include "tolerance.hpp"

#include <algorithm>
#include <array>
#include <complex>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace nop::test {

/// How one side of a product lies in memory.
struct Side {
  Form form            = Form::plain;
  std::size_t padding  = 0;  ///< elements between rows
  bool shared          = false;
  std::size_t distance = 0;  ///< elements between matrices
  std::size_t offset   = 0;  ///< elements before the first
};

/// A batch of products of random matrices in the memory of a backend, and what plain loops make of
/// it.
template <class Backend, class T>
struct RandomProduct {
  ProductSize size;
  Side left, right, result;
  Update update = Update::overwrite;

  /// Everything in the memory of the result, also what lies between its rows.
  template <class Multiply>
  std::vector<T> by(const Multiply& multiply) const {
    const Memory a(left, size.batch, size.rows, size.depth, 1);
    const Memory b(right, size.batch, size.depth, size.columns, 2);
    const Memory c = result_memory();
    const BackendArray<Backend, T> a_there(a.values), b_there(b.values);
    BackendArray<Backend, T> c_there(c.values);
    const auto read = [](const auto& there, const Memory& from) {
      return Matrices<const T>{there.data() + from.side.offset, from.row_step, from.batch_step,
                               from.side.form};
    };
    multiply(size, read(a_there, a), read(b_there, b),
             Matrices<T>{c_there.data() + result.offset, c.row_step, c.batch_step}, update);
    return c_there.values();
  }

  [[nodiscard]] std::vector<std::complex<double>> expected() const {
    const Memory a(left, size.batch, size.rows, size.depth, 1);
    const Memory b(right, size.batch, size.depth, size.columns, 2);
    const Memory c = result_memory();
    std::vector<std::complex<double>> values(c.values.begin(), c.values.end());
    for (std::size_t n = 0; n < (result.shared ? 1 : size.batch); ++n)
      for (std::size_t r = 0; r < size.rows; ++r)
        for (std::size_t k = 0; k < size.columns; ++k) {
          auto& value = values[result.offset + n * c.batch_step + r * c.row_step + k];
          if (update == Update::overwrite) value = 0;
          for (std::size_t term = n; term < (result.shared ? size.batch : n + 1); ++term)
            for (std::size_t d = 0; d < size.depth; ++d)
              value += a.at(term, r, d) * b.at(term, d, k);
        }
    return values;
  }

  template <class Multiply>
  [[nodiscard]] double error_of(const Multiply& multiply) const {
    return worst_error(by(multiply), expected());
  }

 private:
  /// The first numbers of a stream; they are drawn once, for many products ask for them.
  static std::vector<T> numbers(std::size_t count, std::size_t stream) {
    static std::array<std::vector<T>, 4> drawn;
    auto& values = drawn[stream];
    if (values.size() < count)
      values = random_values<T>(std::max(count, 2 * values.size()), stream);
    return {values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count)};
  }

  struct Memory {
    Side side;
    std::size_t row_step, batch_step;
    std::vector<T> values;

    Memory(const Side& how, std::size_t batch, std::size_t rows, std::size_t columns,
           std::size_t stream)
        : side(how) {
      if (side.form == Form::adjoint) std::swap(rows, columns);
      row_step              = columns + side.padding;
      const std::size_t one = rows * row_step + side.distance;
      batch_step            = side.shared ? 0 : one;
      values                = numbers(side.offset + one * (side.shared ? 1 : batch), stream);
    }

    [[nodiscard]] std::complex<double> at(std::size_t n, std::size_t row,
                                          std::size_t column) const {
      if (side.form == Form::plain)
        return std::complex<double>(values[side.offset + n * batch_step + row * row_step + column]);
      return std::conj(
          std::complex<double>(values[side.offset + n * batch_step + column * row_step + row]));
    }
  };

  /// What is to be overwritten is not a number.
  [[nodiscard]] Memory result_memory() const {
    Memory c(result, size.batch, size.rows, size.columns, 3);
    if (update == Update::overwrite)
      for (std::size_t n = 0; n < (result.shared ? 1 : size.batch); ++n)
        for (std::size_t r = 0; r < size.rows; ++r)
          std::fill_n(c.values.data() + result.offset + n * c.batch_step + r * c.row_step,
                      size.columns, T(std::numeric_limits<real_of<T>>::quiet_NaN()));
    return c;
  }
};

}  // namespace nop::test
