// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/autodiff/evaluate.hpp>
#include <nop/autodiff/field.hpp>
#include <nop/core/expects.hpp>
#include <nop/core/math.hpp>
#include <nop/core/rng.hpp>
#include <nop/diffusion/linear_form.hpp>
#include <nop/diffusion/noise.hpp>
#include <nop/diffusion/parameterisation.hpp>
#include <nop/diffusion/recipe.hpp>
#include <nop/diffusion/schedule.hpp>
#include <nop/diffusion/solver_config.hpp>
#include <nop/diffusion/solver_recipe.hpp>
#include <nop/ops/linear_combination.hpp>
#include <nop/ops/map.hpp>

#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <variant>
#include <vector>

namespace nop {

namespace detail {

/// z sqrt(base + factor clamp(scale (g - squared (a x + b y)^2), 0, 1)), at most z `largest`.
template <real Real>
struct SpreadNoise {
  Real base, factor, scale, squared, of_state, of_answer, largest;

  constexpr explicit SpreadNoise(const Recipe::Spread& spread)
      : base(static_cast<Real>(spread.base)),
        factor(static_cast<Real>(spread.factor)),
        scale(static_cast<Real>(spread.scale)),
        squared(static_cast<Real>(spread.squared)),
        of_state(static_cast<Real>(spread.of_state)),
        of_answer(static_cast<Real>(spread.of_answer)),
        largest(static_cast<Real>(spread.largest)) {}

  template <class T>
  constexpr T operator()(T z, T x, T y, T g) const {
    using std::sqrt;
    const T eps = x * of_state + y * of_answer;
    const T covariance =
        at_most(T(Real(1)), at_least(T(Real(0)), T((g - eps * eps * squared) * scale)));
    return z * at_most(T(largest), T(sqrt(covariance * factor + base)));
  }
};

/// Nothing is done with the states on the way.
struct NoObserver {
  void operator()(const auto&, double) const {}
};

template <class Answer>
inline constexpr bool is_pair = false;
template <class First, class Second>
inline constexpr bool is_pair<std::pair<First, Second>> = true;

/// The fields of a recipe while it is followed, each as long as it is needed. `Field` is a Tensor,
/// or a Variable for what should be differentiated.
template <field Field>
class RecipeRun {
 public:
  RecipeRun(const Recipe& recipe, Rng* rng) : recipe_(recipe), rng_(rng) {}

  template <class Model, class Observe>
  Field operator()(const Model& model, Field start, const Observe& observe) {
    const auto& instructions = recipe_.instructions();
    const auto last_uses     = recipe_.last_uses();
    fields_.resize(instructions.size() + 1);
    seconds_.resize(instructions.size() + 1);
    shape_     = start.shape();
    fields_[0] = std::move(start);
    arrive(0, observe);
    std::vector<std::vector<std::size_t>> done(instructions.size());
    for (std::size_t f = 1; f < last_uses.size(); ++f) done[last_uses[f]].push_back(f);
    const std::size_t result = recipe_.stops().back().field;
    for (std::size_t i = 0; i < instructions.size(); ++i) {
      follow(instructions[i], i + 1, model);
      arrive(i + 1, observe);
      for (const std::size_t f : done[i]) {
        if (f != result) fields_[f].reset();
        seconds_[f].reset();
      }
    }
    return std::move(*fields_[result]);
  }

 private:
  using Element = element_of<Field>;

  template <class Model>
  void follow(const Recipe::Instruction& instruction, std::size_t to, const Model& model) {
    if (const auto* const combine = std::get_if<Recipe::Combine>(&instruction))
      fields_[to] = combined(combine->form.terms());
    else if (const auto* const ask = std::get_if<Recipe::Ask>(&instruction))
      answer(model, *fields_[ask->state], ask->time, to);
    else
      fields_[to] = drawn(std::get<Recipe::Draw>(instruction));
  }

  template <class Observe>
  void arrive(std::size_t field, const Observe& observe) {
    const auto& stops = recipe_.stops();
    for (; stop_ < stops.size() && stops[stop_].field == field; ++stop_)
      observe(std::as_const(*fields_[field]), stops[stop_].time);
  }

  template <class Model>
  void answer(const Model& model, const Field& x, double time, std::size_t to) {
    auto said = model(x, time);
    if constexpr (is_pair<decltype(said)>) {
      fields_[to]  = std::move(said.first);
      seconds_[to] = std::move(said.second);
      expects(seconds_[to]->shape() == x.shape(), "Solver: expected second answers of shape ",
              x.shape(), ", got ", seconds_[to]->shape());
    } else {
      fields_[to] = std::move(said);
    }
    expects(fields_[to]->shape() == x.shape(), "Solver: expected answers of the model of shape ",
            x.shape(), ", got ", fields_[to]->shape());
  }

  /// A linear combination, up to five fields a pass.
  Field combined(const std::vector<LinearForm::Term>& terms) const {
    std::vector<const Field*> x;
    std::vector<double> factors;
    for (const auto& term : terms) {
      x.push_back(&*fields_[term.field]);
      factors.push_back(term.factor);
    }
    std::optional<Field> sum;
    while (x.size() > 5) {
      sum = combined<5>(x, factors);
      x.erase(x.begin(), x.begin() + 4);
      factors.erase(factors.begin(), factors.begin() + 4);
      x[0]       = &*sum;
      factors[0] = 1;
    }
    switch (x.size()) {
      case 1:
        return combined<1>(x, factors);
      case 2:
        return combined<2>(x, factors);
      case 3:
        return combined<3>(x, factors);
      case 4:
        return combined<4>(x, factors);
      default:
        return combined<5>(x, factors);
    }
  }
  template <std::size_t Count>
  static Field combined(const std::vector<const Field*>& x, const std::vector<double>& factors) {
    return [&]<std::size_t... K>(std::index_sequence<K...>) {
      return linear_combination({factors[K]...}, *x[K]...);
    }(std::make_index_sequence<Count>{});
  }

  Field drawn(const Recipe::Draw& draw) {
    auto noise = normal_noise<Element, backend_of<Field>>(shape_, rng_->stream());
    for (const Recipe::Spread& spread : draw.spread) {
      const auto& second = seconds_[spread.answer];
      expects(second.has_value(), "Solver: expected a model of two answers, got one");
      noise = mapped(SpreadNoise<Element>(spread), noise, value_of(*fields_[spread.state]),
                     value_of(*fields_[spread.answer]), value_of(*second));
    }
    return on_tape_of(*fields_[0], noise);
  }

  const Recipe& recipe_;
  Rng* rng_;
  Shape<rank_of<Field>> shape_;
  std::size_t stop_ = 0;
  std::vector<std::optional<Field>> fields_;
  std::vector<std::optional<Field>> seconds_;  ///< the model's second answers
};

/// What the states of a solver are held in: a Variable on a tape, else a Tensor.
template <class E, std::size_t R, class B>
Variable<E, R, B> state_of(const Variable<E, R, B>& x) {
  return x;
}
template <field X>
auto state_of(const X& x) {
  return value_of(x);
}

}  // namespace detail

/// Follows a diffusion from noise to data by a model of it:
///
///     const Solver solver(solver_named("dpm++2m"), schedule, times, Parameterisation::v);
///     const auto x_0 = solver(model, x_T);
///
/// A model is called as `model(x, t)` with a field x and a time t, and answers with a field of that
/// shape in the solver's parameterisation, or for ReverseVariance::sn and npr with a std::pair of
/// two. x_T is a real field of any rank; if it is a Variable, so are all states, and the result can
/// be pulled back. What the states are put together from is worked out once, when the solver is
/// made: at every state that is one pass over memory.
class Solver {
 public:
  using Config = SolverConfig;

  /// `times` is decreasing, from that of x_T on (`make_time_grid`). Throws PreconditionError if it
  /// is not, leaves [0, 1] or does not suit the solver.
  Solver(const Config& config, const Schedule& schedule, std::span<const double> times,
         Parameterisation model)
      : recipe_(write_recipe(config, schedule, times, model)) {}

  /// How often a run calls the model.
  [[nodiscard]] std::size_t evaluations() const { return recipe_.evaluations(); }
  /// Does a run need random numbers?
  [[nodiscard]] bool is_stochastic() const { return recipe_.draws() > 0; }
  [[nodiscard]] const Recipe& recipe() const { return recipe_; }

  /// x_0 for x_T. `observe(x, t)` is shown the state at every time of the grid, x_T first. Throws
  /// PreconditionError if the solver is stochastic.
  template <class Model, field X, class Observe = detail::NoObserver>
    requires real<element_of<X>>
  auto operator()(const Model& model, const X& noise, const Observe& observe = {}) const {
    expects(!is_stochastic(), "Solver: expected random numbers for a stochastic solver, got none");
    return run(model, detail::state_of(noise), nullptr, observe);
  }

  /// The same with random numbers, for solvers that draw some: a stream of `rng` at each draw.
  template <class Model, field X, class Observe = detail::NoObserver>
    requires real<element_of<X>>
  auto operator()(const Model& model, const X& noise, Rng& rng, const Observe& observe = {}) const {
    return run(model, detail::state_of(noise), &rng, observe);
  }

 private:
  template <class Model, class Field, class Observe>
  Field run(const Model& model, const Field& start, Rng* rng, const Observe& observe) const {
    return detail::RecipeRun<Field>(recipe_, rng)(model, start, observe);
  }

  Recipe recipe_;
};

}  // namespace nop
