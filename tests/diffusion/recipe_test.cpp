// SPDX-License-Identifier: BSD-3-Clause
#include <nop/diffusion/recipe.hpp>
#include <nop/diffusion/schedules.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <variant>
#include <vector>

namespace nop::test::recipe_test {
namespace {

double factor_of(const LinearForm& form, std::size_t field) {
  for (const auto& term : form.terms())
    if (term.field == field) return term.factor;
  return 0;
}

}  // namespace

TEST_CASE(
    "an answer in one parameterisation is told in all, in terms of the state and what was said") {
  const auto at = nop::cosine_schedule()(0.3);
  for (const auto model : {Parameterisation::x0, Parameterisation::eps, Parameterisation::v}) {
    Recipe recipe(model);
    const auto said = recipe.ask(Recipe::start(), at);
    CHECK(said.state == 0);
    CHECK(said.answer == 1);
    const LinearForm* const forms[] = {&said.x0, &said.eps, &said.v};
    for (std::size_t to = 0; to < 3; ++to) {
      const auto factors = nop::conversion(model, static_cast<Parameterisation>(to), at);
      CHECK(factor_of(*forms[to], 0) == factors[0]);
      CHECK(factor_of(*forms[to], 1) == factors[1]);
    }
    // x = alpha x_0 + sigma eps, whatever is said
    const auto x = at.alpha * said.x0 + at.sigma * said.eps;
    CHECK(factor_of(x, 0) == doctest::Approx(1).epsilon(1e-15));
    CHECK(factor_of(x, 1) == doctest::Approx(0).epsilon(1e-15));
  }
}

TEST_CASE("a recipe has an instruction for every field that is made, and none for what is there") {
  const auto at = nop::cosine_schedule()(0.3);
  Recipe recipe(Parameterisation::x0);
  auto x            = recipe.arrive(Recipe::start(), 1.0);                   // field 0
  const auto first  = recipe.ask(x, at);                                     // field 1
  const auto noise  = recipe.noise();                                        // field 2
  x                 = recipe.arrive(0.5 * x + first.x0 + 0.1 * noise, 0.5);  // field 3
  const auto second = recipe.ask(x, at);                                     // field 4
  x                 = recipe.arrive(second.x0, 0.0);                         // field 4 as it is
  REQUIRE(recipe.instructions().size() == 4);
  CHECK(std::holds_alternative<Recipe::Ask>(recipe.instructions()[0]));
  CHECK(std::holds_alternative<Recipe::Draw>(recipe.instructions()[1]));
  CHECK(std::get<Recipe::Combine>(recipe.instructions()[2]).form.terms() ==
        std::vector<LinearForm::Term>{{0, 0.5}, {1, 1}, {2, 0.1}});
  CHECK(std::get<Recipe::Ask>(recipe.instructions()[3]).state == 3);
  CHECK(recipe.evaluations() == 2);
  CHECK(recipe.draws() == 1);
  REQUIRE(recipe.stops().size() == 3);
  CHECK(recipe.stops()[1].field == 3);
  CHECK(recipe.stops()[1].time == 0.5);
  CHECK(recipe.stops()[2].field == 4);
  // Fields 0, 1 and 2 go into the combination; nothing reads the last one.
  CHECK(recipe.last_uses() == std::vector<std::size_t>{2, 2, 2, 3, 3});
}

TEST_CASE("noise that spreads by what a model says needs what it said") {
  Recipe recipe(Parameterisation::eps);
  const auto said = recipe.ask(2 * Recipe::start(), nop::cosine_schedule()(0.3));
  CHECK(said.state == 1);
  CHECK(said.answer == 2);
  (void)recipe.noise(Recipe::Spread{.state     = said.state,
                                    .answer    = said.answer,
                                    .base      = 0,
                                    .factor    = 1,
                                    .scale     = 1,
                                    .squared   = 1,
                                    .of_state  = 0,
                                    .of_answer = 1,
                                    .largest   = 1});
  CHECK(recipe.last_uses() == std::vector<std::size_t>{0, 2, 2, 2});
}

}  // namespace nop::test::recipe_test
