// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/backend/cpu/simd.hpp>
#include <nop/core/scalar.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

namespace nop::cpu::detail {

/// A square of as many registers as each has lanes, transposed by interleaving: in each of log2(n)
/// rounds, rows i and i + n/2 are dealt out to rows 2i and 2i + 1 like cards. xsimd has no word for
/// an interleaving of whole registers.
template <real Real>
class Square {
 public:
  static constexpr std::size_t size = lanes<Real>;

  /// Row r of the square is what stands at `from + r * step`.
  static Square load(const Real* from, std::size_t step) {
    Square square;
    for (std::size_t r = 0; r < size; ++r)
      std::memcpy(&square.rows_[r], from + r * step, sizeof(Vector));
    return square;
  }
  void store(Real* to, std::size_t step) const {
    for (std::size_t r = 0; r < size; ++r) std::memcpy(to + r * step, &rows_[r], sizeof(Vector));
  }

  [[nodiscard]] Square transposed() const {
    Square dealt = *this;
    for (std::size_t round = 1; round < size; round *= 2)
      dealt = dealt.interleaved(std::make_index_sequence<size>{});
    return dealt;
  }

 private:
  typedef Real Vector __attribute__((vector_size(size * sizeof(Real))));

  template <std::size_t... Lane>
  [[nodiscard]] Square interleaved(std::index_sequence<Lane...>) const {
    constexpr std::size_t half = size / 2;
    Square dealt;
    for (std::size_t r = 0; r < half; ++r) {
      const Vector &a = rows_[r], &b = rows_[r + half];
      dealt.rows_[2 * r] = __builtin_shufflevector(a, b, (Lane / 2 + Lane % 2 * size)...);
      dealt.rows_[2 * r + 1] =
          __builtin_shufflevector(a, b, (Lane / 2 + half + Lane % 2 * size)...);
    }
    return dealt;
  }

  Vector rows_[size];  // a std::array would forget what kind of type a Vector is
};

/// out[c * out_step + r] = in[r * in_step + c] for r < rows, c < columns. Squares that stick out of
/// `in` go element by element.
template <real Real>
void transpose(std::size_t rows, std::size_t columns, const Real* in, std::size_t in_step,
               Real* out, std::size_t out_step) {
  constexpr std::size_t size = Square<Real>::size;
  for (std::size_t r = 0; r < rows; r += size)
    for (std::size_t c = 0; c < columns; c += size) {
      if (r + size <= rows && c + size <= columns) {
        Square<Real>::load(in + r * in_step + c, in_step)
            .transposed()
            .store(out + c * out_step + r, out_step);
        continue;
      }
      for (std::size_t i = r; i < std::min(rows, r + size); ++i)
        for (std::size_t k = c; k < std::min(columns, c + size); ++k)
          out[k * out_step + i] = in[i * in_step + k];
    }
}

}  // namespace nop::cpu::detail
