// SPDX-License-Identifier: BSD-3-Clause
#include <nop/models/captured_run.hpp>
#include <nop/models/fno.hpp>
#include <nop/training/adam.hpp>
#include <nop/training/captured_step.hpp>
#include <nop/training/loss.hpp>

#include "answer.hpp"
#include "layer_work.hpp"
#ifndef NOP_BENCH_CUDA
#include "models.hpp"
#endif

namespace bench {

namespace {

/// The default model with a batch of data.
template <class Real, std::size_t Dim>
struct Training {
  nop::Rng rng{1};
  nop::Fno<Dim, Backend, Real> model;
  nop::Tensor<Real, Dim + 2, Backend> x, y;
  nop::Adam optimizer{{.learning_rate = 1e-6}};

  Training(const Case& c, nop::FourierEngine engine)
      : model({.in_channels  = 1,
               .out_channels = 1,
               .width        = c.channels,
               .depth        = 4,
               .modes        = shape_of<Dim>(c.modes),
               .engine       = engine},
              rng),
        x(random_field<Real>(rng, c.batch, 1, shape_of<Dim>(c.grid))),
        y(random_field<Real>(rng, c.batch, 1, shape_of<Dim>(c.grid))) {}

  void step() {
    nop::Tape tape;
    optimizer.step(model, tape.gradient(nop::mean_squared_error(model(tape.input(x)), y)));
  }
};

/// The same, with what it asks for written down.
template <class Training>
Work written_down(const std::shared_ptr<Training>& training, Pass pass) {
  const auto& x = training->x;
  if (pass == Pass::infer) {
    using Run      = nop::CapturedRun<decltype(training->model), std::remove_cvref_t<decltype(x)>>;
    const auto run = std::make_shared<Run>(training->model, x);
    return [training, run] { (*run)(training->x); };
  }
  auto& [rng, model, input, target, optimizer] = *training;
  using Step =
      nop::CapturedStep<decltype(training->model), nop::Adam, nop::MeanSquaredError,
                        std::remove_cvref_t<decltype(x)>, std::remove_cvref_t<decltype(x)>>;
  const auto step =
      std::make_shared<Step>(model, optimizer, nop::mean_squared_error, input, target);
  return [training, step] { (*step)(training->x, training->y); };
}

}  // namespace

Work make_model(const Case& c, Pass pass, const Variant& variant) {
  return with_dimensions(c.grid.size(), [&](auto dim) {
    return with_real(variant.element, [&](auto real) -> Work {
      const auto training = std::make_shared<Training<decltype(real), dim()>>(c, variant.engine);
      if (variant.captured) return written_down(training, pass);
      if (pass == Pass::train) return [training] { training->step(); };
      return [training] { training->model(training->x); };
    });
  });
}

template <>
void write_answer<Kind::fno>(const Case& c, const Variant& variant, const std::string& path) {
  with_dimensions(c.grid.size(), [&](auto dim) {
    Training<float, dim()> training(c, variant.engine);
    write_answer_of(
        std::move(training.model), training.x,
        [](const auto& model, const auto& x) { return model(x); }, training.rng, path);
  });
}

}  // namespace bench
