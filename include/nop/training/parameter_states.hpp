// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/autodiff/members.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/functors.hpp>
#include <nop/core/operand.hpp>
#include <nop/core/tensor.hpp>
#include <nop/core/view.hpp>

#include <any>
#include <concepts>
#include <cstddef>
#include <map>
#include <string>
#include <type_traits>

namespace nop {

/// A rule that changes a model's parameters by their gradients. `for_each_state` visits by name all
/// that it remembers, tensors and counts, so that it can be saved and restored.
template <class Optimizer, class Model>
concept optimizer_of =
    requires(Optimizer& optimizer, Model& model, const Gradients& gradients, double rate) {
      optimizer.step(model, gradients);
      { optimizer.learning_rate() } -> std::same_as<double>;
      optimizer.set_learning_rate(rate);
      optimizer.for_each_state(model, detail::AnyVisitor{});
    };

namespace detail {

/// What an optimizer remembers about each parameter, by the parameter's path; made when first asked
/// for. `State<Parameter>` is made from the parameter and has its shape as `shape()`.
template <template <class> class State>
class ParameterStates {
 public:
  template <class Parameter>
  State<Parameter>& of(const std::string& path, const Parameter& parameter) {
    std::any& place = states_[path];
    if (!place.has_value()) place.template emplace<State<Parameter>>(parameter);
    auto* const state = std::any_cast<State<Parameter>>(&place);
    expects(state != nullptr && state->shape() == parameter.shape(),
            "optimizer: expected the model that it has worked on, got one where '", path,
            "' is another parameter");
    return *state;
  }

 private:
  std::map<std::string, std::any> states_;
};

/// value = f(value, others...) for `count` elements in memory of the backend.
template <class Backend, class F, class Element, class... Other>
void update_elements(const F& f, std::size_t count, Element* value, const Other*... other) {
  const Shape<3> box = {1, 1, count};
  Backend::map(f, box, whole(value, box), whole<const Element>(value, box), whole(other, box)...);
}

/// Memory as that of real numbers, which fill wider registers: for functions that treat both parts
/// of a complex number alike.
template <scalar Element>
real_of<Element>* parts_of(Element* data) {
  return reinterpret_cast<real_of<Element>*>(data);
}
template <scalar Element>
const real_of<Element>* parts_of(const Element* data) {
  return reinterpret_cast<const real_of<Element>*>(data);
}
template <scalar Element>
inline constexpr std::size_t parts_per = complex<Element> ? 2 : 1;

/// value = f(value, others...), element by element.
template <class F, class Value, class... Other>
void update(const F& f, Value& value, const Other&... other) {
  update_elements<typename Value::Backend>(f, value.size(), value.mutable_data(), other.data()...);
}
/// The same, part by part of complex numbers.
template <class F, class Value>
void update_parts(const F& f, Value& value, const Value& other) {
  update_elements<typename Value::Backend>(f, value.size() * parts_per<typename Value::Element>,
                                           parts_of(value.mutable_data()), parts_of(other.data()));
}

/// gradient + decay value
template <class Value>
Value with_decay(const Value& gradient, const Value& value, double decay) {
  if (decay == 0) return gradient;
  const auto factor = static_cast<real_of<typename Value::Element>>(decay);
  Value sum         = gradient;
  update_parts(PlusMultiple<real_of<typename Value::Element>>{factor}, sum, value);
  return sum;
}

}  // namespace detail

}  // namespace nop
