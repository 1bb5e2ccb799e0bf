// SPDX-License-Identifier: BSD-3-Clause
#include <nop/ops/elementwise.hpp>
#include <nop/training/cross_entropy.hpp>

#include "support/layer_battery.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

namespace nop::test::cross_entropy_test {
namespace {

using Labels = std::vector<std::size_t>;
using Toy    = nop::test::ToyBackend;

/// The definition, in long double.
double naive(const std::vector<double>& z, const Labels& labels) {
  const std::size_t classes = z.size() / labels.size();
  long double total         = 0;
  for (std::size_t b = 0; b < labels.size(); ++b) {
    long double sum = 0;
    for (std::size_t c = 0; c < classes; ++c)
      sum += std::exp(static_cast<long double>(z[b * classes + c]));
    total += std::log(sum) - static_cast<long double>(z[b * classes + labels[b]]);
  }
  return static_cast<double>(total);
}

TEST_CASE("the cross entropy is its definition, as a mean or a sum, on any backend") {
  for (const std::size_t classes : {1U, 2U, 3U, 10U, 17U}) {
    Labels labels{0, classes - 1, classes / 2, 0, classes / 3};
    const Shape<2> shape{5, classes};
    const auto z          = random_field(shape, classes);
    const double expected = naive(z.to_host(), labels);
    CAPTURE(classes);
    CHECK(nop::CrossEntropy{nop::Reduction::sum}(z, labels).item() ==
          doctest::Approx(expected).epsilon(1e-13));
    CHECK(nop::cross_entropy(z, labels).item() == doctest::Approx(expected / 5).epsilon(1e-13));
    CHECK(
        nop::cross_entropy(nop::test::random_tensor<double, Toy>(shape, classes), labels).item() ==
        doctest::Approx(expected / 5).epsilon(1e-13));
  }
}

TEST_CASE("equal logits are as unlikely as a guess, whatever they are") {
  const nop::Tensor<float, 2, Cpu> zero({3, 8});
  CHECK(nop::cross_entropy(zero, Labels{0, 3, 7}).item() == doctest::Approx(std::log(8)));
  auto large = zero;
  large.fill(1e30F);
  CHECK(nop::cross_entropy(large, Labels{0, 3, 7}).item() == doctest::Approx(std::log(8)));
}

TEST_CASE("large logits overflow neither the cross entropy nor its gradient") {
  const auto z = field_of<float>(Shape<2>{2, 3}, {1000, 0, -1000, 0, 3e38F, -3e38F});
  nop::Tape tape;
  const auto x    = tape.variable(z);
  const auto loss = nop::CrossEntropy{nop::Reduction::sum}(x, Labels{1, 1});
  CHECK(loss.item() == 1000);
  CHECK(tape.gradient(loss)[x].to_host() == std::vector<float>{1, -1, 0, 0, 0, 0});
}

TEST_CASE("the gradients of the cross entropy are those of finite differences") {
  const Labels labels{2, 0, 4};
  for (const auto reduction : {nop::Reduction::mean, nop::Reduction::sum})
    nop::test::check_gradients(
        [&](const auto& z) {
          return nop::scale_by(nop::CrossEntropy{reduction}(z, labels), 3);  // from above
        },
        random_field(Shape<2>{3, 5}, 1));
}

TEST_CASE("the cross entropy does not depend on how the logits are held") {
  const auto z = random_field(Shape<2>{3, 4}, 1);
  nop::test::check_ways_to_call(
      [](const auto& x) { return nop::cross_entropy(x, Labels{3, 0, 1}); }, z);
}

TEST_CASE("the accuracy is the part of samples whose label has the largest logit") {
  const nop::Tensor<float, 2, Toy> z({4, 3},
                                     std::vector<float>{1, 2, 3, 3, 2, 1, -1, 0, -2, 5, 5, 4});
  CHECK(nop::accuracy(z, Labels{2, 0, 1, 0}) == 1);
  CHECK(nop::accuracy(z, Labels{2, 0, 1, 1}) == 0.75);
  CHECK(nop::accuracy(z, Labels{0, 1, 2, 2}) == 0);
}

TEST_CASE("labels that do not fit are refused") {
  const nop::Tensor<float, 2, Cpu> z({2, 3}), none({0, 3});
  CHECK_THROWS_WITH_AS(
      (void)nop::cross_entropy(z, Labels{0}),
      "CrossEntropy: expected logits [batch, classes] and as many labels, at least "
      "one, got [2, 3] and 1",
      nop::PreconditionError);
  CHECK_THROWS_WITH_AS((void)nop::cross_entropy(z, Labels{0, 3}),
                       "CrossEntropy: expected labels below 3, got 3", nop::PreconditionError);
  CHECK_THROWS_AS((void)nop::cross_entropy(none, Labels{}), nop::PreconditionError);
  CHECK_THROWS_AS((void)nop::accuracy(z, Labels{0, 3}), nop::PreconditionError);
}

}  // namespace
}  // namespace nop::test::cross_entropy_test
