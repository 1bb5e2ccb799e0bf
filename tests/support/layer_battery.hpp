// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/autodiff/gradient_check.hpp>
#include <nop/autodiff/members.hpp>
#include <nop/autodiff/tape.hpp>
#include <nop/backend/cpu.hpp>
#include <nop/core/scalar.hpp>
#include <nop/core/shape.hpp>
#include <nop/core/tensor.hpp>

#include "random_field.hpp"
#include "tolerance.hpp"
#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// \file
/// What every op and every layer has to pass. `function` takes fields, at rest or on a tape, and
/// returns one.

namespace nop::test {

template <scalar Element, std::size_t Rank>
using CpuTensor = Tensor<Element, Rank, Cpu>;

/// A random field on the CPU.
template <scalar Element = double, std::size_t Rank>
CpuTensor<Element, Rank> random_field(const Shape<Rank>& shape, std::uint64_t seed = 1) {
  return random_tensor<Element, Cpu>(shape, seed);
}

/// The field with the values of a host array.
template <scalar Element, std::size_t Rank>
CpuTensor<Element, Rank> field_of(const Shape<Rank>& shape, const std::vector<Element>& values) {
  return CpuTensor<Element, Rank>(shape, std::span<const Element>(values));
}

/// What `gradient_check` found is nothing wrong.
inline void check_gradients(const GradientCheck& check) {
  INFO(check.where);
  CHECK(check.checked > 0);
  CHECK(check.worst_error < Tolerance<double>::gradients);
}

/// The tape agrees with differences in every input and every parameter.
template <class Function, class... Input>
void check_gradients(const Function& function, const Input&... inputs) {
  check_gradients(gradient_check(function, inputs...));
}

/// sum Re(conj(weight) y) on the tape of y.
template <field Y, class Weight>
auto projection(const Y& y, const Weight& weight) {
  return evaluate(
      [&weight](const auto& value) {
        using Real        = real_of<typename Weight::Element>;
        const auto values = value.to_host(), weights = weight.to_host();
        Real total = 0;
        for (std::size_t i = 0; i < values.size(); ++i)
          total +=
              std::real(std::complex<Real>(std::conj(weights[i])) * std::complex<Real>(values[i]));
        return with_pullbacks(
            Tensor<Real, 0, typename Weight::Backend>({}, std::span<const Real>(&total, 1)),
            [weight](const auto&) { return weight; });
      },
      y);
}

/// The real part of sum conj(a) b, and what its terms add up to without their signs.
template <scalar Element>
std::pair<double, double> real_product(const std::vector<Element>& a,
                                       const std::vector<Element>& b) {
  using Wide   = std::complex<double>;
  double total = 0, size = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    total += (std::conj(Wide(a[i])) * Wide(b[i])).real();
    size += std::abs(Wide(a[i])) * std::abs(Wide(b[i]));
  }
  return {total, size};
}

/// <f(x), y> = <x, f*(y)> for the pullback f* at another point: f is linear and its pullback right.
template <class Function, class Input>
void check_adjoint(const Function& function, const Input& x) {
  const auto y    = function(x);
  const auto seen = random_field<typename decltype(function(x))::Element>(y.shape(), 101);
  Tape tape;
  const auto elsewhere = tape.variable(random_field<typename Input::Element>(x.shape(), 102));
  const auto pulled    = tape.gradient(projection(function(elsewhere), seen))[elsewhere].to_host();
  const auto [forward, size] = real_product(y.to_host(), seen.to_host());
  const double backward      = real_product(x.to_host(), pulled).first;
  CHECK(std::abs(forward - backward) < 1e-12 * (1 + size));
}

/// The same shape and the same bits.
template <class Got, class Expected>
void check_same(const Got& got, const Expected& expected) {
  CHECK(got.shape() == expected.shape());
  CHECK(got.to_host() == expected.to_host());
}

/// The result does not depend on how the input is held: at rest, as a view or on a tape.
template <class Function, class... Input>
void check_ways_to_call(const Function& function, const Input&... inputs) {
  const auto expected = function(inputs...);
  check_same(function(inputs.view()...), expected);
  Tape tape;
  check_same(function(tape.variable(inputs)...).value(), expected);
  check_same(function(tape.input(inputs)...).value(), expected);
  check_same(function(tape.input(inputs.view())...).value(), expected);
}

/// The samples from `first` up to `last` of a batch.
template <class Field>
Field samples_of(const Field& x, std::size_t first, std::size_t last) {
  const auto values      = x.to_host();
  const std::size_t each = element_count(x.shape(), 1);
  auto shape             = x.shape();
  shape[0]               = last - first;
  return Field(shape, std::span<const typename Field::Element>(values).subspan(
                          first * each, (last - first) * each));
}

/// Samples of a batch do not see each other.
template <class Function, class Input>
void check_batch(const Function& function, const Input& x) {
  const auto together = function(x);
  REQUIRE(x.extent(0) > 1);
  for (std::size_t b = 0; b < x.extent(0); ++b)
    CHECK(worst_error(function(samples_of(x, b, b + 1)).to_host(),
                      samples_of(together, b, b + 1).to_host()) <
          rounding<typename Input::Element>);
}

/// The battery for a smooth function of one field whose samples are independent.
template <class Function, class Input>
void check_function(const Function& function, const Input& x) {
  check_gradients(function, x);
  check_ways_to_call(function, x);
  check_batch(function, x);
}

/// The same, for a linear function.
template <class Function, class Input>
void check_linear_function(const Function& function, const Input& x) {
  check_function(function, x);
  check_adjoint(function, x);
}

/// y[..., x, ...] = u[..., (x + shift) mod N, ...] on the grid axes of a field.
template <class Field, std::size_t Dim>
Field translated(const Field& u, const Shape<Dim>& shift) {
  const auto grid   = grid_of(u.shape());
  const auto values = u.to_host();
  auto moved        = values;
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::size_t rest = i, from = 0, step = 1;
    for (std::size_t axis = Dim; axis-- > 0;) {
      from += (rest % grid[axis] + shift[axis]) % grid[axis] * step;
      rest /= grid[axis];
      step *= grid[axis];
    }
    moved[i] = values[rest * step + from];
  }
  return Field(u.shape(), std::span<const typename Field::Element>(moved));
}

/// On a periodic grid the function commutes with translations.
template <class Function, class Input>
void check_translation(const Function& function, const Input& x) {
  auto shift = grid_of(x.shape());
  for (std::size_t axis = 0; axis < shift.rank(); ++axis) shift[axis] = (axis + 2) % shift[axis];
  CHECK(worst_error(function(translated(x, shift)).to_host(),
                    translated(function(x), shift).to_host()) < rounding<typename Input::Element>);
}

/// The same numbers in another precision.
template <scalar To, class Field>
CpuTensor<To, Field::rank> converted(const Field& x) {
  std::vector<To> values;
  for (const auto value : x.to_host()) values.push_back(static_cast<To>(value));
  return field_of<To, Field::rank>(x.shape(), values);
}

/// Calls `visit(path, parameter of a, parameter of b)` for two modules with the same members.
template <class A, class B, class Visit>
void for_each_pair_of_parameters(const A& a, B& b, const Visit& visit) {
  std::size_t pairs = 0, parameters = 0;
  for_each_parameter(a, [&](const std::string& path_of_a, const auto& of_a) {
    ++parameters;
    for_each_parameter(b, [&](const std::string& path_of_b, auto& of_b) {
      if constexpr (std::remove_cvref_t<decltype(of_a)>::rank ==
                    std::remove_cvref_t<decltype(of_b)>::rank)
        if (path_of_a == path_of_b) {
          ++pairs;
          visit(path_of_a, of_a, of_b);
        }
    });
  });
  REQUIRE(pairs == parameters);
}

/// Gives a module the parameters of another, of another precision or on another backend.
template <class From, class To>
void copy_parameters(const From& from, To& to) {
  for_each_pair_of_parameters(from, to, [](const auto&, const auto& source, auto& target) {
    using Source  = std::remove_cvref_t<decltype(source)>;
    using Target  = typename std::remove_cvref_t<decltype(target)>::Value;
    using Element = typename Target::Element;
    if constexpr (complex<Element> == complex<typename Source::Element>) {
      std::vector<Element> values;
      for (const auto value : source.value().to_host())
        values.push_back(static_cast<Element>(value));
      target.assign(Target(source.shape(), std::span<const Element>(values)));
    }
  });
}

/// A module in float with the parameters of one in double gives the same up to float's rounding.
template <class InDouble, class InFloat, class Input>
void check_precisions(const InDouble& in_double, InFloat in_float, const Input& x) {
  copy_parameters(in_double, in_float);
  using Narrow = std::conditional_t<complex<typename Input::Element>, std::complex<float>, float>;
  CHECK(worst_error(in_float(converted<Narrow>(x)).to_host(), in_double(x).to_host()) <
        rounding<float>);
}

/// The parameter of that name and type. Fails the test if there is none.
template <class Parameter, class Module>
auto& parameter_of(Module& layer, std::string_view path) {
  std::conditional_t<std::is_const_v<Module>, const Parameter, Parameter>* found = nullptr;
  for_each_parameter(layer, [&](const std::string& here, auto& parameter) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(parameter)>, Parameter>)
      if (here == path) found = &parameter;
  });
  REQUIRE(found != nullptr);
  return *found;
}

/// Gives a part the parameters that a layer has below `name`.
template <class Whole, class Part>
Part taken(const Whole& whole, const std::string& name, Part part) {
  for_each_parameter(part, [&](const std::string& path, auto& parameter) {
    using Parameter = std::remove_cvref_t<decltype(parameter)>;
    parameter.assign(parameter_of<Parameter>(whole, name + '.' + path).value());
  });
  return part;
}

/// The paths of all parameters of a module, in order.
template <class Module>
std::vector<std::string> parameter_paths(const Module& layer) {
  std::vector<std::string> paths;
  for_each_parameter(layer, [&](const std::string& path, const auto&) { paths.push_back(path); });
  return paths;
}

}  // namespace nop::test
