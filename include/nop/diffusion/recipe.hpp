// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nop/core/expects.hpp>
#include <nop/diffusion/linear_form.hpp>
#include <nop/diffusion/noise_level.hpp>
#include <nop/diffusion/parameterisation.hpp>

#include <cstddef>
#include <limits>
#include <utility>
#include <variant>
#include <vector>

namespace nop {

/// A solver written out: which linear combinations of fields a model is asked at, and what its
/// answers are put together to. All factors are numbers, known before the first field is.
///
/// Field 0 is the noise to begin with; instruction i makes field i + 1. A formula is followed with
/// LinearForms in the place of fields, and leaves the instructions behind:
///
///     const auto y = recipe.ask(x, s);                    // the model at x
///     x = t.alpha * y.x0 + t.sigma * y.eps;               // DDIM, whatever the model predicts
///
class Recipe {
 public:
  /// A linear combination of fields.
  struct Combine {
    LinearForm form;
  };
  /// What the model says of a field at a time.
  struct Ask {
    std::size_t state;
    double time;
  };
  /// How far noise spreads where it depends on the model's second answer g: the square root of
  ///
  ///     base + factor clamp(scale (g - squared (of_state x + of_answer y)^2), 0, 1)
  ///
  /// at the state x and the first answer y, but at most `largest`.
  struct Spread {
    std::size_t state;
    std::size_t answer;
    double base;
    double factor;
    double scale;
    double squared;
    double of_state;
    double of_answer;
    double largest;
  };
  /// Noise of variance 1, or of a field of variances.
  struct Draw {
    std::vector<Spread> spread;  ///< one or none
  };
  using Instruction = std::variant<Combine, Ask, Draw>;

  /// A model's answer in every parameterisation.
  struct Answer {
    LinearForm x0;
    LinearForm eps;
    LinearForm v;
    std::size_t state;   ///< the field it was asked at
    std::size_t answer;  ///< what it said
  };

  /// A state on the way and its time.
  struct Stop {
    std::size_t field;
    double time;
  };

  explicit Recipe(Parameterisation model) : model_(model) {}

  /// The noise to begin with.
  [[nodiscard]] static LinearForm start() { return LinearForm(0); }

  /// The model's answer at x.
  Answer ask(const LinearForm& x, const NoiseLevel& at) {
    const std::size_t state  = made(x);
    const std::size_t answer = add(Ask{state, at.time});
    const auto as            = [&](Parameterisation which) {
      const auto [of_state, of_answer] = conversion(model_, which, at);
      return of_state * LinearForm(state) + of_answer * LinearForm(answer);
    };
    return {as(Parameterisation::x0), as(Parameterisation::eps), as(Parameterisation::v), state,
            answer};
  }

  /// Noise that is independent of all other.
  LinearForm noise() { return LinearForm(add(Draw{})); }
  LinearForm noise(const Spread& spread) { return LinearForm(add(Draw{{spread}})); }

  /// Makes the state that the solver has reached at this time, and returns it as one field.
  LinearForm arrive(const LinearForm& x, double time) {
    stops_.push_back({made(x), time});
    return LinearForm(stops_.back().field);
  }

  [[nodiscard]] Parameterisation model() const { return model_; }
  [[nodiscard]] const std::vector<Instruction>& instructions() const { return instructions_; }
  /// The states that were arrived at, in order; the last one is the result.
  [[nodiscard]] const std::vector<Stop>& stops() const { return stops_; }

  /// How often the model is asked.
  [[nodiscard]] std::size_t evaluations() const { return count<Ask>(); }
  /// How often noise is drawn.
  [[nodiscard]] std::size_t draws() const { return count<Draw>(); }

  /// For each field the last instruction that reads it, or the one that makes it.
  [[nodiscard]] std::vector<std::size_t> last_uses() const {
    std::vector<std::size_t> last(instructions_.size() + 1, 0);
    for (std::size_t i = 0; i < instructions_.size(); ++i) {
      last[i + 1] = i;
      if (const auto* const combine = std::get_if<Combine>(&instructions_[i])) {
        for (const auto& term : combine->form.terms()) last[term.field] = i;
      } else if (const auto* const ask = std::get_if<Ask>(&instructions_[i])) {
        last[ask->state] = i;
      } else {
        for (const Spread& spread : std::get<Draw>(instructions_[i]).spread)
          last[spread.state] = last[spread.answer] = i;
      }
    }
    return last;
  }

 private:
  std::size_t add(Instruction instruction) {
    instructions_.push_back(std::move(instruction));
    return instructions_.size();
  }

  /// The field that a form stands for; it is made if it is not one already.
  std::size_t made(const LinearForm& x) {
    return x.is_one_field() ? x.terms()[0].field : add(Combine{x});
  }

  template <class Kind>
  [[nodiscard]] std::size_t count() const {
    std::size_t total = 0;
    for (const auto& instruction : instructions_)
      total += std::holds_alternative<Kind>(instruction);
    return total;
  }

  Parameterisation model_;
  std::vector<Instruction> instructions_;
  std::vector<Stop> stops_;
};

}  // namespace nop
