// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/captured_work.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/tensor.hpp>

#include <tuple>
#include <type_traits>
#include <utility>

namespace nop {

/// A model that answers to inputs of one shape, with all it asks of its backend written down once:
/// where that can be done again at once, as on nop::Cuda, small models answer many times as fast.
///
///     CapturedRun run(model, example);
///     const auto y = run(x);  // model(x), bit for bit
///
/// Keeps the model as it is, and memory for the inputs and the answer. Throws BackendError if the
/// model brings numbers to or from the host on its way, as one does that is asked for times.
template <class Model, class... Input>
class CapturedRun {
  using Inputs  = std::tuple<Input...>;
  using Backend = typename std::tuple_element_t<0, Inputs>::Backend;

 public:
  using Output = std::remove_cvref_t<std::invoke_result_t<const Model&, const Input&...>>;

  /// For inputs of the shapes of these.
  explicit CapturedRun(Model model, const Input&... examples)
      : model_(std::move(model)),
        inputs_(examples.clone()...),
        places_(std::apply([](auto&... input) { return std::tuple(input.mutable_data()...); },
                           inputs_)),
        output_(answer().clone()),
        place_(output_.mutable_data()),
        work_([this] {
          const Output y = answer();
          Backend::copy(y.data(), place_, y.size());
        }) {}
  CapturedRun(const CapturedRun&)            = delete;  // what was written down has its memory here
  CapturedRun& operator=(const CapturedRun&) = delete;
  ~CapturedRun()                             = default;

  [[nodiscard]] const Model& model() const { return model_; }

  /// model(x...). Throws PreconditionError for another shape.
  Output operator()(const Input&... x) {
    copy_in(std::index_sequence_for<Input...>{}, x...);
    work_.launch();
    return output_.clone();
  }

 private:
  [[nodiscard]] Output answer() const { return std::apply(model_, inputs_); }

  template <std::size_t... I>
  void copy_in(std::index_sequence<I...>, const Input&... x) {
    (expects(x.shape() == std::get<I>(inputs_).shape(), "CapturedRun: expected an input of shape ",
             std::get<I>(inputs_).shape(), " as it was made for, got ", x.shape()),
     ...);
    (Backend::copy(x.data(), std::get<I>(places_), x.size()), ...);
  }

  Model model_;
  Inputs inputs_;
  std::tuple<typename Input::Element*...> places_;  ///< of the inputs, which nobody else has
  Output output_;
  typename Output::Element* place_;
  CapturedWork<Backend> work_;
};

}  // namespace nop
