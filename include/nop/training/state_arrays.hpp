// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/error.hpp>
#include <nop/core/rng.hpp>
#include <nop/io/array.hpp>
#include <nop/io/leaves.hpp>
#include <nop/io/safetensors.hpp>
#include <nop/training/ema.hpp>
#include <nop/training/learning_rate.hpp>
#include <nop/training/parameter_states.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

/// \file
/// What a training consists of, to and from the arrays of a .safetensors file, bit by bit. A file
/// that does not fit is a FormatError that calls it `source`.

namespace nop {

namespace detail {

template <class T>
void add_values(SafeTensors& file, const std::string& name, const std::vector<T>& values,
                std::vector<std::size_t> shape) {
  file.tensors.add(name, make_array(values, std::move(shape)));
}
template <class T>
void add_values(SafeTensors& file, const std::string& name, const std::vector<T>& values) {
  add_values(file, name, values, {values.size()});
}

/// The elements as they are in the file; their type, and their number if `count` is not 0, must be
/// these.
template <class T>
std::vector<T> exact_values(const SafeTensors& file, const std::string& name, std::size_t count,
                            const std::string& source) {
  if (!file.tensors.contains(name))
    throw FormatError(source, 0, "the array '" + name + "' is missing");
  const Array& array = file.tensors.at(name);
  if (array.element_type() != element_type_of<T> || (count != 0 && array.size() != count))
    throw FormatError(
        source, 0,
        "the array '" + name + "' should hold " + (count == 0 ? "" : std::to_string(count) + " ") +
            std::string(name_of(element_type_of<T>)) + ", but holds " +
            std::to_string(array.size()) + ' ' + std::string(name_of(array.element_type())));
  std::vector<T> values(array.size());
  if (!values.empty()) std::memcpy(values.data(), array.bytes().data(), array.bytes().size());
  return values;
}

}  // namespace detail

/// What an optimizer remembers about a model.
template <class Optimizer, class Model>
void optimizer_to_arrays(Optimizer& optimizer, const Model& model, const std::string& prefix,
                         SafeTensors& file) {
  detail::add_values(file, prefix + "learning_rate", std::vector{optimizer.learning_rate()});
  optimizer.for_each_state(model, [&](const std::string& name, const auto& state) {
    if constexpr (std::is_arithmetic_v<std::remove_cvref_t<decltype(state)>>)
      detail::add_values(file, prefix + name, std::vector{state});
    else
      detail::add_values(file, prefix + name, state.to_host(),
                         {state.shape().begin(), state.shape().end()});
  });
}
template <class Optimizer, class Model>
void optimizer_from_arrays(Optimizer& optimizer, const Model& model, const std::string& prefix,
                           const SafeTensors& file, const std::string& source) {
  optimizer.set_learning_rate(
      detail::exact_values<double>(file, prefix + "learning_rate", 1, source)[0]);
  optimizer.for_each_state(model, [&](const std::string& name, auto& state) {
    using State = std::remove_cvref_t<decltype(state)>;
    if constexpr (std::is_arithmetic_v<State>) {
      state = detail::exact_values<State>(file, prefix + name, 1, source)[0];
    } else {
      using Element     = typename State::Element;
      const auto values = detail::exact_values<Element>(file, prefix + name, state.size(), source);
      state             = State(state.shape(), std::span<const Element>(values));
    }
  });
}

/// The state of a random generator.
inline void rng_to_arrays(const Rng& rng, const std::string& name, SafeTensors& file) {
  detail::add_values(file, name, std::vector{rng.state().seed, rng.state().next_stream});
}
inline void rng_from_arrays(Rng& rng, const std::string& name, const SafeTensors& file,
                            const std::string& source) {
  const auto state = detail::exact_values<std::uint64_t>(file, name, 2, source);
  rng              = Rng(Rng::State{state[0], state[1]});
}

/// The state of a plateau; of other schedules nothing.
inline void learning_rate_to_arrays(const LearningRate& rate, const std::string& prefix,
                                    SafeTensors& file) {
  const auto* const plateau = rate.plateau();
  if (plateau == nullptr) return;
  const auto& state = plateau->state();
  detail::add_values(file, prefix + "rates", std::vector{state.rate, state.best});
  detail::add_values(file, prefix + "epochs",
                     std::vector{state.epochs_too_high, state.epochs_to_cool});
}
inline void learning_rate_from_arrays(LearningRate& rate, const std::string& prefix,
                                      const SafeTensors& file, const std::string& source) {
  auto* const plateau = rate.plateau();
  if (plateau == nullptr) return;
  const auto rates  = detail::exact_values<double>(file, prefix + "rates", 2, source);
  const auto epochs = detail::exact_values<std::uint64_t>(file, prefix + "epochs", 2, source);
  plateau->restore({rates[0], rates[1], epochs[0], epochs[1]});
}

/// An average of a model.
template <class Model>
void ema_to_arrays(const Ema<Model>& ema, const std::string& prefix, SafeTensors& file) {
  leaves_to_arrays(ema.model(), prefix + "model.", file);
  detail::add_values(file, prefix + "updates", std::vector{ema.updates()});
}
template <class Model>
void ema_from_arrays(Ema<Model>& ema, const std::string& prefix, const SafeTensors& file,
                     const std::string& source) {
  Model average = ema.model();
  leaves_from_arrays(average, prefix + "model.", file, source);
  ema.restore(std::move(average),
              detail::exact_values<std::uint64_t>(file, prefix + "updates", 1, source)[0]);
}

}  // namespace nop
