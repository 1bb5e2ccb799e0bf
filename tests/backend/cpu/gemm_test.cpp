// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/gemm.hpp>

#include "support/random_field.hpp"
#include "support/threads.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <complex>
#include <cstddef>
#include <limits>
#include <vector>

namespace nop::test::gemm_test {

namespace cpu = nop::cpu;

namespace {

/// How one side of a product lies in memory.
struct Side {
  Form form           = Form::plain;
  std::size_t padding = 0;  ///< elements between rows
  bool shared         = false;
};

template <class T>
struct Product {
  ProductSize size;
  Side left, right, result;
  Update update = Update::overwrite;

  static Matrices<T> lay(std::vector<T>& memory, const Side& side, std::size_t batch,
                         std::size_t rows, std::size_t columns, std::ptrdiff_t seed) {
    if (side.form == Form::adjoint) std::swap(rows, columns);
    const std::size_t row_step = columns + side.padding, one = rows * row_step;
    static const auto numbers = random_values<T>(400000, 1);
    const auto count          = static_cast<std::ptrdiff_t>(one * (side.shared ? 1 : batch));
    memory.assign(numbers.begin() + seed,
                  numbers.begin() + seed + std::max<std::ptrdiff_t>(1, count));
    return {memory.data(), row_step, side.shared ? 0 : one, side.form};
  }

  static T entry(const Matrices<T>& m, std::size_t batch, std::size_t row, std::size_t column) {
    if (m.form == Form::plain) return m.data[batch * m.batch_step + row * m.row_step + column];
    const T value = m.data[batch * m.batch_step + column * m.row_step + row];
    if constexpr (nop::complex<T>) return std::conj(value);
    return value;
  }

  /// Everything in the memory of the result, also what lies between its rows.
  std::vector<T> compute() const {
    std::vector<T> a_memory, b_memory, c_memory;
    const auto a    = lay(a_memory, left, size.batch, size.rows, size.depth, 1);
    const auto b    = lay(b_memory, right, size.batch, size.depth, size.columns, 2);
    const auto c    = lay(c_memory, result, size.batch, size.rows, size.columns, 3);
    const auto read = [](const Matrices<T>& m) {
      return Matrices<const T>{m.data, m.row_step, m.batch_step, m.form};
    };
    cpu::multiply(size, read(a), read(b), c, update);
    return c_memory;
  }

  std::vector<std::complex<double>> expected() const {
    std::vector<T> a_memory, b_memory, c_memory;
    const auto a = lay(a_memory, left, size.batch, size.rows, size.depth, 1);
    const auto b = lay(b_memory, right, size.batch, size.depth, size.columns, 2);
    const auto c = lay(c_memory, result, size.batch, size.rows, size.columns, 3);
    std::vector<std::complex<double>> values(c_memory.begin(), c_memory.end());
    const std::size_t results = result.shared ? 1 : size.batch;
    for (std::size_t n = 0; n < results; ++n)
      for (std::size_t r = 0; r < size.rows; ++r)
        for (std::size_t k = 0; k < size.columns; ++k) {
          auto& value = values[n * c.batch_step + r * c.row_step + k];
          if (update == Update::overwrite) value = 0;
          for (std::size_t term = n; term < (result.shared ? size.batch : n + 1); ++term)
            for (std::size_t d = 0; d < size.depth; ++d)
              value += std::complex<double>(entry(a, term, r, d)) *
                       std::complex<double>(entry(b, term, d, k));
        }
    return values;
  }

  [[nodiscard]] double error() const { return worst_error(compute(), expected()); }
};

}  // namespace

TEST_CASE_TEMPLATE("a batch of products in every form and layout agrees with plain loops", T, float,
                   double, std::complex<float>, std::complex<double>) {
  for (const Form left : {Form::plain, Form::adjoint})
    for (const Form right : {Form::plain, Form::adjoint})
      for (const Update update : {Update::overwrite, Update::add})
        for (unsigned layout = 0; layout < 16; ++layout) {
          CAPTURE(left);
          CAPTURE(right);
          CAPTURE(update);
          CAPTURE(layout);
          const std::size_t padding = (layout & 8U) != 0 ? 3 : 0;
          for (const ProductSize size : {ProductSize{3, 5, 7, 4}, {4, 1, 3, 1}, {1, 8, 2, 9}})
            CHECK(Product<T>{size,
                             {left, padding, (layout & 1U) != 0},
                             {right, 2 * padding, (layout & 2U) != 0},
                             {Form::plain, padding, (layout & 4U) != 0},
                             update}
                      .error() < nop::test::rounding<T>);
        }
}

TEST_CASE_TEMPLATE("products larger than a block agree with plain loops", T, float,
                   std::complex<double>) {
  for (const ProductSize size : {ProductSize{1, 200, 90, 70},
                                 {1, 70, 90, 300},
                                 {2, 3, 5000, 4},
                                 {1, 3, 9000, 4},
                                 {70, 6, 9, 8},
                                 {1, 1, 1, 40000},
                                 {2, 300, 300, 1}}) {
    CAPTURE(size.rows);
    CAPTURE(size.columns);
    for (const bool summed : {false, true}) {
      CHECK(Product<T>{size, {}, {Form::adjoint}, {Form::plain, 0, summed}}.error() <
            4 * nop::test::rounding<T>);
      CHECK(Product<T>{size, {Form::adjoint}, {}, {Form::plain, 0, summed}, Update::add}.error() <
            4 * nop::test::rounding<T>);
    }
  }
}

TEST_CASE_TEMPLATE("products of all sizes around those of tiles agree with plain loops", T, float,
                   std::complex<double>) {
  for (const std::size_t rows : {1U, 2U, 3U, 4U, 6U, 7U, 9U, 10U, 13U})
    for (const std::size_t columns : {1U, 2U, 3U, 5U, 8U, 9U, 15U, 17U, 24U, 31U, 33U, 49U, 97U})
      for (const std::size_t depth : {1U, 7U, 130U, 515U})
        for (const Form right : {Form::plain, Form::adjoint}) {
          CAPTURE(rows);
          CAPTURE(columns);
          CAPTURE(depth);
          CHECK(Product<T>{{1, rows, depth, columns}, {}, {right, 1}, {Form::plain, 2}}.error() <
                4 * nop::test::rounding<T>);
        }
}

TEST_CASE("a product of nothing is zero and adds nothing") {
  for (const bool summed : {false, true})
    for (const Update update : {Update::overwrite, Update::add})
      for (const ProductSize size : {ProductSize{3, 2, 0, 4},
                                     {1, 2, 0, 4},
                                     {3, 0, 2, 4},
                                     {3, 2, 4, 0},
                                     {0, 2, 3, 4},
                                     {0, 2, 0, 4},
                                     {0, 0, 0, 0}}) {
        CAPTURE(size.batch);
        CAPTURE(size.rows);
        CAPTURE(size.depth);
        CAPTURE(size.columns);
        CAPTURE(summed);
        CAPTURE(update);
        CHECK(Product<double>{size, {}, {}, {Form::plain, 1, summed}, update}.error() == 0);
      }
}

TEST_CASE("an overwritten result does not depend on what was there") {
  const std::vector<double> a = {1, 2}, b = {3, 4};
  for (const std::size_t batch : {1U, 2U}) {
    double c = std::numeric_limits<double>::quiet_NaN();
    cpu::multiply<double>({batch, 1, 1, 1}, {a.data(), 1, 1}, {b.data(), 1, 1}, {&c, 1, 0},
                          Update::overwrite);
    CHECK(c == (batch == 1 ? 3 : 11));
  }
}

TEST_CASE_TEMPLATE("products have the same bits on any number of threads", T, float,
                   std::complex<double>) {
  for (const ProductSize size : {ProductSize{1, 64, 64, 5000},
                                 {40, 16, 16, 300},
                                 {3, 8, 7000, 8},
                                 {1, 400, 60, 500},
                                 {300, 4, 33, 4}})
    for (const bool summed : {false, true}) {
      CAPTURE(size.batch);
      CAPTURE(size.depth);
      CAPTURE(summed);
      CHECK(nop::test::same_on_any_threads([&] {
        return Product<T>{size, {}, {Form::adjoint}, {Form::plain, 0, summed}}.compute();
      }));
    }
}

}  // namespace nop::test::gemm_test
