// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cpu/normalize.hpp>

#include "support/naive_normalization.hpp"
#include "support/random_field.hpp"
#include "support/threads.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace nop::test::normalize_test {
namespace {

/// Random operands of a normalization.
template <class Real>
struct Operands {
  Shape<3> box;
  std::vector<Real> x, weight, bias, modulation, dy;
  Normalization<Real> norm;

  Operands(const Shape<3>& box_, std::size_t groups, std::size_t times, Activation activation)
      : box(box_),
        x(random_values<Real>(element_count(box), 1)),
        weight(random_values<Real>(box[1], 2)),
        bias(random_values<Real>(box[1], 3)),
        modulation(random_values<Real>(box[0] * times * 2 * box[1], 4)),
        dy(random_values<Real>(element_count(box) * std::max<std::size_t>(times, 1), 5)),
        norm{groups, Real(0.125), weight.data(), bias.data()} {
    norm.activation = activation;
    if (times == 0) return;
    norm.modulation = modulation.data();
    norm.times      = times;
  }
  Operands(const Operands&)            = delete;
  Operands& operator=(const Operands&) = delete;

  /// The result, then the gradients by x, weight, bias and modulation.
  template <class Apply, class Pull>
  std::vector<std::vector<Real>> all(const Apply& apply, const Pull& pull) const {
    auto y = dy, dx = x, dweight = weight, dbias = bias, told = modulation;
    apply(box, x.data(), norm, y.data());
    pull(box, x.data(), norm, dy.data(), dx.data(),
         NormalizationGradient<Real>{dweight.data(), dbias.data(),
                                     norm.modulation != nullptr ? told.data() : nullptr});
    return {y, dx, dweight, dbias, told};
  }
  [[nodiscard]] auto ours() const {
    return all([](const auto&... a) { nop::cpu::normalize(a...); },
               [](const auto&... a) { nop::cpu::pull_normalize(a...); });
  }
  [[nodiscard]] auto by_definition() const {
    return all([](const auto&... a) { naive_normalize(a...); },
               [](const auto&... a) { naive_pull_normalize(a...); });
  }
};

template <class Real>
void check(const Shape<3>& box, std::size_t groups, std::size_t times, Activation activation) {
  CAPTURE(box);
  CAPTURE(groups);
  CAPTURE(times);
  const auto got      = Operands<Real>(box, groups, times, activation).ours();
  const auto expected = Operands<double>(box, groups, times, activation).by_definition();
  for (std::size_t which = 0; which < got.size(); ++which) {
    CAPTURE(which);
    CHECK(worst_error(got[which], expected[which]) < rounding<Real>);
  }
}

}  // namespace

TEST_CASE_TEMPLATE("normalizations and their gradients are those of the definition", Real, float,
                   double) {
  for (const auto activation : {Activation::identity, Activation::silu, Activation::gelu})
    for (const std::size_t times : {0U, 1U, 3U}) {
      check<Real>({2, 6, 7}, 3, times, activation);
      check<Real>({3, 4, 49}, 1, times, activation);
      check<Real>({1, 4, 1}, 2, times, activation);
    }
  check<Real>({40, 32, 196}, 8, 1, Activation::silu);  // more than one block of groups
}

TEST_CASE("gradients that have no place are not written, and those that have are the same") {
  const Operands<double> operands({2, 4, 9}, 2, 2, Activation::silu);
  const auto expected = operands.by_definition();
  auto dx = operands.x, dweight = operands.weight;
  nop::cpu::pull_normalize<double>(operands.box, operands.x.data(), operands.norm,
                                   operands.dy.data(), dx.data(), {});
  nop::cpu::pull_normalize<double>(operands.box, operands.x.data(), operands.norm,
                                   operands.dy.data(), nullptr, {.weight = dweight.data()});
  CHECK(worst_error(dx, expected[1]) < rounding<double>);
  CHECK(worst_error(dweight, expected[2]) < rounding<double>);
}

TEST_CASE("a normalization has the same bits on any number of threads") {
  const Operands<float> operands({40, 32, 196}, 8, 1, Activation::silu);
  CHECK(same_on_any_threads([&] { return operands.ours(); }));
}

}  // namespace nop::test::normalize_test
