// SPDX-License-Identifier: BSD-3-Clause
// Compares all ways from noise to pictures that dsno_train made possible, by the same noise:
//
//     dsno_evaluate quality     how good their pictures are: quality.csv
//     dsno_evaluate cost        what they take: cost.csv
//     dsno_evaluate report      both in one table and plots: samplers.csv, samplers.md, *.png
//
// All files are in --run. Ways whose models are not there are left out.
#include <nop/backend/counting.hpp>
#include <nop/io/line_plot.hpp>
#include <nop/models/in_batches.hpp>
#include <nop/ops/axes.hpp>
#include <nop/training/progress.hpp>
#include <nop/training/read_images.hpp>
#include <nop/training/trajectories.hpp>

#include "backends.hpp"
#include "evaluation_table.hpp"
#include "image_models.hpp"
#include "picture_judge.hpp"
#include "sampling_ways.hpp"
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace fs = std::filesystem;
using sampling::Images;
using sampling::Judge;
using sampling::model_path;
using sampling::Way;

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
  std::string rival      = "kd";
  bool resume            = false;
};

// ---- quality ----

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
    const auto seen =
        judge.features(sampling::clipped(ends_of(set, sampling::numbers_from(first, count))));
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
  const auto samples = sampling::numbers_from(first, std::min(made - first, options.count));
  set.read(samples.size(), first);
  if (samples.size() < options.count)
    std::fprintf(stderr, "only %zu trajectories are held out, not %zu\n", samples.size(),
                 options.count);
  return {set.noise(samples), ends_of(set, samples)};
}

/// Whom the others are compared with, if the model is there.
std::vector<Way>::const_iterator rival_in(const std::vector<Way>& ways, const Options& options) {
  return std::find_if(ways.begin(), ways.end(),
                      [&](const Way& way) { return way.name == options.rival; });
}

/// Those of other numbers of pictures, and where the model, the judge or the teacher is newer than
/// the table, or the rival is, or another one.
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
  const auto rival = rival_in(ways, options);
  for (const Way& way : ways) {
    check(way.name, way.model);
    if (rival == ways.end()) continue;
    check(way.name, rival->model);
    if (!table.value(way.name, "FD - " + rival->name)) table.drop(way.name);
  }
}

template <nop::backend Backend>
void judge(const Options& options) {
  Judge<Backend> judge(options.run, options.images, options.neighbours, options.batch);
  const auto ways   = sampling::ways_in(options.run);
  const auto unseen = held_out(options);
  Table table(options.run / "quality.csv", options.resume);
  drop_old_rows(table, ways, options, unseen.noise.extent(0));
  nop::Progress progress({});
  progress.start("quality", ways.size() + 2);
  std::size_t done = 0;
  const auto add   = [&](const std::string& name, const auto& make) {
    if (!table.has(name)) table.add(name, judge(make()));
    progress.report(++done, name);
  };
  add("real", [&] {
    return sampling::clipped(
        sampling::first_samples(nop::read_images(options.more_images), unseen.noise.extent(0)));
  });
  judge.set_teacher(sampling::clipped(unseen.teacher), teacher_moments(judge, options));
  add("teacher", [&] { return sampling::clipped(unseen.teacher); });
  const auto pictures_of = [&](const Way& way) {
    return sampling::clipped(nop::in_batches(
        sampling::sampler_of<Backend>(way, options.run, options.images, options.batch),
        unseen.noise, options.batch));
  };
  const auto rival  = rival_in(ways, options);
  const auto is_new = [&](const Way& way) { return !table.has(way.name); };
  if (rival != ways.end() && std::any_of(ways.begin(), ways.end(), is_new))
    judge.set_rival(rival->name, pictures_of(*rival));
  for (const Way& way : ways) add(way.name, [&] { return pictures_of(way); });
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
  const double calls =
      way.solver.empty() ? 1 : static_cast<double>(sampling::solver_of(way).evaluations());
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
  const auto ways = sampling::ways_in(options.run);
  const auto set  = trajectories_in(options.run);
  std::vector<Images> noise;
  for (const std::size_t batch : batches)
    noise.push_back(set.noise(nop::RandomStream(3, 0).indices(batch, 1000000)));
  std::vector<sampling::Sampler> samplers;
  for (const Way& way : ways)
    samplers.push_back(
        sampling::sampler_of<Backend>(way, options.run, options.images, options.batch));

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
    const Way& way = ways[w];
    const double calls =
        way.solver.empty() ? 1 : static_cast<double>(sampling::solver_of(way).evaluations());
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
  const auto ways    = sampling::ways_in(options.run);
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
  std::vector<std::string> names;
  for (const Way& way : sampling::all_ways()) names.push_back(way.name);
  quality->add_option("--rival", options.rival, "whom the others are compared with, draw by draw")
      ->capture_default_str()
      ->check(CLI::IsMember(names));
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
