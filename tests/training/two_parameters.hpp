// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/autodiff/members.hpp>
#include <nop/autodiff/parameter.hpp>
#include <nop/autodiff/tape.hpp>
#include <nop/core/tensor.hpp>

#include <complex>
#include <cstddef>
#include <span>
#include <vector>

namespace nop::test {

/// A module of a real and a complex parameter and a tensor that is kept.
template <class Backend>
struct TwoParameters {
  using Reals     = std::vector<double>;
  using Complexes = std::vector<std::complex<double>>;

  Parameter<double, 1, Backend> real;
  Parameter<std::complex<double>, 1, Backend> complex;
  Tensor<double, 1, Backend> kept;

  TwoParameters(const Reals& r, const Complexes& c)
      : real(tensor(r)), complex(tensor(c)), kept(tensor(Reals{1, 2})) {}

  template <class E>
  static Tensor<E, 1, Backend> tensor(const std::vector<E>& values) {
    return {{values.size()}, std::span<const E>(values)};
  }

  static void members(auto& self, auto&& visit) {
    visit("real", self.real);
    visit("complex", self.complex);
    visit("kept", self.kept);
  }
};

/// Gradients with these values; null pointers for parameters without one.
template <class Backend>
Gradients gradients_of(const TwoParameters<Backend>& model, const std::vector<double>* real,
                       const std::vector<std::complex<double>>* complex) {
  Gradients gradients;
  if (real != nullptr) gradients.replace(model.real, model.tensor(*real));
  if (complex != nullptr) gradients.replace(model.complex, model.tensor(*complex));
  return gradients;
}

}  // namespace nop::test
