// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/gradient_check.hpp>
#include <nop/autodiff/members.hpp>
#include <nop/autodiff/tape.hpp>
#include <nop/backend/cpu.hpp>
#include <nop/core/rng.hpp>
#include <nop/layers/to.hpp>

#include "random_field.hpp"
#include "tolerance.hpp"
#include <doctest/doctest.h>

#include <algorithm>
#include <any>
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

/// \file
/// What a backend computes is what the CPU computes: values, and gradients by every input and every
/// parameter, of functions that are written for any backend.

namespace nop::test {

/// A module with random values in all its parameters, the same ones on every backend.
template <class Module>
Module with_random_parameters(Module module, double size = 0.4) {
  std::uint64_t seed = 100;
  for_each_parameter(module, [&](const std::string&, auto& parameter) {
    using Value   = typename std::remove_cvref_t<decltype(parameter)>::Value;
    using Element = typename Value::Element;
    auto values   = random_values<Element>(parameter.value().size(), ++seed);
    for (auto& value : values) value *= static_cast<real_of<Element>>(size);
    parameter.assign(Value(parameter.shape(), std::span<const Element>(values)));
  });
  return module;
}

namespace detail {

/// The values and gradients of one call, as arrays of the host by name.
template <class Function, class... Input>
std::map<std::string, std::any> numbers_of(const Function& function, const Input&... inputs) {
  std::map<std::string, std::any> found;
  Tape tape;
  const auto variables = std::make_tuple(tape.variable(inputs)...);
  const auto y         = std::apply([&](const auto&... x) { return function(x...); }, variables);
  found["value"]       = y.value().to_host();
  const auto gradients = tape.gradient(nop::detail::random_projection(y));
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    ((found["input " + std::to_string(I)] = gradients[std::get<I>(variables)].to_host()), ...);
  }(std::index_sequence_for<Input...>{});
  if constexpr (module<Function>)
    for_each_parameter(function, [&](const std::string& path, const auto& parameter) {
      if (gradients.contains(parameter)) found[path] = gradients[parameter].to_host();
    });
  return found;
}

/// Relative to the largest number or 1: a gradient may be nothing but rounding, as that of what a
/// norm takes away.
template <class Element>
bool agree(const std::any& got, const std::any& expected, double tolerance) {
  const auto* const values = std::any_cast<std::vector<Element>>(&expected);
  const auto* const others = std::any_cast<std::vector<Element>>(&got);
  if (values == nullptr || others == nullptr || values->size() != others->size()) return false;
  double apart = 0, largest = 1;
  for (std::size_t i = 0; i < values->size(); ++i) {
    const double difference = std::abs((*others)[i] - (*values)[i]);
    if (!(difference <= apart)) apart = std::isnan(difference) ? HUGE_VAL : difference;
    largest = std::max(largest, static_cast<double>(std::abs((*values)[i])));
  }
  return apart < tolerance * largest;
}

}  // namespace detail

/// `there` on the backend There gives what `here` gives on the CPU, of the same inputs.
template <class There, class FunctionThere, class FunctionHere, class First, class... Rest>
void check_alike(const FunctionThere& there, const FunctionHere& here, const First& first,
                 const Rest&... rest) {
  using Real             = real_of<typename First::Element>;
  const double tolerance = 10 * rounding<Real>;
  const auto expected    = detail::numbers_of(here, first, rest...);
  const auto got         = detail::numbers_of(there, to<There>(first), to<There>(rest)...);
  CHECK(got.size() == expected.size());
  for (const auto& entry : expected) {
    const std::string& name = entry.first;
    INFO(name);
    REQUIRE(got.contains(name));
    CHECK((detail::agree<Real>(got.at(name), entry.second, tolerance) ||
           detail::agree<std::complex<Real>>(got.at(name), entry.second, tolerance)));
  }
}

/// The same of a function that serves any backend.
template <class There, class Function, class... Input>
void check_agreement(const Function& function, const Input&... inputs) {
  check_alike<There>(function, function, inputs...);
}

/// The same of a layer or model that `make` makes for any backend, `make.operator()<Backend>(rng)`,
/// with random values in all its parameters.
template <class There, class Make, class... Input>
void check_layer(const Make& make, const Input&... inputs) {
  Rng rng(1), same(1);
  check_alike<There>(with_random_parameters(make.template operator()<There>(same)),
                     with_random_parameters(make.template operator()<Cpu>(rng)), inputs...);
}

/// A model on the CPU, with random values in all its parameters, and the same one there.
template <class There, class Model, class... Input>
void check_model(const Model& model, const Input&... inputs) {
  const auto here = with_random_parameters(model);
  check_alike<There>(to<There>(here), here, inputs...);
}

}  // namespace nop::test
