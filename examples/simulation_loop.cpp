// SPDX-License-Identifier: BSD-3-Clause
// A simulation that calls a trained operator in every time step: on its own arrays, in place, from
// several threads, on a grid finer than that of the training, without an allocation.
//
// It is an ensemble of forced Burgers' equations on a circle of length 1, a thread for each member:
//
//     u_t + u u_x = nu u_xx + f(x, t).
//
// The operator gives the change of u over a step without the force; the force is the simulation's.
// Without a --model, a short training learns the operator first, from a solver by differences.
#include <nop/io/line_plot.hpp>
#include <nop/nop.hpp>

#include <CLI/CLI.hpp>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <numbers>
#include <string>
#include <thread>
#include <vector>

namespace {

using Operator = nop::Normalized<nop::Fno<1>>;

constexpr double viscosity = 0.02, time_step = 0.05;

double wave(double turns) { return std::sin(2 * std::numbers::pi * turns); }

/// How one member of the ensemble begins and what drives it: waves of random heights and phases.
class Weather {
 public:
  Weather(const nop::RandomStream& random, std::size_t member)
      : random_(random), first_(100 * member) {}

  [[nodiscard]] double begin(double x) const {
    double u = 0;
    for (std::size_t k = 1; k <= 4; ++k) {
      const auto turns = static_cast<double>(k) * x + random_.uniform(first_ + k);
      u += 0.5 * random_.normal(first_ + 10 + k) / static_cast<double>(k) * wave(turns);
    }
    return u;
  }
  [[nodiscard]] double force(double x, double t) const {
    return wave(x - 0.4 * t + random_.uniform(first_)) +
           wave(3 * x + 0.7 * t + random_.uniform(first_ + 9));
  }

 private:
  nop::RandomStream random_;
  std::size_t first_;
};

double place(std::size_t i, std::size_t points) {
  return static_cast<double>(i) / static_cast<double>(points);
}

// --- The simulation. ---------------------------------------------------------------------------

/// A member of the ensemble. The arrays are its own; the operator is everybody's.
class Member {
 public:
  Member(const Weather& weather, std::size_t points)
      : weather_(weather), u_(points), change_(points) {
    for (std::size_t i = 0; i < points; ++i)
      u_[i] = static_cast<float>(weather.begin(place(i, points)));
  }

  [[nodiscard]] const std::vector<float>& u() const { return u_; }

  /// Asks the system for no memory, but in the first step.
  void step(const Operator& model) {
    const std::size_t n = u_.size();
    model.run(nop::view(u_.data(), {1, 1, n}), nop::view(change_.data(), {1, 1, n}));
    for (std::size_t i = 0; i < n; ++i)
      u_[i] += change_[i] + static_cast<float>(time_step * weather_.force(place(i, n), time_));
    time_ += time_step;
  }

 private:
  Weather weather_;
  std::vector<float> u_, change_;
  double time_ = 0;
};

// --- The solver that the operator is learned from and compared with. ---------------------------

/// Central differences in space, the midpoint rule in time, in as many short steps as that asks
/// for.
class Solver {
 public:
  Solver(const Weather& weather, std::size_t points)
      : weather_(weather), u_(points), half_(points) {
    for (std::size_t i = 0; i < points; ++i) u_[i] = weather.begin(place(i, points));
  }

  [[nodiscard]] const std::vector<double>& u() const { return u_; }

  void step_without_force() {
    const auto n     = static_cast<double>(u_.size());
    const auto steps = static_cast<int>(std::ceil(time_step * viscosity * n * n / 0.4));
    for (int step = 0; step < steps; ++step) {
      add_rate(u_, time_step / steps / 2, u_, half_);
      add_rate(half_, time_step / steps, u_, u_);
    }
  }
  void add_force() {
    for (std::size_t i = 0; i < u_.size(); ++i)
      u_[i] += time_step * weather_.force(place(i, u_.size()), time_);
    time_ += time_step;
  }

 private:
  /// to = from + dt (nu v_xx - (v^2 / 2)_x)
  static void add_rate(const std::vector<double>& v, double dt, const std::vector<double>& from,
                       std::vector<double>& to) {
    const std::size_t n = v.size();
    const auto points   = static_cast<double>(n);
    const double spread = dt * viscosity * points * points, flow = dt * points / 4;
    const double first = v[0];
    double left        = v[n - 1];
    for (std::size_t i = 0; i < n; ++i) {
      const double here = v[i], right = i + 1 < n ? v[i + 1] : first;
      to[i] = from[i] + spread * (left - 2 * here + right) - flow * (right - left) * (right + left);
      left  = here;
    }
  }

  Weather weather_;
  std::vector<double> u_, half_;
  double time_ = 0;
};

// --- The training. -----------------------------------------------------------------------------

/// States on 64 points, and how each changes in a step, on the way of many simulations.
nop::Dataset<1> make_data(nop::Rng& rng) {
  constexpr std::size_t runs = 96, steps = 16, points = 64, finer = 2;
  nop::Tensor<float, 3, nop::Cpu> states({runs * steps, 1, points}), changes(states.shape());
  float *state = states.mutable_data(), *change = changes.mutable_data();
  const auto random = rng.stream();
  for (std::size_t run = 0; run < runs; ++run) {
    Solver solver(Weather(random, run), finer * points);
    for (std::size_t step = 0; step < steps; ++step, state += points, change += points) {
      for (std::size_t i = 0; i < points; ++i) state[i] = static_cast<float>(solver.u()[finer * i]);
      solver.step_without_force();
      for (std::size_t i = 0; i < points; ++i)
        change[i] = static_cast<float>(solver.u()[finer * i]) - state[i];
      solver.add_force();
    }
  }
  return {states, changes};
}

Operator train(std::size_t epochs, nop::Rng& rng) {
  const auto data = make_data(rng);
  Operator model({.model = {.in_channels          = 1,
                            .out_channels         = 1,
                            .width                = 24,
                            .depth                = 3,
                            .modes                = {32},
                            .positional_embedding = nop::PositionalEmbedding::none}},
                 rng);
  model.fit(data.inputs(), data.targets());
  nop::Adam optimizer({.learning_rate = 4e-3});
  const nop::CosineDecay schedule{.initial = 4e-3, .period = static_cast<double>(epochs)};
  for (std::size_t epoch = 0; epoch < epochs; ++epoch) {
    optimizer.set_learning_rate(schedule(static_cast<double>(epoch)));
    for (const auto& [input, target] : data.batches(32, rng)) {
      nop::Tape tape;
      const auto loss = nop::relative_l2(model(tape.input(input)), target);
      optimizer.step(model, tape.gradient(loss));
    }
  }
  std::printf("trained on 64 points: the changes are off by %.3f\n",
              nop::mean_loss(model, data, nop::relative_l2));
  return model;
}

// --- Both, side by side. -----------------------------------------------------------------------

/// What it takes, in seconds.
template <class Work>
double timed(const Work& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// |u - v| / |v|
double difference(const std::vector<float>& u, const std::vector<double>& v) {
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < v.size(); ++i) {
    difference += (u[i] - v[i]) * (u[i] - v[i]);
    size += v[i] * v[i];
  }
  return std::sqrt(difference / size);
}

struct Options {
  std::string model, save, picture;
  std::size_t points = 512, steps = 100, threads = 4, epochs = 12;
  std::uint64_t seed = 0;
};

void run(const Options& options) {
  nop::Rng rng(options.seed);
  const Operator model =
      options.model.empty() ? train(options.epochs, rng) : nop::load<Operator>(options.model);
  if (!options.save.empty()) nop::save(model, options.save);

  const auto random = rng.stream();
  std::vector<Member> members;
  std::vector<Solver> solvers;
  for (std::size_t number = 0; number < options.threads; ++number) {
    const Weather weather(random, number);
    members.emplace_back(weather, options.points);
    solvers.emplace_back(weather, options.points);
  }
  const std::vector<float> begin = members[0].u();

  std::vector<double> seconds(options.threads), solver_seconds(options.threads);
  std::vector<std::thread> threads;
  for (std::size_t number = 0; number < options.threads; ++number)
    threads.emplace_back([&, number] {
      nop::Cpu::set_thread_count(1);  // this thread is one of many that compute
      seconds[number]        = timed([&] {
        for (std::size_t step = 0; step < options.steps; ++step) members[number].step(model);
      });
      solver_seconds[number] = timed([&] {
        for (std::size_t step = 0; step < options.steps; ++step) {
          solvers[number].step_without_force();
          solvers[number].add_force();
        }
      });
    });
  for (auto& thread : threads) thread.join();

  const auto steps = static_cast<double>(options.steps);
  std::printf("%zu steps on %zu points, on %zu threads\n", options.steps, options.points,
              options.threads);
  for (std::size_t number = 0; number < options.threads; ++number)
    std::printf("member %zu: %.3f ms a step, the solver %.3f ms; at the end they differ by %.3f\n",
                number, 1e3 * seconds[number] / steps, 1e3 * solver_seconds[number] / steps,
                difference(members[number].u(), solvers[number].u()));

  if (options.picture.empty()) return;
  nop::LinePlot plot{
      .title = "A member of the ensemble after " + std::to_string(options.steps) + " steps on " +
               std::to_string(options.points) + " points",
      .x_label = "x",
      .y_label = "u",
      .series  = {{.label = "begin"}, {.label = "end"}, {.label = "100 (end - solver's)"}}};
  for (std::size_t i = 0; i < options.points; ++i) {
    const double end = members[0].u()[i];
    for (auto& series : plot.series) series.x.push_back(place(i, options.points));
    plot.series[0].y.push_back(begin[i]);
    plot.series[1].y.push_back(end);
    plot.series[2].y.push_back(100 * (end - solvers[0].u()[i]));
  }
  nop::write_line_plot(options.picture, plot);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("An ensemble of simulations that call a trained operator in every step.");
  app.add_option("--model", options.model, "a model that --save wrote; without, one is trained")
      ->check(CLI::ExistingFile);
  app.add_option("--save", options.save, "where to save the model");
  app.add_option("--picture", options.picture, "where to draw the first member, a .png");
  app.add_option("--points", options.points, "of the grid; the training has 64")
      ->capture_default_str()
      ->check(CLI::Range(8, 100000));
  app.add_option("--steps", options.steps, "time steps of 0.05")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000000));
  app.add_option("--threads", options.threads, "members of the ensemble, each on a thread")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  app.add_option("--epochs", options.epochs, "passes over the training data")
      ->capture_default_str()
      ->check(CLI::Range(1, 100000));
  app.add_option("--seed", options.seed, "of data, first weights and ensemble")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    run(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "simulation_loop: %s\n", error.what());
    return 1;
  }
}
