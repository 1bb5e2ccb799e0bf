// SPDX-License-Identifier: BSD-3-Clause
#include "models/fno_options.hpp"
#include <doctest/doctest.h>

namespace nop::test::fno_gradient_3d_test {

TEST_CASE("every parameter of a model of three dimensions has a gradient whatever the options") {
  nop::test::check_all_options_have_gradients(Shape{4, 3, 4}, Shape{2, 3, 2});
}

TEST_CASE("every parameter of a model of four dimensions has a gradient whatever the options") {
  nop::test::check_all_options_have_gradients(Shape{3, 2, 3, 4}, Shape{2, 2, 3, 2});
}

TEST_CASE("models of three dimensions have right gradients") {
  nop::test::check_model_gradients(Shape{4, 3, 4}, Shape{2, 3, 2});
}

TEST_CASE("models of four dimensions have right gradients") {
  nop::test::check_model_gradients(Shape{3, 2, 4, 3}, Shape{2, 2, 2, 2});
}

}  // namespace nop::test::fno_gradient_3d_test
