// SPDX-License-Identifier: BSD-3-Clause
// Compares all ways from noise to pictures that dsno_train made possible, by the same noise:
//
//     dsno_evaluate quality     how good their pictures are: quality.csv
//     dsno_evaluate cost        what they take: cost.csv
//     dsno_evaluate report      both in one table and plots: samplers.csv, samplers.md, *.png
//
// All files are in --run. Ways whose models are not there are left out.
#include <nop/backend/counting.hpp>
#include <nop/diffusion/mean_square_eps.hpp>
#include <nop/io/line_plot.hpp>
#include <nop/metrics/frechet_distance.hpp>
#include <nop/metrics/precision_recall.hpp>
#include <nop/metrics/sliced_wasserstein.hpp>
#include <nop/models/in_batches.hpp>
#include <nop/ops/axes.hpp>
#include <nop/ops/samples.hpp>
#include <nop/training/progress.hpp>
#include <nop/training/read_images.hpp>
#include <nop/training/trajectories.hpp>

#include "backends.hpp"
#include "evaluation_table.hpp"
#include "image_models.hpp"
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace fs = std::filesystem;
using sampling::Images;
using sampling::model_path;
using sampling::Noise;

struct Options {
  fs::path run           = "out/dsno";
  fs::path images        = "/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz";
  fs::path more_images   = "/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz";
  std::size_t count      = 10000;
  std::size_t neighbours = 5000;
  std::size_t batch      = 100;
  std::size_t rounds     = 7;
  std::size_t threads    = 0;
  std::string backend    = "cpu";
  bool resume            = false;
};

/// A way from noise to pictures.
struct Way {
  std::string name;
  std::string family;            ///< those that a line of the plot joins
  std::string model;             ///< its file
  std::string solver      = {};  ///< none: the model is an operator
  nop::TimeGrid grid      = nop::TimeGrid::uniform;
  std::size_t evaluations = 1;
};

std::vector<Way> all_ways() {
  using nop::TimeGrid;
  std::vector<Way> ways;
  const auto add_operator = [&](const char* name, const char* family) {
    ways.push_back({.name = name, .family = family, .model = name});
  };
  for (const char* const name : {"kd", "kd-long"}) add_operator(name, "distillation");
  add_operator("no-temporal-4", "no temporal convolution");
  for (const char* const name : {"dsno-2", "dsno-4", "dsno-8"}) add_operator(name, "DSNO");
  for (const char* const name : {"dsno-4-c", "dsno-4-d", "dsno-4-e"})
    add_operator(name, "DSNO, ends");
  for (const std::size_t n : std::initializer_list<std::size_t>{1, 2, 4})
    ways.push_back({.name        = "progressive-" + std::to_string(n),
                    .family      = "progressive distillation",
                    .model       = "progressive-" + std::to_string(n),
                    .solver      = "ddim",
                    .evaluations = n});
  const auto add_solver = [&](const char* family, const char* solver, TimeGrid grid,
                              std::size_t evaluations) {
    ways.push_back({.name = std::string(solver) + "-" + std::to_string(evaluations) +
                            (grid == TimeGrid::uniform ? "" : " " + nop::enumerator_name(grid)),
                    .family      = family,
                    .model       = sampling::model_of(nop::solver_named(solver)),
                    .solver      = solver,
                    .grid        = grid,
                    .evaluations = evaluations});
  };
  for (const std::size_t n : std::initializer_list<std::size_t>{1, 10, 20, 50})
    add_solver("DDIM", "ddim", TimeGrid::uniform, n);
  for (const std::size_t n : std::initializer_list<std::size_t>{4, 10})
    add_solver("DPM-Solver++ 2M", "dpm++2m", TimeGrid::uniform, n);
  add_solver("DPM-Solver", "dpm-fast", TimeGrid::uniform, 10);
  add_solver("DEIS", "tab3", TimeGrid::uniform, 10);
  for (const auto grid : {TimeGrid::var, TimeGrid::var_quadratic})
    add_solver("FastDPM", "ddim", grid, 10);
  for (const char* const solver :
       {"ddpm", "analytic-ddpm", "analytic-ddim", "sn-ddpm", "sn-ddim", "npr-ddpm", "npr-ddim"})
    add_solver("with noise", solver, TimeGrid::uniform, 10);
  for (const char* const solver : {"ddim", "dpm++2m", "dpm-fast", "tab3"})
    add_solver("quadratic times", solver, TimeGrid::quadratic, 10);
  return ways;
}

/// Those whose models are there.
std::vector<Way> ways_in(const fs::path& run) {
  std::vector<Way> ways;
  for (Way& way : all_ways())
    if (fs::exists(model_path(run, way.model)))
      ways.push_back(std::move(way));
    else
      std::fprintf(stderr, "no %s: %s is left out\n", model_path(run, way.model).c_str(),
                   way.name.c_str());
  if (ways.empty()) throw std::runtime_error("no models in " + run.string());
  return ways;
}

bool is_analytic(const Way& way) { return way.solver.starts_with("analytic"); }

/// `mean_square_eps` is for analytic variances; any numbers do where pictures do not matter.
nop::Solver solver_of(const Way& way, std::vector<double> mean_square_eps = {}) {
  auto config = nop::solver_named(way.solver);
  if (mean_square_eps.empty()) mean_square_eps.assign(way.evaluations, 1.0);
  if (is_analytic(way)) config.mean_square_eps = std::move(mean_square_eps);
  return sampling::solver_in(config, way.grid, way.evaluations);
}

template <nop::backend Backend>
std::vector<double> measured_mean_square_eps(const Way& way, const Options& options) {
  const auto all = nop::read_images(options.images);
  nop::Rng rng(4);
  const auto samples = rng.stream().indices(1000, all.extent(0));
  const auto levels  = sampling::schedule();
  const auto net     = nop::load<sampling::Net<Backend>>(model_path(options.run, way.model));
  return mean_square_eps(sampling::asked(net, false), nop::Parameterisation::x0, levels,
                         nop::make_time_grid(way.grid, levels, way.evaluations),
                         nop::to<Backend>(nop::gathered_samples(all, samples)), rng, options.batch);
}

template <nop::backend Backend>
sampling::Sampler sampler_of(const Way& way, const Options& options) {
  if (way.solver.empty())
    return sampling::operator_sampler<Backend>(
        nop::load<sampling::Operator<Backend>>(model_path(options.run, way.model)));
  const auto solver = is_analytic(way)
                          ? solver_of(way, measured_mean_square_eps<Backend>(way, options))
                          : solver_of(way);
  return sampling::with_model<Backend>(options.run, way.model, [&](auto model) {
    return sampling::solver_sampler<Backend>(std::move(model), solver, 1,
                                             way.model.starts_with("progressive"));
  });
}

// ---- quality ----

/// The Frechet distance between features and by how much it changes with the samples: the standard
/// deviation over 20 draws of as many of them, with repetition (bootstrap).
struct Distance {
  double value, deviation;
};
Distance distance_to(const nop::FeatureMoments& real, const nop::Tensor<float, 2, nop::Cpu>& made) {
  constexpr std::size_t draws = 20;
  double sum = 0, squares = 0;
  for (std::size_t draw = 0; draw < draws; ++draw) {
    const auto again = nop::RandomStream(1, draw).indices(made.extent(0), made.extent(0));
    const double d   = frechet_distance(real, feature_moments(nop::gathered_samples(made, again)));
    sum += d;
    squares += d * d;
  }
  const double mean = sum / draws;
  return {frechet_distance(real, feature_moments(made)),
          std::sqrt(std::max(0.0, squares / draws - mean * mean) * draws / (draws - 1))};
}

/// first, first + 1, ...
std::vector<std::size_t> numbers_from(std::size_t first, std::size_t count) {
  std::vector<std::size_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}

template <class T>
T first_samples(const T& x, std::size_t count) {
  return nop::gathered_samples(x, numbers_from(0, std::min(count, x.extent(0))));
}

/// What pictures are compared with, and by what.
template <nop::backend Backend>
class Judge {
 public:
  explicit Judge(const Options& options)
      : classifier_(
            nop::load<sampling::Classifier<Backend>>(model_path(options.run, "classifier"))),
        batch_(options.batch),
        neighbours_(options.neighbours),
        real_(nop::read_images(options.images)),
        real_features_(features(real_)),
        real_moments_(feature_moments(real_features_)) {}

  [[nodiscard]] nop::Tensor<float, 2, nop::Cpu> features(const Images& x) const {
    return nop::in_batches(
        [&](const auto& part) {
          return nop::to<nop::Cpu>(classifier_.features(nop::to<Backend>(Images::borrowed(part))));
        },
        x, batch_);
  }
  /// What the teacher makes of the same noise, and the moments of what it makes of other: with the
  /// same, a sampler that follows it would share its chance.
  void set_teacher(const Images& of_same_noise, nop::FeatureMoments of_other_noise) {
    teacher_         = of_same_noise.to_host();
    teacher_moments_ = std::move(of_other_noise);
  }

  /// A row of the table, but for its name.
  [[nodiscard]] Values operator()(const Images& made) const {
    const auto seen   = features(made);
    const auto real   = distance_to(real_moments_, seen);
    const auto first  = [&](const auto& x) { return first_samples(x, neighbours_); };
    const auto inside = precision_recall(first(real_features_), first(seen));
    const auto sliced = sliced_wasserstein(first_samples(real_, made.extent(0)), made, 256,
                                           nop::RandomStream(2, 0));
    Values values{{"pictures", static_cast<double>(made.extent(0))},
                  {"FD", real.value},
                  {"FD deviation", real.deviation},
                  {"precision", inside.precision},
                  {"recall", inside.recall},
                  {"sliced W2", sliced}};
    if (!teacher_moments_) return values;
    const auto teacher = frechet_distance(*teacher_moments_, feature_moments(seen));
    const auto numbers = made.to_host();
    if (numbers.size() != teacher_.size()) return values;
    double squares = 0, magnitudes = 0;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const double apart = double{numbers[i]} - double{teacher_[i]};
      squares += apart * apart;
      magnitudes += std::abs(apart);
    }
    const auto all = static_cast<double>(numbers.size());
    values.insert(values.end(), {{"FD to teacher", teacher},
                                 {"rms to teacher", std::sqrt(squares / all)},
                                 {"L1 to teacher", magnitudes / all}});
    return values;
  }

 private:
  sampling::Classifier<Backend> classifier_;
  std::size_t batch_, neighbours_;
  Images real_;
  nop::Tensor<float, 2, nop::Cpu> real_features_;
  nop::FeatureMoments real_moments_;
  std::vector<float> teacher_;
  std::optional<nop::FeatureMoments> teacher_moments_;
};

nop::Trajectories<2> trajectories_in(const fs::path& run) {
  const auto folder = run / "trajectories";
  return {folder, nop::Trajectories<2>::config_in(folder)};
}

/// Where trajectories end.
Images ends_of(const nop::Trajectories<2>& set, const std::vector<std::size_t>& samples) {
  const auto states = set.states(samples, set.steps_at(std::vector{0.0}));
  const auto& shape = states.shape();
  return nop::reshape(states, nop::Shape{shape[0], shape[2], shape[3], shape[4]});
}

/// Of all that operators learned from.
template <nop::backend Backend>
nop::FeatureMoments teacher_moments(const Judge<Backend>& judge, const Options& options) {
  auto set               = trajectories_in(options.run);
  const std::size_t end  = sampling::first_held_out(set.made());
  std::size_t length     = 0;
  std::vector<float> all = {};
  for (std::size_t first = 0; first < end;) {
    const std::size_t count = std::min<std::size_t>(5000, end - first);
    set.read(count, first);
    const auto seen = judge.features(sampling::clipped(ends_of(set, numbers_from(first, count))));
    length          = seen.extent(1);
    const auto some = seen.to_host();
    all.insert(all.end(), some.begin(), some.end());
    first += count;
  }
  return feature_moments(nop::Tensor<float, 2, nop::Cpu>({end, length}, all));
}

/// Noise that nothing was trained by, and what the teacher makes of it.
struct HeldOut {
  Images noise, teacher;
};
HeldOut held_out(const Options& options) {
  auto set               = trajectories_in(options.run);
  const std::size_t made = set.made(), first = sampling::first_held_out(made);
  const auto samples = numbers_from(first, std::min(made - first, options.count));
  set.read(samples.size(), first);
  if (samples.size() < options.count)
    std::fprintf(stderr, "only %zu trajectories are held out, not %zu\n", samples.size(),
                 options.count);
  return {set.noise(samples), ends_of(set, samples)};
}

/// Those of other numbers of pictures, and where the model, the judge or the teacher is newer than
/// the table.
void drop_old_rows(Table& table, const std::vector<Way>& ways, const Options& options,
                   std::size_t count) {
  if (!fs::exists(table.path())) return;
  const auto written = fs::last_write_time(table.path());
  const auto check   = [&](const std::string& name, const std::string& model) {
    bool is_old = table.value(name, "pictures") != static_cast<double>(count);
    for (const std::string& made : {model, std::string("classifier"), std::string("backbone")})
      is_old = is_old || fs::last_write_time(model_path(options.run, made)) > written;
    if (is_old) table.drop(name);
  };
  check("real", "classifier");
  check("teacher", "backbone");
  for (const Way& way : ways) check(way.name, way.model);
}

template <nop::backend Backend>
void judge(const Options& options) {
  Judge<Backend> judge(options);
  const auto ways   = ways_in(options.run);
  const auto unseen = held_out(options);
  Table table(options.run / "quality.csv", options.resume);
  drop_old_rows(table, ways, options, unseen.noise.extent(0));
  nop::Progress progress({});
  progress.start("quality", ways.size() + 2);
  std::size_t done = 0;
  const auto add   = [&](const std::string& name, const auto& make) {
    if (!table.has(name)) table.add(name, judge(sampling::clipped(make())));
    progress.report(++done, name);
  };
  add("real",
      [&] { return first_samples(nop::read_images(options.more_images), unseen.noise.extent(0)); });
  judge.set_teacher(sampling::clipped(unseen.teacher), teacher_moments(judge, options));
  add("teacher", [&] { return unseen.teacher; });
  for (const Way& way : ways)
    add(way.name, [&] {
      return nop::in_batches(sampler_of<Backend>(way, options), unseen.noise, options.batch);
    });
  std::printf("%s\n", table.path().c_str());
}

// ---- cost ----

/// Millions of floating point operations for a picture, those of products.
double megaflops(const Way& way, const fs::path& run, const Images& noise) {
  using Counting = nop::Counting<>;
  using Net      = nop::UNet<2, Counting>;
  const nop::Tensor<float, 4, Counting> x(noise.shape());
  const auto path           = model_path(run, way.model);
  Counting::multiplications = 0;
  if (way.solver.empty())
    nop::load<nop::Dsno<Net>>(path).last(x);
  else if (way.model.starts_with("variance"))
    nop::load<nop::WithVariance<Net>>(path)(x, sampling::schedule()(0.5));
  else
    nop::load<Net>(path)(x, nop::Tensor<float, 1, Counting>({x.extent(0)}));
  const double calls = way.solver.empty() ? 1 : static_cast<double>(solver_of(way).evaluations());
  return 2e-6 * calls * static_cast<double>(Counting::multiplications) /
         static_cast<double>(x.extent(0));
}

std::size_t parameters_of(const Way& way, const fs::path& run) {
  if (way.solver.empty())
    return parameter_count(nop::load<sampling::Operator<nop::Cpu>>(model_path(run, way.model)));
  return sampling::with_model<nop::Cpu>(run, way.model,
                                        [](const auto& model) { return parameter_count(model); });
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Times all ways in turns, so that what else the machine does is no way's alone.
template <nop::backend Backend>
void time_ways(const Options& options) {
  const std::vector<std::size_t> batches{1, 8, 64};
  const auto ways = ways_in(options.run);
  const auto set  = trajectories_in(options.run);
  std::vector<Images> noise;
  for (const std::size_t batch : batches)
    noise.push_back(set.noise(nop::RandomStream(3, 0).indices(batch, 1000000)));
  std::vector<sampling::Sampler> samplers;
  for (const Way& way : ways) samplers.push_back(sampler_of<Backend>(way, options));

  std::vector<std::vector<double>> milliseconds(ways.size() * batches.size());
  nop::Progress progress({});
  progress.start("cost", options.rounds + 1);
  for (std::size_t round = 0; round <= options.rounds; ++round) {  // the first one is not counted
    for (std::size_t w = 0; w < ways.size(); ++w)
      for (std::size_t b = 0; b < batches.size(); ++b) {
        const double started = nop::detail::seconds_now();
        samplers[w](noise[b].view());
        const double seconds = nop::detail::seconds_now() - started;
        if (round > 0)
          milliseconds[w * batches.size() + b].push_back(1e3 * seconds /
                                                         static_cast<double>(batches[b]));
      }
    progress.show(round + 1, "");
  }
  Table table(options.run / "cost.csv", false);
  for (std::size_t w = 0; w < ways.size(); ++w) {
    const Way& way     = ways[w];
    const double calls = way.solver.empty() ? 1 : static_cast<double>(solver_of(way).evaluations());
    Values values{{"evaluations", calls},
                  {"parameters", static_cast<double>(parameters_of(way, options.run))},
                  {"MFLOP", megaflops(way, options.run, noise[1])}};
    for (std::size_t b = 0; b < batches.size(); ++b)
      values.emplace_back("ms at " + std::to_string(batches[b]),
                          median(milliseconds[w * batches.size() + b]));
    table.add(way.name, values);
  }
  progress.finish(table.path().string());
}

// ---- report ----

/// Quality over cost, a line for each family.
void draw(const Table& table, const std::vector<Way>& ways, const std::string& cost,
          const std::string& label, const fs::path& path) {
  nop::LinePlot plot{.title   = "Frechet distance to real pictures",
                     .x_label = label,
                     .y_label = "FD",
                     .x_scale = nop::Scale::logarithmic,
                     .y_scale = nop::Scale::logarithmic};
  for (const Way& way : ways) {
    const auto x = table.value(way.name, cost), y = table.value(way.name, "FD");
    if (!x || !y) continue;
    auto found = std::find_if(plot.series.begin(), plot.series.end(),
                              [&](const auto& series) { return series.label == way.family; });
    if (found == plot.series.end())
      found = plot.series.insert(plot.series.end(), nop::Series{.label = way.family});
    found->x.push_back(*x);
    found->y.push_back(*y);
  }
  nop::write_line_plot(path, plot);
}

void report(const Options& options) {
  const auto ways    = ways_in(options.run);
  const auto quality = Table::read(options.run / "quality.csv");
  const auto cost    = Table::read(options.run / "cost.csv");
  Table table(options.run / "samplers.csv", false);
  for (const char* const name : {"real", "teacher"})
    if (quality.has(name)) table.add(name, quality.row(name));
  for (const Way& way : ways) {
    Values values;
    for (const Table* const from : {&quality, &cost})
      if (from->has(way.name))
        values.insert(values.end(), from->row(way.name).begin(), from->row(way.name).end());
    table.add(way.name, values);
  }
  table.write_markdown(options.run / "samplers.md");
  draw(table, ways, "MFLOP", "million operations a picture", options.run / "operations.png");
  draw(table, ways, "ms at 64", "milliseconds a picture, 64 at a time",
       options.run / "milliseconds.png");
  std::printf("%s, samplers.md, operations.png, milliseconds.png\n", table.path().c_str());
}

void run(int argc, char** argv) {
  Options options;
  CLI::App app("Compares all ways from noise to pictures that dsno_train made possible.");
  app.require_subcommand(1);
  const auto stage = [&](const char* name, const char* what, const auto& act) {
    CLI::App* const command = app.add_subcommand(name, what);
    command->add_option("--run", options.run, "folder that dsno_train filled")
        ->capture_default_str()
        ->check(CLI::ExistingDirectory);
    command->add_option("--images", options.images, "real pictures")
        ->capture_default_str()
        ->check(CLI::ExistingFile);
    command->add_option("--threads", options.threads, "0: as many as there are processors")
        ->capture_default_str();
    examples::add_backend_option(*command, options.backend);
    command->callback([&options, act] {
      if (options.threads > 0) nop::Cpu::set_thread_count(options.threads);
      examples::on_backend(options.backend, [&](auto backend) { act(backend, options); });
    });
    return command;
  };
  auto* const quality = stage("quality", "how good their pictures are",
                              []<class B>(B, const Options& all) { judge<B>(all); });
  quality
      ->add_option("--more-images", options.more_images,
                   "other real ones, to see how far those are")
      ->capture_default_str()
      ->check(CLI::ExistingFile);
  quality->add_option("--count", options.count, "pictures of each")
      ->capture_default_str()
      ->check(CLI::Range(2, 10000000));
  quality->add_option("--neighbours", options.neighbours, "pictures for precision and recall")
      ->capture_default_str()
      ->check(CLI::Range(4, 100000));
  quality->add_option("--batch", options.batch, "pictures at a time")
      ->capture_default_str()
      ->check(CLI::Range(1, 4096));
  quality->add_flag("--resume", options.resume, "keep the rows that are there");
  stage("cost", "what they take", []<class B>(B, const Options& all) { time_ways<B>(all); })
      ->add_option("--rounds", options.rounds, "of which the median is taken")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  stage("report", "both in one table and plots", [](auto, const Options& all) { report(all); });
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
    std::fprintf(stderr, "dsno_evaluate: %s\n", error.what());
    return 1;
  }
}
