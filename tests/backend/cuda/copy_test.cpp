// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda.hpp>

#include "support/backend_array.hpp"
#include "support/copy_cases.hpp"
#include "support/cuda.hpp"
#include "support/random_field.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <vector>

namespace nop::test::cuda::copy_test {

TEST_CASE_TEMPLATE("axes of one to six dimensions are put in any order", T, float, double,
                   std::complex<float>, std::complex<double>) {
  check_orders_of_axes<Cuda, T>();
}

TEST_CASE_TEMPLATE("planes of any proportions are transposed", T, float, double,
                   std::complex<double>) {
  const std::size_t more = emulated ? 1 : 8;
  for (const auto& shape : {Shape<3>{2, 3, more * 700},
                            {3, more * 500, 2},
                            {1, 32, more * 64},
                            {2, more * 65, 130},
                            {3, 31, more * 33},
                            {2, 2, more * 1030},
                            {1, more * 1030, 9},
                            {5, 16, 16},
                            {4, more * 7, 100}})
    check_transposes<Cuda, T>(shape);
}

TEST_CASE_TEMPLATE("a box is cut out of an array and set into another", T, float, double,
                   std::complex<double>) {
  check_boxes<Cuda, T>();
}

TEST_CASE_TEMPLATE("rows are copied in words as long as their places allow", T, float,
                   std::complex<float>, std::complex<double>) {
  const auto in = random_values<T>(8 * 3 * 40, 1);
  for (const std::size_t length : {32U, 30U, 31U})
    for (const std::size_t pitch : {40U, 38U, 35U})
      for (const std::size_t begin : {0U, 1U, 2U, 4U})
        for (const std::size_t out_begin : {0U, 1U, 2U, 4U}) {
          CAPTURE(length);
          CAPTURE(pitch);
          CAPTURE(begin);
          CHECK(copies<Cuda>(Shape<3>{8, 2, length}, in, begin, Shape<3>{3 * pitch, pitch, 1},
                             8 * 3 * 40, out_begin, Shape<3>{2 * pitch + 8, pitch, 1}));
        }
}

TEST_CASE("axes that lie one behind the other are copied together, as far as they do") {
  check_axes_that_lie_together<Cuda>();
}

TEST_CASE("every second element is taken and one value is spread out") {
  check_repeated_and_left_out<Cuda>();
}

TEST_CASE("values are repeated along rows, and matrices of many rows are transposed") {
  check_repeated_and_transposed<Cuda>();
}

TEST_CASE("a copy that is too large for one kernel is done in parts") {
  const Shape<3> extents = {3, 40, 36};
  const auto in          = random_values<float>(element_count(extents), 1);
  const BackendArray<Cuda, float> there(in);
  for (const std::size_t most : {1U, 50U, 1000U})
    for (const auto& in_step : {row_major(extents), Shape<3>{1440, 1, 40}, Shape<3>{1, 108, 3}}) {
      if (emulated && most == 1 && in_step[2] != 40) continue;
      BackendArray<Cuda, float> got(in.size(), -1);
      using nop::cuda::Word;
      nop::cuda::detail::copy_words<4, 3>(
          most, {extents, reinterpret_cast<const Word<4>*>(there.data()), in_step,
                 reinterpret_cast<Word<4>*>(got.data()), row_major(extents)});
      std::vector<float> expected(in.size());
      for (std::size_t i = 0; i < in.size(); ++i) expected[i] = in[offset_of(i, extents, in_step)];
      CHECK(got.values() == expected);
    }
}

TEST_CASE("a box with an empty axis copies nothing") { check_empty_copies<Cuda>(); }

}  // namespace nop::test::cuda::copy_test
