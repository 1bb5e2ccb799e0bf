// SPDX-License-Identifier: BSD-3-Clause
#include <nop/core/error.hpp>

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

namespace nop::test::error_test {

TEST_CASE("a failed precondition is an invalid argument") {
  CHECK_THROWS_AS(throw nop::PreconditionError("f: expected 1"), std::invalid_argument);
}

TEST_CASE("a backend error names the call and its status") {
  const nop::BackendError error("cudaMalloc", "out of memory");
  CHECK(std::string(error.what()) == "cudaMalloc: out of memory");
  CHECK_THROWS_AS(throw error, std::runtime_error);
}

TEST_CASE("a format error names the file and the byte and keeps the byte") {
  const nop::FormatError error("weights.npy", 12, "expected a dictionary");
  CHECK(std::string(error.what()) == "weights.npy: byte 12: expected a dictionary");
  CHECK(error.offset() == 12);
}

}  // namespace nop::test::error_test
