// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu.hpp>
#include <nop/pde/conjugate_gradients.hpp>

#include <doctest/doctest.h>
#include <support/random_field.hpp>
#include <support/tolerance.hpp>

#include <cmath>
#include <cstddef>
#include <vector>

namespace nop::test::conjugate_gradients_test {
namespace {

using Vector = nop::Tensor<double, 1, nop::Cpu>;

/// The diagonal matrix with the eigenvalues 1 ... distinct, again and again.
struct Diagonal {
  std::size_t distinct;
  void operator()(const Vector& in, Vector& out) const {
    for (std::size_t i = 0; i < in.size(); ++i)
      out.mutable_data()[i] = in.data()[i] * static_cast<double>(1 + i % distinct);
  }
};

struct Inverse {
  std::size_t distinct;
  void operator()(const Vector& in, Vector& out) const {
    for (std::size_t i = 0; i < in.size(); ++i)
      out.mutable_data()[i] = in.data()[i] / static_cast<double>(1 + i % distinct);
  }
};

struct Negative {
  void operator()(const Vector& in, Vector& out) const {
    for (std::size_t i = 0; i < in.size(); ++i) out.mutable_data()[i] = -in.data()[i];
  }
};

const Diagonal identity{1};
const auto right_side = nop::test::random_tensor<double, nop::Cpu>(nop::Shape<1>{60}, 1);

TEST_CASE("as many iterations as there are distinct eigenvalues give the exact solution") {
  for (const std::size_t distinct : {1U, 2U, 5U}) {
    const auto found = conjugate_gradients(Diagonal{distinct}, identity, right_side,
                                           {.tolerance = 1e-12, .max_iterations = 20});
    Vector expected({60});
    Inverse{distinct}(right_side, expected);
    CHECK(found.iterations == distinct);
    CHECK(found.residual <= 1e-12);
    CHECK(nop::test::worst_error(found.solution.to_host(), expected.to_host()) < 1e-12);
  }
}

TEST_CASE("the inverse as preconditioner needs one iteration") {
  const auto found = conjugate_gradients(Diagonal{7}, Inverse{7}, right_side,
                                         {.tolerance = 1e-12, .max_iterations = 1});
  CHECK(found.iterations == 1);
}

TEST_CASE("a right side of zero is solved by zero without an iteration") {
  const auto found = conjugate_gradients(identity, identity, Vector({3}),
                                         {.tolerance = 1e-12, .max_iterations = 0});
  CHECK(found.iterations == 0);
  CHECK(found.solution.to_host() == std::vector<double>(3));
}

TEST_CASE("conjugate gradients say so when they do not converge") {
  const nop::ConjugateGradientsConfig few{.tolerance = 1e-12, .max_iterations = 3};
  CHECK_THROWS_AS(conjugate_gradients(Diagonal{7}, identity, right_side, few),
                  nop::ConvergenceError);
  CHECK_THROWS_AS(conjugate_gradients(Negative{}, identity, right_side, few),
                  nop::ConvergenceError);
  CHECK_THROWS_WITH_AS(conjugate_gradients(Diagonal{7}, identity, right_side,
                                           {.tolerance = 1e-12, .max_iterations = 0}),
                       "conjugate_gradients: expected a relative residual of 1e-12 after at most 0 "
                       "iterations, got 1",
                       nop::ConvergenceError);
}

TEST_CASE("conjugate gradients refuse an indefinite preconditioner and a right side with NaN") {
  const nop::ConjugateGradientsConfig config{.tolerance = 1e-12, .max_iterations = 3};
  CHECK_THROWS_AS(conjugate_gradients(identity, Negative{}, right_side, config),
                  nop::PreconditionError);
  auto broken              = right_side;
  broken.mutable_data()[3] = std::nan("");
  CHECK_THROWS_AS(conjugate_gradients(identity, identity, broken, config), nop::PreconditionError);
}

}  // namespace

}  // namespace nop::test::conjugate_gradients_test
