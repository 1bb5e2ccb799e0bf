// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/field.hpp>
#include <nop/autodiff/tape.hpp>
#include <nop/core/expects.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace nop {

/// A value together with its pullbacks: for each input, a function that takes dL/dvalue to
/// dL/dinput. A pullback keeps what it captures, and nothing else is kept.
template <class Value, class... Pullback>
struct Differentiated {
  Value value;
  std::tuple<Pullback...> pullbacks;
};

/// Puts a value and its pullbacks together; what the rule of an op returns.
template <class Value, class... Pullback>
Differentiated<Value, Pullback...> with_pullbacks(Value value, Pullback... pullbacks) {
  return {std::move(value), std::tuple<Pullback...>(std::move(pullbacks)...)};
}

/// One pullback for all inputs, where their gradients are better computed together:
/// `pullback(g, wanted)` returns a std::tuple with a std::optional tensor for each input, which
/// holds the gradient if `wanted`, a std::array of bool, says so.
template <class Pullback>
struct JointPullback {
  Pullback pullback;
};
template <class Value, class Pullback>
Differentiated<Value, JointPullback<Pullback>> with_joint_pullback(Value value, Pullback pullback) {
  return {std::move(value), {JointPullback<Pullback>{std::move(pullback)}}};
}

/// Stands for the pullback of an input that no gradient can be asked for, such as a target.
struct NoPullback {};
inline constexpr NoPullback no_pullback;

namespace detail {

template <class Pullbacks>
inline constexpr bool is_joint = false;
template <class Pullback>
inline constexpr bool is_joint<std::tuple<JointPullback<Pullback>>> = true;

template <class E, std::size_t R, class B>
const Tensor<E, R, B>& value_of(const Tensor<E, R, B>& tensor) {
  return tensor;
}
template <class E, std::size_t R, class B>
const Tensor<E, R, B>& value_of(const Variable<E, R, B>& variable) {
  return variable.value();
}
template <class E, std::size_t R, class B>
const Tensor<E, R, B>& value_of(const Parameter<E, R, B>& parameter) {
  return parameter.value();
}
template <class E, std::size_t R, class B>
Tensor<std::remove_const_t<E>, R, B> value_of(const TensorView<E, R, B>& view) {
  return Tensor<std::remove_const_t<E>, R, B>::borrowed(view);
}

/// The tape that the inputs are on; they may not be on two.
inline void find_record(const std::shared_ptr<Record>*&) {}
template <class First, class... Rest>
void find_record(const std::shared_ptr<Record>*& found, const First& first, const Rest&... rest) {
  if constexpr (is_variable<First>) {
    expects(found == nullptr || *found == first.record(),
            "evaluate: expected values on one tape, got values on two");
    found = &first.record();
  }
  find_record(found, rest...);
}

/// Where the gradient of an input is gathered; null if it needs none.
template <class E, std::size_t R, class B>
GradientNode<E, R, B>* node_of(Record&, const Variable<E, R, B>& variable) {
  return variable.node();
}
template <class E, std::size_t R, class B>
GradientNode<E, R, B>* node_of(Record& record, const Parameter<E, R, B>& parameter) {
  Node*& leaf = record.leaves[parameter.identity().number()];
  if (leaf == nullptr) leaf = record.append(std::make_unique<GradientNode<E, R, B>>());
  return static_cast<GradientNode<E, R, B>*>(leaf);
}
template <field F>
auto node_of(Record&, const F&) -> GradientNode<element_of<F>, rank_of<F>, backend_of<F>>* {
  return nullptr;
}

/// A recorded op: where its inputs' gradients are gathered, and how to get there from its own.
template <class Base, class Pullbacks, class Inputs>
class OpNode final : public Base {
 public:
  OpNode(Pullbacks pullbacks, Inputs inputs)
      : pullbacks_(std::move(pullbacks)), inputs_(std::move(inputs)) {}

  void pull() override {
    if (const auto gradient = this->take_gradient())
      pull_each(*gradient, std::make_index_sequence<std::tuple_size_v<Inputs>>{});
    pullbacks_.reset();  // what was kept for this op is of no more use
  }

 private:
  template <std::size_t... I>
  void pull_each(const typename Base::Value& gradient, std::index_sequence<I...>) {
    if constexpr (is_joint<Pullbacks>) {
      const std::array<bool, sizeof...(I)> wanted = {(std::get<I>(inputs_) != nullptr)...};
      auto gradients = std::get<0>(*pullbacks_).pullback(gradient, wanted);
      (add_to(std::get<I>(inputs_), std::get<I>(gradients)), ...);
    } else {
      (pull_one(gradient, std::get<I>(*pullbacks_), std::get<I>(inputs_)), ...);
    }
  }
  template <class Input, class Gradient>
  static void add_to(Input* input, std::optional<Gradient>& gradient) {
    if (input != nullptr && gradient) input->accumulate(std::move(*gradient));
  }
  template <class Pullback, class Input>
  static void pull_one(const typename Base::Value& gradient, const Pullback& pullback,
                       Input* input) {
    if constexpr (std::is_same_v<Pullback, NoPullback>)
      expects(input == nullptr,
              "Tape: expected a constant, got an input that wants a gradient of an "
              "op that has none for it");
    else if (input != nullptr)
      input->accumulate(pullback(gradient));
  }

  std::optional<Pullbacks> pullbacks_;
  Inputs inputs_;
};

/// The value of an input for as long as a tape may need it: borrowed memory is copied.
template <class Input>
auto lasting_value(const Input& input) {
  const auto& value = value_of(input);
  return value.is_borrowed() ? value.clone() : value;
}

}  // namespace detail

/// Runs an op. `rule(values...)` gets the inputs as tensors and returns `with_pullbacks(value,
/// ...)`, one pullback for each input, or `with_joint_pullback(value, pullback)`. If an input is a
/// Variable, the result is one too and the pullbacks are recorded; otherwise they are dropped and
/// the result is a Tensor.
template <class Rule, operand... Inputs>
auto evaluate(const Rule& rule, const Inputs&... inputs) {
  static_assert(
      (field<Inputs> || ...),
      "evaluate: a Parameter alone does not know its tape; lift it with on_tape_of(x, parameter)");
  using Backend = backend_of<std::tuple_element_t<0, std::tuple<Inputs...>>>;
  static_assert((std::same_as<backend_of<Inputs>, Backend> && ...),
                "evaluate: expected all inputs on one backend");
  if constexpr ((detail::is_variable<Inputs> || ...)) {
    const std::shared_ptr<detail::Record>* found = nullptr;
    detail::find_record(found, inputs...);
    const auto record = *found;
    record->expect_open("evaluate");
    auto result     = rule(detail::lasting_value(inputs)...);
    using Value     = decltype(result.value);
    using Pullbacks = decltype(result.pullbacks);
    static_assert(detail::is_joint<Pullbacks> || std::tuple_size_v<Pullbacks> == sizeof...(Inputs),
                  "evaluate: expected one pullback for each input");
    using Base =
        detail::GradientNode<typename Value::Element, Value::rank, typename Value::Backend>;
    const auto nodes  = std::make_tuple(detail::node_of(*record, inputs)...);
    const bool wanted = std::apply([](auto*... node) { return ((node != nullptr) || ...); }, nodes);
    Base* place       = nullptr;
    if (wanted)
      place = record->append(
          std::make_unique<detail::OpNode<Base, Pullbacks, std::remove_const_t<decltype(nodes)>>>(
              std::move(result.pullbacks), nodes));
    return Variable<typename Value::Element, Value::rank, typename Value::Backend>(
        std::move(result.value), record, place);
  } else {
    auto result = rule(detail::value_of(inputs)...);
    // An op that only looks at its input in another way must not hand out borrowed memory.
    return result.value.is_borrowed() ? result.value.clone() : std::move(result.value);
  }
}

/// The parameter as a field beside `x`: a Variable on its tape, or the plain value.
template <field F, class E, std::size_t R, class B>
auto on_tape_of(const F& x, const Parameter<E, R, B>& parameter) {
  if constexpr (detail::is_variable<F>) {
    x.record()->expect_open("on_tape_of");
    return Variable<E, R, B>(parameter.value(), x.record(),
                             detail::node_of(*x.record(), parameter));
  } else {
    return parameter.value();
  }
}

/// A field of its own as one beside `x`: itself if it is on a tape, a constant on the tape of `x`
/// if only that is.
template <field F, field G>
auto on_tape_of(const F& x, const G& constant) {
  static_assert(detail::is_variable<F> || !detail::is_variable<G>,
                "on_tape_of: expected a field on a tape beside one on a tape");
  if constexpr (detail::is_variable<F> && !detail::is_variable<G>) {
    x.record()->expect_open("on_tape_of");
    return Variable<element_of<G>, rank_of<G>, backend_of<G>>(detail::lasting_value(constant),
                                                              x.record(), nullptr);
  } else {
    return constant;
  }
}

}  // namespace nop
