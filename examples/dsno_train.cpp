// SPDX-License-Identifier: BSD-3-Clause
// Trains a sampler of pictures that makes them in one evaluation of a network, stage by stage:
//
//     dsno_train classifier      what pictures are compared by
//     dsno_train backbone        a diffusion model of the pictures
//     dsno_train trajectories    its way from noise to pictures, many times
//     dsno_train student         an operator that answers noise with the whole way at once
//     dsno_train progressive     the model's steps, halved again and again, to compare with
//     dsno_train variance        how far off the model may be, for solvers that draw noise
//
// Each stage writes into --run what the next one reads, can be stopped, and goes on with --resume.
#include <nop/diffusion/states.hpp>
#include <nop/models/in_batches.hpp>
#include <nop/ops/elementwise.hpp>
#include <nop/ops/samples.hpp>
#include <nop/training/adam.hpp>
#include <nop/training/cross_entropy.hpp>
#include <nop/training/denoising_loss.hpp>
#include <nop/training/feature_loss.hpp>
#include <nop/training/progressive_distillation.hpp>
#include <nop/training/read_images.hpp>
#include <nop/training/schedule.hpp>
#include <nop/training/trajectories.hpp>
#include <nop/training/trajectory_loss.hpp>
#include <nop/training/update_loop.hpp>
#include <nop/training/variance_loss.hpp>

#include "backends.hpp"
#include "image_models.hpp"
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace fs = std::filesystem;
using sampling::Classifier;
using sampling::Images;
using sampling::model_path;
using sampling::Net;
using sampling::Operator;
using sampling::schedule;

/// Hyper-parameters that go together, for so much time.
struct Preset {
  std::size_t width;
  std::size_t unshuffle;
  std::size_t batch;  ///< of the backbone; half of it of what learns from it
  std::size_t backbone_updates;
  double average;  ///< largest decay, the backbone's
  std::size_t trajectories;
  std::size_t steps;  ///< of the solver that makes them
  std::size_t student_updates;
  std::size_t first_steps;          ///< of progressive distillation
  std::size_t progressive_updates;  ///< at each halving, twice as many for the last two
  std::size_t epochs;               ///< of the classifier
};

const std::map<std::string, Preset> presets = {
    {"smoke", {4, 1, 16, 20, 0.9, 500, 4, 10, 2, 5, 1}},
    {"small", {32, 1, 128, 4500, 0.999, 20000, 48, 1500, 16, 300, 4}},
    {"full", {32, 2, 128, 8000, 0.9995, 50000, 48, 2000, 32, 1000, 6}},
};

struct Options {
  fs::path images     = "/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz";
  fs::path labels     = "/usr/share/datasets/fashion-mnist/train-labels-idx1-ubyte.gz";
  fs::path run        = "out/dsno";
  std::string preset  = "full";
  std::uint64_t seed  = 0;
  std::size_t threads = 0;
  std::string backend = "cpu";
  bool resume         = false;

  std::string name;  ///< of a student
  std::size_t states    = 4;
  std::size_t modes     = 2;
  std::string grid      = "quadratic";
  std::string loss      = "l1";
  double largest_weight = 1e4;
  std::size_t updates   = 0;  ///< 0: the preset's
  std::size_t shared    = 0;
  std::size_t separate  = 0;
  double span           = 0.25;
  double feature_weight = 0;

  std::string variance = "sn";

  [[nodiscard]] const Preset& hyper() const { return presets.at(preset); }
};

/// t = (i / M)^2 or i / M for i = M - 1, ..., 0.
std::vector<double> state_times(const std::string& grid, std::size_t states) {
  return nop::state_times(grid == "uniform" ? nop::TimeGrid::uniform : nop::TimeGrid::quadratic,
                          schedule(), states);
}

/// When a backbone is asked for the states of these times: within so much of the time of the noise.
/// Where it is shown noise alone, it knows least of what it was trained for at times without any.
std::vector<double> asked_times(std::vector<double> times, double span) {
  for (double& time : times) time = 1 - span * (1 - time);
  return times;
}

/// All times of which students may ask: M of 1, 2, 4, 8 on the quadratic grid, up to 4 on the
/// other.
std::vector<double> kept_times() {
  return nop::with_stops(state_times("quadratic", 8), state_times("uniform", 4));
}

/// What every training here has in common. Averages reach back a tenth of the updates or less.
nop::UpdateLoopConfig loop_config(const Options& options, const std::string& name,
                                  std::size_t updates, double rate) {
  return {.updates = updates,
          .learning_rate =
              nop::LinearWarmUp<nop::CosineDecay>{
                  .duration = std::min(100.0, static_cast<double>(updates) / 10),
                  .start    = 0.01,
                  .next     = {rate, static_cast<double>(updates)}},
          .largest_gradient_norm = 1,
          .average = nop::EmaConfig{.decay = std::clamp(1 - 10 / static_cast<double>(updates), 0.0,
                                                        options.hyper().average)},
          .report_every = std::min<std::size_t>(100, updates),
          .checkpoint   = options.run / (name + ".state"),
          .log          = options.run / (name + ".csv"),
          .label        = name,
          .progress     = nop::Progress::Config{}};
}

template <class Loop>
void begin(Loop& loop, const Options& options, const std::string& name) {
  if (!options.resume)
    fs::remove(options.run / (name + ".state"));
  else if (!loop.resume())
    std::fprintf(stderr, "nothing to resume of %s in %s: starting anew\n", name.c_str(),
                 options.run.c_str());
}

nop::Rng rng_of(const Options& options, std::uint64_t stage, std::uint64_t update) {
  return nop::Rng(nop::Rng::State{options.seed * 16 + stage, update * 8});
}

template <nop::backend Backend>
void train_classifier(const Options& options) {
  const auto images = nop::to<Backend>(nop::read_images(options.images));
  const auto labels = nop::read_labels(options.labels);
  nop::Rng rng(options.seed);
  Classifier<Backend> model({.in_channels = images.extent(1),
                             .classes     = 1 + *std::max_element(labels.begin(), labels.end()),
                             .grid        = nop::grid_of(images.shape())},
                            rng);
  nop::Adam optimizer({});
  const std::size_t batch = 128, updates = options.hyper().epochs * (images.extent(0) / batch + 1);
  auto config    = loop_config(options, "classifier", updates, 1e-3);
  config.average = {};
  nop::UpdateLoop loop(model, optimizer, config);
  begin(loop, options, "classifier");
  loop.run([&](nop::Tape& tape, std::size_t update) {
    auto draws         = rng_of(options, 1, update);
    const auto samples = draws.stream().indices(batch, images.extent(0));
    std::vector<std::size_t> shown;
    for (const std::size_t sample : samples) shown.push_back(labels[sample]);
    return nop::cross_entropy(model(tape.input(nop::gathered_samples(images, samples))), shown);
  });
  nop::save(model, model_path(options.run, "classifier"));
}

template <nop::backend Backend>
void train_backbone(const Options& options) {
  const auto images   = nop::to<Backend>(nop::read_images(options.images));
  const auto& hyper   = options.hyper();
  const auto channels = images.extent(1);
  nop::Rng rng(options.seed);
  Net<Backend> model({.in_channels  = channels,
                      .out_channels = channels,
                      .width        = hyper.width,
                      .multipliers  = {1, 1},
                      .blocks       = 1,
                      .attention    = {1},
                      .unshuffle    = hyper.unshuffle},
                     rng);
  std::printf("backbone: %zu parameters, %zu images of %zu x %zu\n", nop::parameter_count(model),
              images.extent(0), images.extent(2), images.extent(3));
  nop::Adam optimizer({});
  const std::size_t updates = options.updates > 0 ? options.updates : hyper.backbone_updates;
  auto config               = loop_config(options, "backbone", updates, 1e-3);
  config.average            = nop::EmaConfig{.decay = hyper.average};
  nop::UpdateLoop loop(model, optimizer, config);
  begin(loop, options, "backbone");
  const nop::DenoisingLoss loss{.schedule = schedule(), .largest = 400};
  loop.run([&](nop::Tape& tape, std::size_t update) {
    auto draws         = rng_of(options, 2, update);
    const auto samples = draws.stream().indices(hyper.batch, images.extent(0));
    return loss(model, tape, nop::gathered_samples(images, samples), draws);
  });
  nop::save(loop.measured_model(), model_path(options.run, "backbone"));
}

/// How the backbone goes from noise to pictures.
nop::Solver teacher_solver(std::size_t steps) {
  const auto times =
      nop::with_stops(nop::make_time_grid(nop::TimeGrid::uniform, schedule(), steps), kept_times());
  return {nop::solver_named("dpm++2m"), schedule(), times, nop::Parameterisation::x0};
}

/// A number that tells one file from another (FNV-1a).
std::string fingerprint(const fs::path& path) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const std::byte byte : nop::read_file(path))
    hash = (hash ^ std::to_integer<std::uint64_t>(byte)) * 0x100000001b3;
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

double root_mean_square(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::pow(double{a[i]} - double{b[i]}, 2);
  return std::sqrt(sum / static_cast<double>(a.size()));
}

/// In batches, so that what the network makes on its way stays in the caches.
template <nop::backend Backend>
auto teacher_states(const Net<Backend>& backbone, const nop::Solver& solver,
                    const nop::Tensor<float, 4, Backend>& noise) {
  return nop::in_batches(
      [&](const auto& x) {
        return nop::states_at(kept_times(), solver, nop::at_one_time(backbone), x);
      },
      noise, 100);
}

template <nop::backend Backend>
void make_trajectories(const Options& options) {
  const auto path     = model_path(options.run, "backbone");
  const auto backbone = nop::load<Net<Backend>>(path);
  const auto& hyper   = options.hyper();
  const auto grid     = nop::grid_of(nop::read_images(options.images).shape());
  const auto solver   = teacher_solver(hyper.steps);
  nop::Trajectories<2, Backend> set(
      options.run / "trajectories",
      {.sample  = {backbone.config().in_channels, grid[0], grid[1]},
       .times   = kept_times(),
       .seed    = options.seed,
       .made_by = "backbone " + fingerprint(path) + ", dpm++2m in " +
                  std::to_string(solver.evaluations()) + " evaluations"});
  const std::vector<std::size_t> some = nop::RandomStream(options.seed, 1).indices(100, 1000000);
  const auto noise                    = set.noise(some);
  const auto coarse                   = teacher_states(backbone, solver, noise).to_host();
  const auto fine = teacher_states(backbone, teacher_solver(2 * hyper.steps), noise).to_host();
  std::printf("trajectories: %zu evaluations each; with twice as many they move by %.4f (rms)\n",
              solver.evaluations(), root_mean_square(coarse, fine));
  set.make(
      hyper.trajectories, [&](const auto& x) { return teacher_states(backbone, solver, x); },
      nop::Progress::Config{});
}

/// What the classifier sees of states.
template <nop::backend Backend>
struct Features {
  Classifier<Backend> classifier;

  auto operator()(const auto& x) const { return classifier.features(x); }
};

/// None if it has no weight. Who is trained by it should be judged by another classifier.
template <nop::backend Backend>
std::optional<nop::FeatureLoss<Features<Backend>>> feature_loss(const Options& options,
                                                                std::vector<double> weights) {
  if (options.feature_weight == 0) return {};
  for (double& weight : weights) weight *= options.feature_weight;
  return nop::FeatureLoss<Features<Backend>>{
      nop::TrajectoryLoss{std::move(weights), nop::StateDistance::l2},
      Features<Backend>{nop::load<Classifier<Backend>>(model_path(options.run, "classifier"))}};
}

template <nop::backend Backend>
void train_student(const Options& options) {
  const auto& hyper = options.hyper();
  const auto folder = options.run / "trajectories";
  nop::Trajectories<2, Backend> set(folder, nop::Trajectories<2>::config_in(folder));
  set.read(hyper.trajectories);
  const std::size_t trained = sampling::first_held_out(hyper.trajectories);
  const auto times          = state_times(options.grid, options.states);
  const auto steps          = set.steps_at(times);

  const std::string name =
      options.name.empty() ? "dsno-" + std::to_string(options.states) : options.name;
  nop::Rng rng(options.seed);
  Operator<Backend> model(nop::load<Net<Backend>>(model_path(options.run, "backbone")),
                          options.states == 1 ? std::vector{1.0} : asked_times(times, options.span),
                          options.modes, rng,
                          {.shared = options.shared, .separate = options.separate});
  nop::Adam optimizer({});
  const std::size_t updates    = options.updates > 0 ? options.updates : hyper.student_updates;
  auto config                  = loop_config(options, name, updates, 1e-3);
  config.largest_gradient_norm = std::numeric_limits<double>::infinity();  // as Zheng et al.
  nop::UpdateLoop loop(model, optimizer, config);

  std::vector<std::size_t> held_out;
  for (std::size_t i = trained; i < std::min(trained + 200, hyper.trajectories); ++i)
    held_out.push_back(i);
  const auto unseen = set.noise(held_out);
  const auto truth  = set.states(held_out, set.steps_at(std::vector{0.0})).to_host();
  loop.measure("held out rms", [&](const Operator<Backend>& measured) {
    return root_mean_square(measured.last(unseen).to_host(), truth);
  });
  begin(loop, options, name);
  const nop::TrajectoryLoss loss{
      nop::trajectory_weights(schedule(), times, options.largest_weight),
      options.loss == "l1" ? nop::StateDistance::l1 : nop::StateDistance::l2};
  const auto seen = feature_loss<Backend>(options, loss.weights);
  loop.run([&](nop::Tape& tape, std::size_t update) {
    auto draws         = rng_of(options, 3, update);
    const auto samples = draws.stream().indices(hyper.batch / 2, trained);
    const auto answer  = model(tape.input(set.noise(samples)));
    const auto wanted  = set.states(samples, steps);
    return seen ? nop::add(loss(answer, wanted), (*seen)(answer, wanted)) : loss(answer, wanted);
  });
  nop::save(loop.measured_model(), model_path(options.run, name));
}

template <nop::backend Backend>
void distill_progressively(const Options& options) {
  const auto images = nop::to<Backend>(nop::read_images(options.images));
  const auto& hyper = options.hyper();
  auto teacher      = nop::load<Net<Backend>>(model_path(options.run, "backbone"));
  for (std::size_t n = hyper.first_steps / 2; n > 0; n /= 2) {
    const std::string name = "progressive-" + std::to_string(n);
    const auto path        = model_path(options.run, name);
    if (options.resume && fs::exists(path)) {
      teacher = nop::load<Net<Backend>>(path);
      continue;
    }
    Net<Backend> student = teacher;
    nop::Adam optimizer({});
    auto config    = loop_config(options, name, hyper.progressive_updates * (n <= 2 ? 2 : 1), 5e-4);
    config.average = {};
    nop::UpdateLoop loop(student, optimizer, config);
    begin(loop, options, name);
    const auto ask = [](const Net<Backend>& net, const auto& x,
                        std::span<const nop::NoiseLevel> at) {
      return net(x, nop::times_of<float, Backend>(at));
    };
    const auto levels = schedule();
    const nop::DenoisingLoss weighted{.schedule = levels, .largest = 400};
    loop.run([&](nop::Tape& tape, std::size_t update) {
      auto draws         = rng_of(options, 4, update * 64 + n);
      const auto samples = draws.stream().indices(hyper.batch / 2, images.extent(0));
      const auto places  = draws.stream().indices(hyper.batch / 2, n);
      std::vector<nop::NoiseLevel> from, middle, to;
      for (const std::size_t i : places) {
        const auto at = [&](double step) { return levels(step / static_cast<double>(n)); };
        from.push_back(at(static_cast<double>(i) + 1));
        middle.push_back(at(static_cast<double>(i) + 0.5));
        to.push_back(i == 0 ? nop::NoiseLevel{0, std::numeric_limits<double>::infinity()}
                            : at(static_cast<double>(i)));
      }
      const auto data  = nop::gathered_samples(images, samples);
      const auto noise = nop::normal_noise<float, Backend>(data.shape(), draws.stream());
      const auto x     = nop::noised(data, noise, from);
      const auto goal  = nop::distillation_target(
          [&](const auto& z, std::span<const nop::NoiseLevel> at) { return ask(teacher, z, at); },
          x, from, middle, to);
      return nop::weighted_squared_error(ask(student, tape.input(x), from), goal,
                                         weighted.weights(from));
    });
    nop::save(student, path);
    teacher = student;
  }
}

template <nop::backend Backend>
void train_variance(const Options& options) {
  const auto images      = nop::to<Backend>(nop::read_images(options.images));
  const auto& hyper      = options.hyper();
  const bool sn          = options.variance == "sn";
  const std::string name = "variance-" + options.variance;
  nop::Rng rng(options.seed);
  nop::WithVariance model(nop::load<Net<Backend>>(model_path(options.run, "backbone")),
                          sn ? nop::ReverseVariance::sn : nop::ReverseVariance::npr, rng);
  nop::Adam optimizer({});
  const std::size_t updates = options.updates > 0 ? options.updates : hyper.student_updates;
  nop::UpdateLoop loop(model.head(), optimizer, loop_config(options, name, updates, 1e-3));
  begin(loop, options, name);
  const nop::VarianceLoss loss{.schedule = schedule(), .largest = 400};
  loop.run([&](nop::Tape& tape, std::size_t update) {
    auto draws         = rng_of(options, 5, update);
    const auto samples = draws.stream().indices(hyper.batch, images.extent(0));
    return loss(model, tape, nop::gathered_samples(images, samples), draws);
  });
  model.head() = loop.measured_model();
  nop::save(model, model_path(options.run, name));
}

void add_options(CLI::App& app, Options& options) {
  app.add_option("--images", options.images,
                 "pictures: IDX, .npy or scikit-learn's digits.csv, may be .gz")
      ->capture_default_str()
      ->check(CLI::ExistingFile);
  app.add_option("--labels", options.labels, "what they show, for the classifier")
      ->capture_default_str();
  app.add_option("--run", options.run, "folder of this training")->capture_default_str();
  app.add_option("--preset", options.preset, "how large and how long")
      ->capture_default_str()
      ->check(CLI::IsMember(presets));
  app.add_option("--seed", options.seed, "of first weights, noise and order")
      ->capture_default_str();
  app.add_option("--threads", options.threads, "0: as many as there are processors")
      ->capture_default_str();
  examples::add_backend_option(app, options.backend);
  app.add_flag("--resume", options.resume, "go on where this stage was stopped");
}

void add_updates(CLI::App& app, Options& options) {
  app.add_option("--updates", options.updates, "instead of the preset's; 0: those")
      ->capture_default_str();
}

void add_student_options(CLI::App& app, Options& options) {
  add_updates(app, options);
  app.add_option("--name", options.name, "of its files; else dsno-STATES");
  app.add_option("--states", options.states, "it answers with; 1 is knowledge distillation")
      ->capture_default_str()
      ->check(CLI::IsMember({1, 2, 4, 8}));
  app.add_option("--modes", options.modes, "of the temporal convolutions; 0: none")
      ->capture_default_str()
      ->check(CLI::Range(0, 5));
  app.add_option("--grid", options.grid, "of the states' times")
      ->capture_default_str()
      ->check(CLI::IsMember({"quadratic", "uniform"}));
  app.add_option("--loss", options.loss, "distance of states")
      ->capture_default_str()
      ->check(CLI::IsMember({"l1", "l2"}));
  app.add_option("--largest-weight", options.largest_weight, "of a state in the loss")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option(
         "--span", options.span,
         "the network is told the times of the states squeezed into so much before the noise's")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--feature-weight", options.feature_weight,
                 "in the loss, of what the classifier sees of a state; 0: none")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  app.add_option("--shared", options.shared, "first blocks computed once for all states")
      ->capture_default_str();
  app.add_option("--separate", options.separate, "last blocks where states do not see each other")
      ->capture_default_str();
}

void run(int argc, char** argv) {
  Options options;
  CLI::App app("Trains a sampler of pictures that makes them in one evaluation of a network.");
  app.require_subcommand(1);
  const auto stage = [&](const char* name, const char* what, const auto& train) {
    CLI::App* const command = app.add_subcommand(name, what);
    add_options(*command, options);
    command->callback([&options, train] {
      if (options.threads > 0) nop::Cpu::set_thread_count(options.threads);
      fs::create_directories(options.run);
      examples::on_backend(options.backend, [&](auto backend) { train(backend, options); });
    });
    return command;
  };
  stage("classifier", "what pictures are compared by",
        []<class B>(B, const Options& all) { train_classifier<B>(all); });
  add_updates(*stage("backbone", "a diffusion model of the pictures",
                     []<class B>(B, const Options& all) { train_backbone<B>(all); }),
              options);
  stage("trajectories", "the backbone's ways from noise to pictures",
        []<class B>(B, const Options& all) { make_trajectories<B>(all); });
  add_student_options(*stage("student", "an operator that answers noise with the whole way",
                             []<class B>(B, const Options& all) { train_student<B>(all); }),
                      options);
  stage("progressive", "the backbone's steps, halved again and again",
        []<class B>(B, const Options& all) { distill_progressively<B>(all); });
  auto* const variance = stage("variance", "how far off the backbone may be, by a second head",
                               []<class B>(B, const Options& all) { train_variance<B>(all); });
  add_updates(*variance, options);
  variance
      ->add_option("--variance", options.variance, "what it answers with, of sn- or npr- solvers")
      ->capture_default_str()
      ->check(CLI::IsMember({"sn", "npr"}));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "dsno_train: %s\n", error.what());
    return 1;
  }
}
