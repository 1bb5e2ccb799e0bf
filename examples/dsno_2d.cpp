// SPDX-License-Identifier: BSD-3-Clause
// Learns where a diffusion takes noise in the plane. The data are bumps, so that a perfect model of
// them is a formula and their flow is known: what an operator answers in one evaluation is compared
// with where it should be, beside what solvers make of the perfect model in several.
//
//     dsno_2d
//     dsno_2d --data moons --picture moons.png
//     dsno_2d --students dsno --check
#include <nop/diffusion/mixture_1d.hpp>
#include <nop/diffusion/mixture_data.hpp>
#include <nop/diffusion/noise.hpp>
#include <nop/diffusion/schedules.hpp>
#include <nop/diffusion/solver.hpp>
#include <nop/diffusion/states.hpp>
#include <nop/diffusion/time_grid.hpp>
#include <nop/io/scatter_plot.hpp>
#include <nop/metrics/sliced_wasserstein.hpp>
#include <nop/models/dsno.hpp>
#include <nop/models/in_batches.hpp>
#include <nop/models/residual_mlp.hpp>
#include <nop/ops/axes.hpp>
#include <nop/ops/samples.hpp>
#include <nop/training/adam.hpp>
#include <nop/training/progress.hpp>
#include <nop/training/schedule.hpp>
#include <nop/training/trajectory_loss.hpp>
#include <nop/training/update_loop.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <numbers>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using Operator     = nop::Dsno<nop::ResidualMlp<>>;
using Points       = nop::Tensor<double, 2, nop::Cpu>;  // [sample, 2]
using Trajectories = nop::Tensor<double, 3, nop::Cpu>;  // [sample, state, 2]

struct Options {
  std::string data                  = "ring";
  std::vector<std::string> students = {"dsno", "alone", "distilled"};
  std::size_t states                = 4;
  std::size_t modes                 = 2;
  double largest_weight             = 10;
  std::size_t width                 = 64;
  std::size_t blocks                = 3;
  std::size_t pairs                 = 60000;
  std::size_t steps                 = 128;
  std::size_t updates               = 1500;
  std::size_t batch                 = 256;
  double learning_rate              = 3e-3;
  std::size_t test_samples          = 20000;
  std::uint64_t seed                = 0;
  std::size_t threads               = 0;
  std::filesystem::path picture;
  bool check = false;
};

Options parse(int argc, char** argv) {
  Options options;
  CLI::App app("Learns where a diffusion takes noise in the plane, where that is known.");
  app.add_option("--data", options.data,
                 "eight bumps on a ring, nine on a grid, whose flow is exact, or two moons")
      ->capture_default_str()
      ->check(CLI::IsMember({"ring", "grid", "moons"}));
  app.add_option("--students", options.students,
                 "dsno: all states see each other; alone: no state sees another; distilled: the "
                 "last state only")
      ->capture_default_str()
      ->delimiter(',')
      ->check(CLI::IsMember({"dsno", "alone", "distilled"}));
  const auto number = [&app](const char* name, std::size_t& value, const char* what,
                             std::size_t least, std::size_t most) {
    app.add_option(name, value, what)->capture_default_str()->check(CLI::Range(least, most));
  };
  number("--states", options.states, "of a trajectory", 1, 32);
  number("--modes", options.modes, "of the temporal convolutions", 1, 17);
  app.add_option("--largest-weight", options.largest_weight, "of a state in the loss")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  number("--width", options.width, "channels of the network", 4, 4096);
  number("--blocks", options.blocks, "of the network", 1, 100);
  number("--pairs", options.pairs, "of noise and trajectory to learn from", 1, 10000000);
  number("--steps", options.steps, "of the integrator that makes them", 1, 10000);
  number("--updates", options.updates, "of the weights", 1, 10000000);
  number("--batch", options.batch, "pairs an update", 1, 100000);
  app.add_option("--learning-rate", options.learning_rate, "the largest")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  number("--test-samples", options.test_samples, "to compare by", 100, 10000000);
  app.add_option("--seed", options.seed, "of noise, first weights and order")
      ->capture_default_str();
  app.add_option("--threads", options.threads, "0: as many as there are processors")
      ->capture_default_str();
  app.add_option("--picture", options.picture, "draw the points into this .png");
  app.add_flag("--check", options.check, "fail unless each student is as near as it should be");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  return options;
}

nop::Schedule schedule() { return nop::cosine_schedule(); }

/// Bumps of one width, so many in a row for each mode.
class Data {
 public:
  explicit Data(const std::string& name) : centres_(centres_of(name)), bumps_(points(), deviation) {
    if (name == "moons") bumps_of_a_mode_ = centres_.size() / 4;
    if (name != "grid") return;
    const nop::Mixture1d line(
        {{1, -spacing, deviation}, {1, 0, deviation}, {1, spacing, deviation}});
    product_.emplace(std::vector{line, line});
  }

  [[nodiscard]] const nop::MixtureData<double>& bumps() const { return bumps_; }
  /// The same data where their flow is known in closed form.
  [[nodiscard]] const std::optional<nop::ProductData<double>>& product() const { return product_; }

  struct Place {
    std::size_t mode;
    double distance;  ///< from the nearest bump, in deviations
  };
  [[nodiscard]] Place place(double x, double y) const {
    std::size_t nearest = 0;
    double least        = 1e300;
    for (std::size_t n = 0; n < centres_.size() / 2; ++n) {
      const double distance = std::hypot(x - centres_[2 * n], y - centres_[2 * n + 1]);
      if (distance < least) {
        least   = distance;
        nearest = n;
      }
    }
    return {nearest / bumps_of_a_mode_, least / deviation};
  }

 private:
  static constexpr double deviation = 0.12, spacing = 1.2;

  static std::vector<double> centres_of(const std::string& name) {
    std::vector<double> centres;
    const auto add = [&centres](double x, double y) { centres.insert(centres.end(), {x, y}); };
    if (name == "ring")
      for (int i = 0; i < 8; ++i)
        add(1.4 * std::cos(std::numbers::pi / 4 * i), 1.4 * std::sin(std::numbers::pi / 4 * i));
    else if (name == "grid")
      for (const double x : {-spacing, 0.0, spacing})
        for (const double y : {-spacing, 0.0, spacing}) add(x, y);
    else
      for (const double side : {1.0, -1.0})
        for (int i = 0; i < 64; ++i) {
          const double angle = std::numbers::pi / 63 * i;
          add(side * 1.3 * (std::cos(angle) - 0.5), side * 1.3 * (std::sin(angle) - 0.25));
        }
    return centres;
  }
  [[nodiscard]] Points points() const { return {{centres_.size() / 2, 2}, centres_}; }

  std::vector<double> centres_;
  nop::MixtureData<double> bumps_;
  std::size_t bumps_of_a_mode_ = 1;
  std::optional<nop::ProductData<double>> product_;
};

Points noise_of(const Options& options, std::uint64_t stream, std::size_t count) {
  return nop::normal_noise<double, nop::Cpu>(nop::Shape{count, 2},
                                             nop::RandomStream(options.seed, stream));
}

/// t = (i / M)^2 for i = M - 1, ..., 0.
std::vector<double> state_times(std::size_t states) {
  return nop::state_times(nop::TimeGrid::quadratic, schedule(), states);
}

/// A perfect model's flow of noise at some times, integrated. `what` is shown, if there is one.
Trajectories integrated(const Data& data, const Points& noise, const std::vector<double>& times,
                        std::size_t steps, const char* what) {
  const nop::Solver solver(
      nop::solver_named("rk4"), schedule(),
      nop::with_stops(nop::make_time_grid(nop::TimeGrid::phi, schedule(), steps), times),
      nop::Parameterisation::x0);
  const auto model = [&](const auto& x, double t) {
    return data.bumps().denoised(x, schedule()(t));
  };
  nop::Progress progress({});
  if (what != nullptr) progress.start(what, noise.extent(0));
  std::size_t done = 0;
  auto states      = nop::in_batches(
      [&](const auto& x) {
        auto part = nop::states_at(times, solver, model, x);
        if (what != nullptr) progress.show(done += x.extent(0), "");
        return part;
      },
      noise, 1000);
  if (what != nullptr) progress.report(noise.extent(0), "");
  return states;
}

/// The state of a step of all trajectories.
Points state(const Trajectories& all, std::size_t step) {
  return nop::reshape(nop::crop(all, {0, step, 0}, {all.extent(0), 1, 2}),
                      nop::Shape<2>{all.extent(0), 2});
}

/// The same flow, exact where it is known in closed form.
Trajectories flow(const Data& data, const Points& noise, const std::vector<double>& times,
                  std::size_t steps, const char* what) {
  if (!data.product()) return integrated(data, noise, times, steps, what);
  std::vector<double> values(noise.size() * times.size());
  for (std::size_t step = 0; step < times.size(); ++step) {
    const auto there =
        data.product()->flow(noise, schedule()(schedule().last()), schedule()(times[step]));
    for (std::size_t i = 0; i < noise.extent(0); ++i)
      for (std::size_t d = 0; d < 2; ++d)
        values[(i * times.size() + step) * 2 + d] = there.view()(i, d);
  }
  return {{noise.extent(0), times.size(), 2}, values};
}

template <class To, class From, std::size_t Rank>
nop::Tensor<To, Rank, nop::Cpu> converted(const nop::Tensor<From, Rank, nop::Cpu>& x) {
  const auto values = x.to_host();
  return {x.shape(), std::vector<To>(values.begin(), values.end())};
}

/// A way from noise to data, and how far it is from where it should be.
struct Row {
  std::string name;
  std::size_t evaluations;
  Points points;
  double rms = 0, median = 0;  ///< error of a number, and of a point
  double wrong = 0, off = 0;   ///< parts of all: at another mode, and at none
  double sliced = 0;           ///< Wasserstein distance from samples of the data
};

class Judge {
 public:
  Judge(const Options& options, const Data& data, Points truth)
      : data_(data),
        truth_(std::move(truth)),
        samples_(data.bumps().draw(truth_.extent(0), nop::RandomStream(options.seed, 4))),
        directions_(options.seed, 5) {}

  [[nodiscard]] Row operator()(std::string name, std::size_t evaluations, Points points) const {
    Row row{std::move(name), evaluations, std::move(points)};
    const auto x = row.points.view(), y = truth_.view();
    const std::size_t count = truth_.extent(0);
    std::vector<double> distances;
    for (std::size_t i = 0; i < count; ++i) {
      distances.push_back(std::hypot(x(i, 0) - y(i, 0), x(i, 1) - y(i, 1)));
      const auto place = data_.place(x(i, 0), x(i, 1));
      row.rms += distances.back() * distances.back() / static_cast<double>(2 * count);
      row.wrong += place.mode != data_.place(y(i, 0), y(i, 1)).mode;
      row.off += place.distance > 4;
    }
    row.rms = std::sqrt(row.rms);
    row.wrong /= static_cast<double>(count);
    row.off /= static_cast<double>(count);
    std::nth_element(distances.begin(), distances.begin() + static_cast<std::ptrdiff_t>(count / 2),
                     distances.end());
    row.median = distances[count / 2];
    row.sliced = nop::sliced_wasserstein(row.points, samples_, 64, directions_);
    return row;
  }

  [[nodiscard]] const Points& samples() const { return samples_; }

 private:
  const Data& data_;
  Points truth_, samples_;
  nop::RandomStream directions_;
};

/// An operator that learned some of the last states of trajectories.
Operator trained(const Options& options, const std::string& name, const Points& noise,
                 const Trajectories& trajectories) {
  const std::size_t states = name == "distilled" ? 1 : options.states;
  const auto times         = state_times(states);
  const auto inputs        = converted<float>(noise);
  const auto targets       = converted<float>(
      nop::crop(trajectories, {0, options.states - states, 0}, {noise.extent(0), states, 2}));
  nop::Rng rng(options.seed);
  Operator model({.backbone = {.in_channels  = 2,
                               .out_channels = 2,
                               .width        = options.width,
                               .blocks       = options.blocks},
                  .times    = times,
                  .modes    = name == "dsno" ? options.modes : 0},
                 rng);
  nop::Adam optimizer({});
  const auto updates = static_cast<double>(options.updates);
  nop::UpdateLoop loop(
      model, optimizer,
      {.updates = options.updates,
       .learning_rate =
           nop::LinearWarmUp<nop::CosineDecay>{.duration = updates / 20,
                                               .next     = {options.learning_rate, updates}},
       .largest_gradient_norm = 1,
       .report_every          = options.updates,
       .label    = name + ", " + std::to_string(nop::parameter_count(model)) + " parameters",
       .progress = nop::Progress::Config{}});
  const nop::TrajectoryLoss loss{
      nop::trajectory_weights(schedule(), times, options.largest_weight)};
  loop.run([&](nop::Tape& tape, std::size_t update) {
    const auto chosen =
        nop::RandomStream(options.seed, 16 + update).indices(options.batch, noise.extent(0));
    return loss(model(tape.input(nop::gathered_samples(inputs, chosen))),
                nop::gathered_samples(targets, chosen));
  });
  return model;
}

/// What an operator answers noise with, in batches.
Trajectories answers(const Operator& model, const Points& noise) {
  return converted<double>(
      nop::in_batches([&](const auto& x) { return model(x); }, converted<float>(noise), 1000));
}

struct SolverRow {
  const char* name;
  nop::TimeGrid grid;
  std::size_t steps;
};

std::vector<Row> solver_rows(const Data& data, const Points& noise, const Judge& judge) {
  std::vector<Row> rows;
  const auto model = [&](const auto& x, double t) {
    return data.bumps().denoised(x, schedule()(t));
  };
  using enum nop::TimeGrid;
  for (const auto& [name, grid, steps] : {SolverRow{"ddim", uniform, 1},
                                          {"ddim", uniform, 4},
                                          {"ddim", uniform, 10},
                                          {"ddim", uniform, 20},
                                          {"ddim", uniform, 50},
                                          {"dpm++2m", quadratic, 10},
                                          {"dpm++2m", quadratic, 20}}) {
    const nop::Solver solver(nop::solver_named(name), schedule(),
                             nop::make_time_grid(grid, schedule(), steps),
                             nop::Parameterisation::x0);
    rows.push_back(judge(name, solver.evaluations(), solver(model, noise)));
  }
  return rows;
}

void print(const std::vector<Row>& rows) {
  std::printf("| method | evaluations | rms | median | wrong mode, %% | off, %% | sliced W2 |\n");
  std::printf("| --- | --- | --- | --- | --- | --- | --- |\n");
  for (const Row& row : rows)
    std::printf("| %s | %zu | %.4f | %.4f | %.2f | %.2f | %.4f |\n", row.name.c_str(),
                row.evaluations, row.rms, row.median, 100 * row.wrong, 100 * row.off, row.sliced);
}

/// Whether a student is as near to the truth as it should be, on the ring at least. Two sets of
/// true samples are not equal either: its distance from some is compared with that of the flow
/// itself.
bool is_near(const Row& row, const Row& truth) {
  bool near          = true;
  const auto bounded = [&](const char* what, double value, double bound) {
    if (value < bound) return;
    std::fprintf(stderr, "%s: expected %s below %g, got %g\n", row.name.c_str(), what, bound,
                 value);
    near = false;
  };
  bounded("an error", row.rms, 0.05);
  bounded("a median error", row.median, 0.01);
  bounded("a part at a wrong mode", row.wrong, 0.01);
  bounded("a sliced Wasserstein distance", row.sliced, truth.sliced + 0.01);
  return near;
}

/// Panels of the first points, each in the colour of the mode where it should end.
class Picture {
 public:
  Picture(const Data& data, const Points& ends, std::size_t columns)
      : plot_{.columns = columns, .limits = nop::Limits{-2.6, 2.6}}, modes_(modes(data, ends)) {}

  void add(const std::string& title, const Points& points, std::vector<std::size_t> modes) {
    nop::ScatterPanel panel{.title = title, .groups = std::move(modes)};
    for (std::size_t i = 0; i < panel.groups.size(); ++i) {
      panel.x.push_back(points.view()(i, 0));
      panel.y.push_back(points.view()(i, 1));
    }
    plot_.panels.push_back(std::move(panel));
  }
  void add(const std::string& title, const Points& points) { add(title, points, modes_); }
  void add(const std::string& title, const Trajectories& states, const std::vector<double>& times) {
    for (std::size_t step = 0; step < times.size(); ++step) {
      char text[64];
      std::snprintf(text, sizeof text, "%s, t = %.4g", title.c_str(), times[step]);
      add(text, state(states, step));
    }
  }
  /// Where the first points are.
  static std::vector<std::size_t> modes(const Data& data, const Points& points) {
    std::vector<std::size_t> result;
    for (std::size_t i = 0; i < std::min<std::size_t>(2000, points.extent(0)); ++i)
      result.push_back(data.place(points.view()(i, 0), points.view()(i, 1)).mode);
    return result;
  }
  void write(const std::filesystem::path& path) const { nop::write_scatter_plot(path, plot_); }

 private:
  nop::ScatterPlot plot_;
  std::vector<std::size_t> modes_;
};

/// Of the integrator that makes pairs: the root mean square of what it is from the exact flow, or
/// from itself with twice as many steps.
double error_of_pairs(const Options& options, const Data& data) {
  const auto noise = noise_of(options, 1, 100);
  const auto a     = integrated(data, noise, {0}, options.steps, nullptr).to_host();
  const auto b     = flow(data, noise, {0}, 2 * options.steps, nullptr).to_host();
  double sum       = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(sum / static_cast<double>(a.size()));
}

int run(const Options& options) {
  if (options.threads > 0) nop::Cpu::set_thread_count(options.threads);
  const Data data(options.data);
  const auto times        = state_times(options.states);
  const auto noise        = noise_of(options, 1, options.pairs);
  const auto trajectories = integrated(data, noise, times, options.steps, "pairs");
  const auto unseen       = noise_of(options, 2, options.test_samples);
  const auto truth        = flow(data, unseen, times, options.steps, "truth");
  const auto ends         = state(truth, options.states - 1);

  const Judge judge(options, data, ends);
  std::vector<Row> rows{judge("the flow itself", 0, ends)};
  Picture picture(data, ends, options.states + 1);
  picture.add("noise", unseen);
  picture.add("the flow", truth, times);
  bool near = true;
  for (const auto& name : options.students) {
    const auto model  = trained(options, name, noise, trajectories);
    const auto states = answers(model, unseen);
    rows.push_back(judge(name, 1, state(states, states.extent(1) - 1)));
    if (options.check) near = is_near(rows.back(), rows.front()) && near;
    if (name != "dsno") continue;
    picture.add("samples of the data", judge.samples(), Picture::modes(data, judge.samples()));
    picture.add("dsno", states, times);
  }
  for (auto& row : solver_rows(data, unseen, judge)) {
    if (row.name == "ddim")
      picture.add(row.name + " in " + std::to_string(row.evaluations), row.points);
    rows.push_back(std::move(row));
  }
  std::printf("%s, seed %llu; %zu pairs, %.1e from the flow (rms)\n", options.data.c_str(),
              static_cast<unsigned long long>(options.seed), options.pairs,
              error_of_pairs(options, data));
  print(rows);
  if (!options.picture.empty()) picture.write(options.picture);
  return near ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(parse(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "dsno_2d: %s\n", error.what());
    return 1;
  }
}
