// SPDX-License-Identifier: BSD-3-Clause
#include <nop/io/reference/model.hpp>

#include <doctest/doctest.h>

namespace nop::test::model_test {
namespace {

TEST_CASE("options that are not said change nothing") {
  const ReferenceOptions options;
  CHECK(options.arguments.is_null());
  CHECK(!options.semantics);
  CHECK(!options.state);
}

}  // namespace
}  // namespace nop::test::model_test
