// SPDX-License-Identifier: BSD-3-Clause
#include <nop/autodiff/tape.hpp>

#include "support/small_ops.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace nop::test::tape_test {

using namespace nop::test::small_ops;
using Toy       = nop::test::ToyBackend;
using Tensor    = nop::Tensor<double, 1, Toy>;
using Parameter = nop::Parameter<double, 1, Toy>;
using Values    = std::vector<double>;
using Complex   = std::complex<double>;

namespace {

Tensor numbers(const Values& values) { return Tensor({values.size()}, values); }

/// Says nothing if `action` throws no PreconditionError.
template <class Action>
std::string complaint(const Action& action) {
  try {
    action();
  } catch (const PreconditionError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("the gradient by a value that is used twice is the sum over its uses") {
  Tape tape;
  const auto x         = tape.variable(numbers({1, 2, 3}));
  const auto gradients = tape.gradient(total(multiply(x, x)));
  CHECK(gradients[x].to_host() == Values{2, 4, 6});
}

TEST_CASE("paths that part and meet again are all followed") {
  Tape tape;
  const auto x         = tape.variable(numbers({2}));
  const auto square    = multiply(x, x);
  const auto fourth    = multiply(square, square);
  const auto sum       = add(add(square, fourth), multiply(fourth, x));  // x^2 + x^4 + x^5
  const auto gradients = tape.gradient(total(sum));
  CHECK(gradients[x].item() == 2 * 2 + 4 * 8 + 5 * 16);
}

TEST_CASE("one value may be both arguments and only be passed on") {
  Tape tape;
  const auto x         = tape.variable(numbers({3, 4}));
  const auto gradients = tape.gradient(total(add(x, x)));
  CHECK(gradients[x].to_host() == Values{2, 2});
}

TEST_CASE("a chain of ten thousand ops is walked and destroyed") {
  Tape tape;
  const auto x = tape.variable(numbers({0.5}));
  auto y       = x;
  for (int i = 0; i < 10000; ++i) y = add(y, x);
  CHECK(y.value().item() == 0.5 * 10001);
  CHECK(tape.gradient(total(y))[x].item() == 10001);
}

TEST_CASE("a value that is the loss itself has the gradient one") {
  Tape tape;
  const double five = 5;
  const auto x      = tape.variable(nop::Tensor<double, 0, Toy>({}, std::span(&five, 1)));
  CHECK(tape.gradient(x)[x].item() == 1);
}

TEST_CASE("a constant gets no gradient and its pullback is never called") {
  Tape tape;
  const auto x    = tape.variable(numbers({2}));
  const auto c    = tape.input(numbers({3}));
  int called      = 0;
  const auto rule = [&](const Tensor& a, const Tensor&) {
    const auto pull = [](const Tensor& g) { return g; };
    return nop::with_pullbacks(a, pull, [&](const Tensor& g) {
      ++called;
      return g;
    });
  };
  const auto gradients = tape.gradient(total(nop::evaluate(rule, x, c)));
  CHECK(called == 0);
  CHECK(gradients[x].item() == 1);
  CHECK(complaint([&] { (void)gradients[c]; }) ==
        "Gradients: expected a value made by Tape::variable that the loss depends on, got one of "
        "shape [1] without a gradient");
}

TEST_CASE("nothing is recorded for ops on constants") {
  Tape tape;
  const auto c = multiply(tape.input(numbers({3})), tape.input(numbers({4})));
  CHECK(c.node() == nullptr);
  CHECK(c.record()->nodes.empty());
  CHECK(complaint([&] { (void)tape.gradient(total(c)); }) ==
        "Tape::gradient: expected a loss that depends on a parameter or a variable, got a "
        "constant");
}

TEST_CASE("a parameter that is used twice has the sum of both gradients") {
  const Parameter p(numbers({2, 3}));
  Tape tape;
  const auto x         = tape.input(numbers({5, 7}));
  const auto y         = multiply(multiply(x, p), p);  // x p^2
  const auto gradients = tape.gradient(total(y));
  CHECK(gradients.contains(p));
  CHECK(gradients[p].to_host() == Values{2 * 5 * 2, 2 * 7 * 3});
}

TEST_CASE("gradients belong to identities which moves keep and copies do not") {
  Parameter p(numbers({2}));
  const Parameter copy = p, unused = p;
  Tape tape;
  const auto y =
      add(multiply(tape.input(numbers({5})), p), multiply(tape.input(numbers({7})), copy));
  const Parameter moved = std::move(p);
  const auto gradients  = tape.gradient(total(y));
  CHECK(gradients[moved].item() == 5);
  CHECK(gradients[copy].item() == 7);
  CHECK(!gradients.contains(p));
  CHECK(!gradients.contains(unused));
  CHECK(complaint([&] { (void)gradients[unused]; }) ==
        "Gradients: expected a parameter that the loss depends on, got one of shape [1] that is "
        "not on the tape");
}

TEST_CASE("a parameter on the tape that the loss does not depend on has no gradient") {
  const Parameter p(numbers({2})), q(numbers({3}));
  Tape tape;
  const auto x         = tape.input(numbers({5}));
  const auto unused    = multiply(x, q);
  const auto gradients = tape.gradient(total(multiply(x, p)));
  CHECK(gradients.contains(p));
  CHECK(!gradients.contains(q));
}

TEST_CASE("a parameter changed after the forward pass counts with the value it had") {
  Parameter p(numbers({2}));
  Tape tape;
  const auto x = tape.variable(numbers({5}));
  const auto y = multiply(multiply(x, p), p);
  p.mutable_value().fill(100);
  const auto gradients = tape.gradient(total(y));
  CHECK(y.value().item() == 20);
  CHECK(gradients[x].item() == 4);
  CHECK(gradients[p].item() == 20);
}

TEST_CASE("the gradient by a complex value is that by its real part plus i that by its imaginary") {
  // L = |a z + b|^2 / 2, dL/dz = conj(a) (a z + b).
  using Field                  = nop::Tensor<Complex, 1, Toy>;
  const std::vector<Complex> a = {{1, 2}, {0, -1}}, b = {{3, -1}, {2, 2}}, z = {{0.5, 1}, {-2, 3}};
  const nop::Parameter<Complex, 1, Toy> parameter(Field({2}, z));
  Tape tape;
  const auto variable = tape.variable(Field({2}, a));
  const auto line     = add(multiply(variable, parameter), tape.input(Field({2}, b)));
  const auto gradient = tape.gradient(half_square(line));
  for (std::size_t i = 0; i < 2; ++i) {
    const Complex value = a[i] * z[i] + b[i];
    CHECK(std::abs(gradient[parameter].to_host()[i] - std::conj(a[i]) * value) < 1e-14);
    CHECK(std::abs(gradient[variable].to_host()[i] - std::conj(z[i]) * value) < 1e-14);
  }
}

TEST_CASE("complex gradients are gathered over several uses") {
  using Field = nop::Tensor<Complex, 1, Toy>;
  Tape tape;  // L = |z^2|^2 / 2 = |z|^4 / 2, dL/dz = 2 |z|^2 z
  const Complex number(1, -2);
  const auto z = tape.variable(Field({1}, std::span(&number, 1)));
  CHECK(tape.gradient(half_square(multiply(z, z)))[z].item() == 10.0 * number);
}

TEST_CASE("a tape gives its gradient once and records nothing more") {
  Tape tape;
  const auto x    = tape.variable(numbers({2}));
  const auto loss = total(x);
  (void)tape.gradient(loss);
  const std::string used =
      ": expected a tape that is still recording, got one whose gradient was taken";
  CHECK(complaint([&] { (void)tape.gradient(loss); }) == "Tape::gradient" + used);
  CHECK(complaint([&] { (void)add(x, x); }) == "evaluate" + used);
  CHECK(complaint([&] { (void)tape.input(numbers({1})); }) == "Tape::input" + used);
  CHECK(complaint([&] { (void)tape.variable(numbers({1})); }) == "Tape::variable" + used);
  CHECK(complaint([&] { (void)nop::on_tape_of(x, Parameter(numbers({1}))); }) ==
        "on_tape_of" + used);
}

TEST_CASE("a tape whose pullback threw is used up") {
  Tape tape;
  const auto x = tape.variable(numbers({2}));
  const auto y = nop::evaluate(
      [](const Tensor& a) {
        return nop::with_pullbacks(a, [](const Tensor& g) -> Tensor {
          throw std::runtime_error("no");
          return g;
        });
      },
      x);
  const auto loss = total(y);
  CHECK_THROWS_WITH_AS((void)tape.gradient(loss), "no", std::runtime_error);
  CHECK(
      complaint([&] { (void)tape.gradient(loss); }).starts_with("Tape::gradient: expected a tape"));
}

TEST_CASE("a loss on another tape is refused") {
  Tape tape, other;
  const auto loss = total(other.variable(numbers({2})));
  CHECK(complaint([&] { (void)tape.gradient(loss); }) ==
        "Tape::gradient: expected a loss on this tape, got one on another");
}

TEST_CASE("values on two tapes do not mix") {
  Tape tape, other;
  const auto x = tape.variable(numbers({2})), y = other.variable(numbers({3}));
  CHECK(complaint([&] { (void)add(x, y); }) ==
        "evaluate: expected values on one tape, got values on two");
  const auto gradients = tape.gradient(total(x));
  CHECK(complaint([&] { (void)gradients[y]; }) ==
        "Gradients: expected a variable of this tape, got one of another");
}

TEST_CASE("gradients that no tape gave hold nothing") {
  const nop::Gradients none;
  const Parameter p(numbers({1}));
  CHECK(!none.contains(p));
  CHECK(!complaint([&] { (void)none[p]; }).empty());
  Tape tape;
  const auto x = tape.variable(numbers({1}));
  CHECK(!complaint([&] { (void)none[x]; }).empty());
}

TEST_CASE("a value in the middle keeps no gradient") {
  Tape tape;
  const auto x         = tape.variable(numbers({2}));
  const auto middle    = multiply(x, x);
  const auto gradients = tape.gradient(total(middle));
  CHECK(complaint([&] {
          (void)gradients[middle];
        }).starts_with("Gradients: expected a value made by Tape::variable"));
}

TEST_CASE("a tape belongs to the thread that made it") {
  Tape tape;
  const auto x    = tape.variable(numbers({2}));
  const auto loss = total(x);
  std::string of_evaluate, of_gradient;
  std::thread([&] {
    of_evaluate = complaint([&] { (void)add(x, x); });
    of_gradient = complaint([&] { (void)tape.gradient(loss); });
  }).join();
  const std::string wrong = ": expected the thread that made the tape, got another one";
  CHECK(of_evaluate == "evaluate" + wrong);
  CHECK(of_gradient == "Tape::gradient" + wrong);
  CHECK(tape.gradient(loss)[x].item() == 1);
}

TEST_CASE("variables and gradients may outlive their tape") {
  auto tape            = std::make_optional<Tape>();
  const auto x         = tape->variable(numbers({2}));
  const auto y         = multiply(x, x);
  const auto gradients = tape->gradient(total(y));
  tape.reset();
  CHECK(y.value().item() == 4);
  CHECK(gradients[x].item() == 4);

  tape.emplace();
  const auto orphan = tape->variable(numbers({3}));
  tape.reset();
  CHECK(multiply(orphan, orphan).value().item() == 9);
}

TEST_CASE("a moved tape is the same tape") {
  Tape tape;
  const auto x = tape.variable(numbers({2}));
  Tape moved   = std::move(tape);
  CHECK(moved.gradient(total(multiply(x, x)))[x].item() == 4);
}

TEST_CASE("borrowed memory is copied when it goes onto a tape") {
  Tensor owner = numbers({2});
  Tape tape;
  const auto x = tape.variable(Tensor::borrowed(owner.view()));
  const auto c = tape.input(owner.view());
  CHECK(!x.value().is_borrowed());
  CHECK(!c.value().is_borrowed());
  CHECK(c.value().data() != owner.data());
}

TEST_CASE("what a pullback kept is given back while the tape is walked and the rest afterwards") {
  const std::size_t before = Toy::live_blocks();
  {
    std::optional<nop::Gradients> gradients;
    const Parameter p(numbers({1, 2, 3}));
    {
      Tape tape;
      auto y = tape.input(numbers({4, 5, 6}));
      for (int i = 0; i < 50; ++i) y = multiply(y, p);
      gradients = tape.gradient(total(y));
    }
    // The parameter and its gradient.
    CHECK(Toy::live_blocks() == before + 2);
  }
  CHECK(Toy::live_blocks() == before);
}

}  // namespace nop::test::tape_test
