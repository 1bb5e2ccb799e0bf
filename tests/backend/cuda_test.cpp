// SPDX-License-Identifier: BSD-3-Clause
#include <nop/backend/cuda.hpp>
#include <nop/core/functors.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/tensor.hpp>

#include <doctest/doctest.h>

#include <complex>
#include <cstddef>
#include <span>
#include <vector>

namespace nop::test::cuda_test {

using nop::Cuda;
using nop::Shape;

TEST_CASE_TEMPLATE("a tensor's numbers go to the device and come back", Element, float, double,
                   std::complex<float>, std::complex<double>) {
  std::vector<Element> values;
  for (int i = 0; i < 60; ++i) values.push_back(Element(static_cast<nop::real_of<Element>>(i)));
  const nop::Tensor<Element, 3, Cuda> x({3, 4, 5}, std::span<const Element>(values));
  CHECK(x.to_host() == values);
  CHECK(x.clone().to_host() == values);
  CHECK(nop::Tensor<Element, 2, Cuda>({7, 2}).to_host() == std::vector<Element>(14));
}

TEST_CASE("copies share memory on the device until one of them is written to") {
  const nop::Tensor<float, 1, Cuda> ones({4}, std::vector<float>(4, 1));
  auto changed = ones;
  CHECK(changed.data() == ones.data());
  changed.fill(2);
  CHECK(ones.to_host() == std::vector<float>(4, 1));
  CHECK(changed.to_host() == std::vector<float>(4, 2));
}

TEST_CASE("what is asked for later sees what was asked for before") {
  constexpr std::size_t count = 1000;
  nop::Tensor<double, 1, Cuda> x({count});
  const Shape<3> box{1, 1, count};
  for (int step = 0; step < 20; ++step)
    Cuda::map(nop::Plus{}, box, nop::whole(x.mutable_data(), box),
              nop::whole<const double>(x.data(), box),
              nop::single<const double>(nop::Tensor<double, 0, Cuda>({}, std::vector{1.5}).data()));
  CHECK(x.to_host() == std::vector<double>(count, 30));
}

TEST_CASE("a tensor of no elements needs nothing") {
  CHECK(nop::Tensor<float, 2, Cuda>({0, 5}).to_host().empty());
}

}  // namespace nop::test::cuda_test
