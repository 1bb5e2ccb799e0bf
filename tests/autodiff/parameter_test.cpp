// SPDX-License-Identifier: BSD-3-Clause
#include <nop/autodiff/parameter.hpp>

#include "support/random_field.hpp"
#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace nop::test::parameter_test {

using Toy       = nop::test::ToyBackend;
using Tensor    = nop::Tensor<double, 1, Toy>;
using Parameter = nop::Parameter<double, 1, Toy>;
using Values    = std::vector<double>;

TEST_CASE("an identity moves along and a copy gets a new one") {
  const nop::Identity a;
  const auto number = a.number();
  nop::Identity copy(a);
  CHECK(copy.number() != number);
  CHECK(a.number() == number);
  const auto own = copy.number();
  copy           = a;
  CHECK(copy.number() == own);

  nop::Identity moved(std::move(copy));
  CHECK(moved.number() == own);
  CHECK(copy.number() != own);
  nop::Identity target;
  target = std::move(moved);
  CHECK(target.number() == own);
  CHECK(moved.number() != own);
  nop::Identity& same = target;
  target              = std::move(same);
  CHECK(target.number() == own);
}

TEST_CASE("identities made by many threads are all different") {
  std::vector<std::vector<std::uint64_t>> numbers(4);
  std::vector<std::thread> threads;
  for (auto& mine : numbers)
    threads.emplace_back([&mine] {
      for (int i = 0; i < 1000; ++i) mine.push_back(nop::Identity().number());
    });
  for (auto& thread : threads) thread.join();
  std::set<std::uint64_t> all;
  for (const auto& mine : numbers) all.insert(mine.begin(), mine.end());
  CHECK(all.size() == 4000);
}

TEST_CASE("a parameter holds a value that is replaced by one of its shape") {
  Parameter p(Tensor({2}, Values{1, 2}));
  const auto number = p.identity().number();
  CHECK(p.extent(0) == 2);
  p.assign(Tensor({2}, Values{3, 4}));
  CHECK(p.value().to_host() == Values{3, 4});
  CHECK(p.identity().number() == number);
  CHECK_THROWS_WITH_AS(p.assign(Tensor({3})), "Parameter::assign: expected shape [2], got [3]",
                       nop::PreconditionError);
  p.mutable_value().fill(7);
  CHECK(p.value().to_host() == Values{7, 7});
}

TEST_CASE("a copied parameter is another one with the same value") {
  const Parameter p(Tensor({2}, Values{1, 2}));
  Parameter copy = p;
  CHECK(copy.identity().number() != p.identity().number());
  CHECK(copy.value().data() == p.value().data());
  copy.mutable_value().fill(0);
  CHECK(p.value().to_host() == Values{1, 2});
}

TEST_CASE("a parameter moved within a vector that grows stays itself") {
  std::vector<Parameter> all;
  all.emplace_back(Tensor({1}, Values{5}));
  const auto number = all[0].identity().number();
  for (int i = 0; i < 20; ++i) all.emplace_back(Tensor({1}));
  CHECK(all[0].value().item() == 5);
  // True only if moving cannot throw, as otherwise a growing vector makes copies.
  CHECK(all[0].identity().number() == number);
}

}  // namespace nop::test::parameter_test
