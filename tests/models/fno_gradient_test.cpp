// SPDX-License-Identifier: BSD-3-Clause
#include "models/fno_options.hpp"
#include <doctest/doctest.h>

namespace nop::test::fno_gradient_test {

TEST_CASE("every parameter of a model of one dimension has a gradient whatever the options") {
  nop::test::check_all_options_have_gradients(Shape{8}, Shape{5});
}

TEST_CASE("every parameter of a model of two dimensions has a gradient whatever the options") {
  nop::test::check_all_options_have_gradients(Shape{5, 6}, Shape{4, 3});
}

TEST_CASE("models of one dimension have right gradients") {
  nop::test::check_model_gradients(Shape{8}, Shape{5});
  nop::test::check_model_gradients(Shape{5}, Shape{6});
}

TEST_CASE("models of two dimensions have right gradients") {
  nop::test::check_model_gradients(Shape{4, 5}, Shape{3, 4});
  nop::test::check_model_gradients(Shape{5, 4}, Shape{6, 2});
}

}  // namespace nop::test::fno_gradient_test
