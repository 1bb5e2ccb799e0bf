// SPDX-License-Identifier: BSD-3-Clause
#include <nop/diffusion/linear_form.hpp>

#include <doctest/doctest.h>

#include <vector>

namespace nop::test::linear_form_test {

using Terms = std::vector<LinearForm::Term>;

TEST_CASE("forms are added field by field") {
  const LinearForm x(3), y(1), z(7);
  CHECK((2 * x + 3 * y).terms() == Terms{{1, 3}, {3, 2}});
  CHECK((2 * x + 3 * y - 5 * (x + z)).terms() == Terms{{1, 3}, {3, -3}, {7, -5}});
  CHECK((0.5 * (x + y)).terms() == Terms{{1, 0.5}, {3, 0.5}});
}

TEST_CASE("what cancels is no term") {
  const LinearForm x(3), y(1);
  CHECK((x + y - x).terms() == Terms{{1, 1}});
  CHECK((0 * x).terms().empty());
  CHECK((LinearForm() + y).terms() == Terms{{1, 1}});
}

TEST_CASE("a form knows if it is one field as it is") {
  const LinearForm x(3), y(1);
  CHECK(x.is_one_field());
  CHECK((x + y - y).is_one_field());
  CHECK_FALSE((2 * x).is_one_field());
  CHECK_FALSE((x + y).is_one_field());
  CHECK_FALSE(LinearForm().is_one_field());
}

}  // namespace nop::test::linear_form_test
