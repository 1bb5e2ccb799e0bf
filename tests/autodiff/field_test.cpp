// SPDX-License-Identifier: BSD-3-Clause
#include <nop/autodiff/field.hpp>

#include "support/toy_backend.hpp"
#include <doctest/doctest.h>

#include <complex>
#include <type_traits>

namespace nop::test::field_test {

using Toy       = nop::test::ToyBackend;
using Complex   = std::complex<float>;
using Tensor    = nop::Tensor<float, 4, Toy>;
using View      = nop::TensorView<const float, 4, Toy>;
using Variable  = nop::Variable<float, 4, Toy>;
using Parameter = nop::Parameter<Complex, 3, Toy>;

struct Elsewhere : Toy {};

TEST_CASE("tensors and views and variables are fields and a parameter is an operand only") {
  static_assert(nop::field<Tensor> && nop::field<View> && nop::field<Variable>);
  static_assert(nop::field<nop::TensorView<float, 4, Toy>>);
  static_assert(!nop::field<Parameter> && !nop::field<float> && !nop::field<nop::Tape>);
  static_assert(nop::operand<Tensor> && nop::operand<Variable> && nop::operand<Parameter>);
  static_assert(!nop::operand<int>);
}

TEST_CASE("what an op takes knows its element and rank and backend") {
  static_assert(std::is_same_v<nop::element_of<View>, float>);
  static_assert(std::is_same_v<nop::element_of<Parameter>, Complex>);
  static_assert(std::is_same_v<nop::backend_of<Variable>, Toy>);
  static_assert(nop::rank_of<Parameter> == 3 && nop::rank_of<View> == 4);
}

TEST_CASE("a field of two grid axes has rank four and one backend and one element") {
  static_assert(nop::field_like<Tensor, 2, Toy, float>);
  static_assert(nop::field_like<View, 2, Toy, float>);
  static_assert(nop::field_like<Variable, 2, Toy, float>);
  static_assert(!nop::field_like<Tensor, 1, Toy, float>);
  static_assert(!nop::field_like<Tensor, 2, Elsewhere, float>);
  static_assert(!nop::field_like<Tensor, 2, Toy, double>);
  static_assert(!nop::field_like<Parameter, 1, Toy, Complex>);
}

}  // namespace nop::test::field_test
