// SPDX-License-Identifier: BSD-3-Clause
#include <nop/autodiff/evaluate.hpp>

#include "support/small_ops.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <optional>
#include <tuple>
#include <type_traits>
#include <vector>

namespace nop::test::evaluate_test {

using namespace nop::test::small_ops;
using Toy       = nop::test::ToyBackend;
using Tensor    = nop::Tensor<double, 1, Toy>;
using Variable  = nop::Variable<double, 1, Toy>;
using Parameter = nop::Parameter<double, 1, Toy>;
using Values    = std::vector<double>;

namespace {

Tensor numbers(const Values& values) { return Tensor({values.size()}, values); }

/// An op that changes nothing and notes where its input lay.
struct Look {
  const double** seen;
  auto operator()(const Tensor& x) const {
    *seen = x.data();
    return nop::with_pullbacks(x, [](const Tensor& g) { return g; });
  }
};

}  // namespace

TEST_CASE("an op on tensors is a tensor and one on variables a variable") {
  const Tensor x = numbers({2, 3});
  const Parameter p(numbers({5, 7}));
  Tape tape;
  const auto v = tape.variable(x);
  static_assert(std::is_same_v<decltype(multiply(x, x)), Tensor>);
  static_assert(std::is_same_v<decltype(multiply(x, p)), Tensor>);
  static_assert(std::is_same_v<decltype(multiply(x.view(), p)), Tensor>);
  static_assert(std::is_same_v<decltype(multiply(v, p)), Variable>);
  static_assert(std::is_same_v<decltype(multiply(x, v)), Variable>);
  static_assert(std::is_same_v<decltype(multiply(v, x.view())), Variable>);
  CHECK(multiply(x, p).to_host() == Values{10, 21});
  CHECK(multiply(v, p).value().to_host() == Values{10, 21});
  CHECK(multiply(x.view(), v).value().to_host() == Values{4, 9});
}

TEST_CASE("at rest a view is used in place and the result is never borrowed") {
  const Tensor x     = numbers({2, 3});
  const double* seen = nullptr;
  const Tensor y     = nop::evaluate(Look{&seen}, x.view());
  CHECK(seen == x.data());
  CHECK(!y.is_borrowed());
  CHECK(y.data() != x.data());
  CHECK(y.to_host() == x.to_host());
  const Tensor z = nop::evaluate(Look{&seen}, Tensor::borrowed(x.view()));
  CHECK(seen == x.data());
  CHECK(!z.is_borrowed());
  // A tensor that owns its memory is shared as ever.
  CHECK(nop::evaluate(Look{&seen}, x).data() == x.data());
}

TEST_CASE("a view beside a variable is copied since a pullback may keep it") {
  Tape tape;
  const auto v = tape.variable(numbers({5, 7}));
  const auto y = [&] {
    const Tensor passing = numbers({4, 6});
    return multiply(v, passing.view());
  }();
  CHECK(tape.gradient(total(y))[v].to_host() == Values{4, 6});
}

TEST_CASE("at rest the pullbacks are dropped with what they kept") {
  const Tensor x           = numbers({2, 3});
  const std::size_t before = Toy::live_blocks();
  const Tensor y           = multiply(x, x);
  CHECK(Toy::live_blocks() == before + 1);
}

TEST_CASE("an input without a pullback may be a constant and nothing else") {
  const auto against = [](const auto& x, const auto& target) {
    return nop::evaluate(
        [](const Tensor& a, const Tensor&) {
          return nop::with_pullbacks(a, [](const Tensor& g) { return g; }, nop::no_pullback);
        },
        x, target);
  };
  Tape tape;
  const auto x = tape.variable(numbers({2}));
  CHECK(tape.gradient(total(against(x, numbers({3}))))[x].item() == 1);
  Tape other;
  const auto v    = other.variable(numbers({2}));
  const auto loss = total(against(v, v));
  CHECK_THROWS_WITH_AS(
      (void)other.gradient(loss),
      "Tape: expected a constant, got an input that wants a gradient of an op that "
      "has none for it",
      nop::PreconditionError);
}

TEST_CASE("gradients of two shapes for one value are refused") {
  const auto wrong = [](const Variable& x) {
    return nop::evaluate(
        [](const Tensor& a) {
          return nop::with_pullbacks(a, [](const Tensor&) { return Tensor({7}); });
        },
        x);
  };
  Tape tape;
  const auto x    = tape.variable(numbers({2}));
  const auto loss = total(add(wrong(x), x));
  CHECK_THROWS_WITH_AS((void)tape.gradient(loss), "Tape: expected a gradient of shape [1], got [7]",
                       nop::PreconditionError);
}

TEST_CASE("a parameter is lifted beside a field at rest and on a tape") {
  const Parameter p(numbers({5}));
  const Tensor x = numbers({2});
  static_assert(std::is_same_v<decltype(nop::on_tape_of(x, p)), Tensor>);
  CHECK(nop::on_tape_of(x, p).item() == 5);
  Tape tape;
  const auto c      = tape.input(x);
  const auto lifted = nop::on_tape_of(c, p);
  static_assert(std::is_same_v<decltype(lifted), const Variable>);
  const auto gradients = tape.gradient(total(add(multiply(lifted, lifted), multiply(c, p))));
  CHECK(gradients[p].item() == 2 * 5 + 2);
}

TEST_CASE("the value of an op is what its rule returned and is not copied") {
  Tape tape;
  const auto x = tape.variable(numbers({2}));
  const auto y = nop::evaluate(
      [](const Tensor& a) { return nop::with_pullbacks(a, [](const Tensor& g) { return g; }); }, x);
  CHECK(y.value().data() == x.value().data());
}

TEST_CASE("a joint pullback is told whose gradients are wanted, once for all inputs") {
  std::size_t calls  = 0;
  const auto product = [&calls](const auto& a, const auto& b, const std::array<bool, 2>& expected) {
    return nop::evaluate(
        [&](const Tensor& u, const Tensor& v) {
          return nop::with_joint_pullback(
              numbers({u.item() * v.item()}),
              [&calls, u, v, expected](const Tensor& g, const std::array<bool, 2>& wanted) {
                ++calls;
                CHECK(wanted == expected);
                std::tuple<std::optional<Tensor>, std::optional<Tensor>> gradients;
                if (wanted[0]) std::get<0>(gradients) = numbers({g.item() * v.item()});
                if (wanted[1]) std::get<1>(gradients) = numbers({g.item() * u.item()});
                return gradients;
              });
        },
        a, b);
  };
  const Tensor two = numbers({2}), five = numbers({5});
  CHECK(product(two, five, {false, false}).item() == 10);
  CHECK(calls == 0);
  {
    Tape tape;
    const auto x = tape.variable(two), y = tape.variable(five);
    const auto gradients = tape.gradient(total(product(x, y, {true, true})));
    CHECK(gradients[x].item() == 5);
    CHECK(gradients[y].item() == 2);
    CHECK(calls == 1);
  }
  const Parameter p(five);
  Tape tape;
  const auto gradients = tape.gradient(total(product(tape.input(two), p, {false, true})));
  CHECK(gradients[p].item() == 2);
  CHECK(calls == 2);
}

TEST_CASE("a field beside one on a tape becomes a constant there, and one on the tape remains") {
  const Tensor x = numbers({2, 3}), c = numbers({5, 7});
  Tape tape;
  const auto on_tape = tape.variable(x);
  const auto beside  = nop::on_tape_of(on_tape, c);
  CHECK(beside.record() == on_tape.record());
  CHECK(beside.node() == nullptr);
  CHECK(beside.value().to_host() == c.to_host());
  CHECK(nop::on_tape_of(on_tape, on_tape).node() == on_tape.node());
  CHECK(nop::on_tape_of(x, c).to_host() == c.to_host());
}

}  // namespace nop::test::evaluate_test
