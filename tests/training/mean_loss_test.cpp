// SPDX-License-Identifier: BSD-3-Clause
#include <nop/training/loss.hpp>
#include <nop/training/mean_loss.hpp>

#include "support/random_field.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

namespace nop::test::mean_loss_test {
namespace {

using Toy  = nop::test::ToyBackend;
using Data = nop::Dataset<1, Toy, double>;

const auto pass = [](const auto& x) { return x; };

Data random_data(std::size_t samples) {
  return {nop::test::random_tensor<double, Toy>(nop::Shape<3>{samples, 2, 5}, 1),
          nop::test::random_tensor<double, Toy>(nop::Shape<3>{samples, 2, 5}, 2)};
}

TEST_CASE("the mean loss is that of all samples at once, whatever the size of the batches") {
  const Data data     = random_data(7);
  const double expect = nop::relative_l2(data.inputs(), data.targets()).item();
  for (const std::size_t batch : {1U, 2U, 3U, 7U, 100U})
    CHECK(nop::mean_loss(pass, data, nop::relative_l2, batch) ==
          doctest::Approx(expect).epsilon(1e-12));
}

TEST_CASE("of a loss that is a sum over samples and channels it is the sum by the samples") {
  const Data data = random_data(7);
  const nop::RelativeLp summed{.reduction = nop::Reduction::sum};
  CHECK(nop::mean_loss(pass, data, summed, 3) ==
        doctest::Approx(summed(data.inputs(), data.targets()).item() / 7).epsilon(1e-12));
}

TEST_CASE("a home-made loss counts as a mean over its batch") {
  const auto batch_mean = [](const auto& x, const auto& y) {
    return nop::mean_squared_error(x, y);
  };
  const Data data = random_data(5);
  CHECK(nop::mean_loss(pass, data, batch_mean, 2) ==
        doctest::Approx(nop::mean_squared_error(data.inputs(), data.targets()).item()));
}

/// Doubles a field where it lives.
struct Doubling {
  using BackendType = nop::Cpu;
  nop::Tensor<double, 3, nop::Cpu> operator()(const nop::Tensor<double, 3, nop::Cpu>& x) const {
    return nop::mapped(nop::TimesConstant<double>{2}, x);
  }
};

TEST_CASE("a model on another backend gets the data there") {
  const Data data  = random_data(5);
  const auto there = nop::to<nop::Cpu>(data);
  CHECK(nop::mean_loss(Doubling{}, data, nop::relative_l2, 2) ==
        nop::mean_loss(Doubling{}, there, nop::relative_l2, 2));
}

TEST_CASE("no samples have no mean loss") {
  CHECK_THROWS_AS((void)nop::mean_loss(pass, random_data(0), nop::relative_l2),
                  nop::PreconditionError);
}

}  // namespace

}  // namespace nop::test::mean_loss_test
