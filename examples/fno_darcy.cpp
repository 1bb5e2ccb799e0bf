// SPDX-License-Identifier: BSD-3-Clause
// Learns Darcy flow: from the permeability a(x) to the pressure u(x) of -div(a grad u) = 1 on the
// unit square, u = 0 on its boundary. Without files it makes its own data; it tests at the
// resolution of the training and at twice that, and draws what it learned.
#include <nop/io/line_plot.hpp>
#include <nop/io/picture.hpp>
#include <nop/layers/to.hpp>
#include <nop/nop.hpp>
#include <nop/pde/darcy_data.hpp>

#include "backends.hpp"
#include <CLI/CLI.hpp>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <map>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace {

template <nop::backend Backend>
using Operator = nop::Normalized<nop::Fno<2, Backend>>;
using Data     = nop::Dataset<2>;

struct Options {
  std::string train;
  std::vector<std::string> tests;
  std::string recipe        = "small";
  std::size_t samples       = 1000;
  std::size_t tested        = 100;
  std::size_t resolution    = 32;
  std::size_t epochs        = 15;
  std::uint64_t seed        = 0;
  std::size_t threads       = 0;
  std::string backend       = "cpu";
  std::filesystem::path out = "out/darcy";
  bool resume               = false;
};

/// Hyper-parameters that go together.
struct Recipe {
  std::size_t width;
  std::size_t modes;
  std::size_t batch_size;
  double learning_rate;
};

// The first is that of the reference library's example; the cosine ends after twice the epochs.
const std::map<std::string, Recipe> recipes = {
    {"small", {.width = 24, .modes = 8, .batch_size = 64, .learning_rate = 1e-2}},
    {"medium", {.width = 32, .modes = 16, .batch_size = 32, .learning_rate = 5e-3}},
};

Options parse(int argc, char** argv) {
  Options options;
  CLI::App app("Trains a Fourier neural operator on Darcy flow and shows what it learned.");
  app.add_option("--train", options.train,
                 "training data: a .npz with arrays x and y [samples, grid...]")
      ->check(CLI::ExistingFile);
  app.add_option("--test", options.tests, "test data, any resolution; may be given more than once")
      ->check(CLI::ExistingFile);
  app.add_option("--recipe", options.recipe, "hyper-parameters")
      ->capture_default_str()
      ->check(CLI::IsMember(recipes));
  app.add_option("--samples", options.samples, "how many training samples to make")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000000));
  app.add_option("--test-samples", options.tested, "how many test samples to make")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000000));
  app.add_option("--resolution", options.resolution,
                 "points per axis of the training data to make; a power of two")
      ->capture_default_str()
      ->check(CLI::IsMember({8, 16, 32, 64, 128}));
  app.add_option("--epochs", options.epochs, "passes over the training data")
      ->capture_default_str()
      ->check(CLI::Range(1, 100000));
  app.add_option("--seed", options.seed, "of data, first weights and order")->capture_default_str();
  app.add_option("--threads", options.threads, "0: as many as there are processors")
      ->capture_default_str();
  examples::add_backend_option(app, options.backend);
  app.add_option("--out", options.out, "folder for the model, metrics, log and pictures")
      ->capture_default_str();
  app.add_flag("--resume", options.resume, "go on with the training that was stopped in --out");
  try {
    app.parse(argc, argv);
    if (options.train.empty() != options.tests.empty())
      throw CLI::ValidationError("--train and --test: give both or none");
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  return options;
}

struct Tasks {
  Data train;
  std::vector<Data> tests;
};

std::size_t resolution_of(const Data& data) { return data.inputs().extent(3); }

/// Functions of our own: random coefficients, and the solver's pressures at two resolutions.
Tasks make_data(const Options& options, nop::Rng& rng) {
  nop::Progress progress({});
  const auto made = [&](std::size_t count, std::vector<std::size_t> resolutions, const char* what) {
    progress.start(what, count);
    auto fields = nop::darcy_data<float>(
        {.intervals   = std::max<std::size_t>(128, 2 * options.resolution),
         .resolutions = std::move(resolutions)},
        rng.stream(), count, [&](std::size_t done) { progress.show(done, ""); });
    progress.finish("");
    std::vector<Data> sets;
    for (const auto& [input, output] : fields) sets.emplace_back(input, output);
    return sets;
  };
  auto train = made(options.samples, {options.resolution}, "solving for training data");
  return {train.front(), made(options.tested, {options.resolution, 2 * options.resolution},
                              "solving for test data")};
}

Tasks get_data(const Options& options, nop::Rng& rng) {
  if (options.train.empty()) return make_data(options, rng);
  std::vector<Data> tests;
  for (const auto& path : options.tests) tests.push_back(nop::read_dataset<2>(path));
  return {nop::read_dataset<2>(options.train), tests};
}

nop::Panel panel(std::string title, const nop::Tensor<float, 4, nop::Cpu>& field,
                 std::size_t sample, nop::ColourMap colours = nop::ColourMap::viridis) {
  const std::size_t height = field.extent(2), width = field.extent(3);
  const float* const first = field.data() + sample * field.extent(1) * height * width;
  return {.title   = std::move(title),
          .values  = {first, first + height * width},
          .height  = height,
          .width   = width,
          .colours = colours};
}

/// A row for each of a few samples: input, truth, prediction, error.
void draw_samples(const Operator<nop::Cpu>& model, const std::vector<Data>& tests,
                  const std::filesystem::path& path) {
  nop::PanelGrid picture{
      .title = "Darcy flow: from permeability to pressure", .columns = 4, .panels = {}};
  for (const auto& test : tests)
    for (std::size_t sample = 0; sample < std::min<std::size_t>(2, test.size()); ++sample) {
      const std::vector<std::size_t> one = {sample};
      const auto input = test.subset(one).inputs(), truth = test.subset(one).targets();
      const auto prediction = model(input);
      const auto size = std::to_string(input.extent(2)) + " x " + std::to_string(input.extent(3));
      picture.panels.push_back(panel("input, " + size, input, 0));
      picture.panels.push_back(panel("truth", truth, 0));
      picture.panels.push_back(panel("prediction", prediction, 0));
      nop::Panel& shown          = picture.panels.back();
      const nop::Panel& compared = *(picture.panels.end() - 2);
      shown.limits               = nop::drawable_limits(compared.values, nop::Scale::linear);
      picture.panels.push_back(
          panel("error", nop::subtract(prediction, truth), 0, nop::ColourMap::balance));
    }
  nop::write_panels(path, picture);
}

/// The mean of |u_k|^2 over the samples, added up over rings of equal wave number.
nop::Series spectrum(const std::string& label, const nop::Tensor<float, 4, nop::Cpu>& fields) {
  const auto grid  = nop::grid_of(fields.shape());
  const auto modes = nop::to_modes(fields, grid);
  std::vector<double> energy(std::min(grid[0], grid[1]) / 2 + 1);
  for (std::size_t sample = 0; sample < modes.extent(0); ++sample)
    for (std::size_t i = 0; i < modes.extent(2); ++i)
      for (std::size_t j = 0; j < modes.extent(3); ++j) {
        const auto k =
            static_cast<double>(nop::lowest_frequency(grid[0]) + static_cast<std::ptrdiff_t>(i));
        const auto ring =
            static_cast<std::size_t>(std::lround(std::hypot(k, static_cast<double>(j))));
        if (ring < energy.size())
          energy[ring] += (j == 0 ? 1.0 : 2.0) * std::norm(modes.view()(sample, 0, i, j)) /
                          static_cast<double>(modes.extent(0));
      }
  nop::Series series{.label = label, .x = {}, .y = {}};
  for (std::size_t ring = 1; ring < energy.size(); ++ring) {
    series.x.push_back(static_cast<double>(ring));
    series.y.push_back(energy[ring]);
  }
  return series;
}

void draw_spectra(const Operator<nop::Cpu>& model, const Data& test,
                  const std::filesystem::path& path) {
  nop::write_line_plot(
      path, {.title   = "Energy spectrum at " + std::to_string(resolution_of(test)) + " points",
             .x_label = "wave number",
             .y_label = "energy",
             .x_scale = nop::Scale::logarithmic,
             .y_scale = nop::Scale::logarithmic,
             .series  = {spectrum("truth", test.targets()),
                         spectrum("prediction", model(test.inputs()))}});
}

void draw_losses(const nop::History& history, const std::filesystem::path& path) {
  std::vector<nop::Series> series(1 + history.measures.size());
  series[0].label = "training loss (relative H1)";
  for (std::size_t m = 0; m < history.measures.size(); ++m)
    series[m + 1].label = "test " + history.measures[m];
  for (const auto& epoch : history.epochs)
    for (std::size_t s = 0; s < series.size(); ++s) {
      series[s].x.push_back(static_cast<double>(epoch.number));
      series[s].y.push_back(s == 0 ? epoch.loss : epoch.measures[s - 1]);
    }
  nop::write_line_plot(path, {.title   = "Training",
                              .x_label = "epoch",
                              .y_label = "relative error",
                              .y_scale = nop::Scale::logarithmic,
                              .series  = series});
}

nop::Json metrics(const Operator<nop::Cpu>& model, const Tasks& tasks,
                  const nop::History& history) {
  nop::Json result;
  for (const auto& test : tasks.tests) {
    const auto size    = std::to_string(resolution_of(test));
    result["l2"][size] = nop::mean_loss(model, test, nop::relative_l2);
    result["h1"][size] = nop::mean_loss(model, test, nop::relative_h1);
  }
  result["seconds"] =
      std::accumulate(history.epochs.begin(), history.epochs.end(), 0.0,
                      [](double sum, const nop::Epoch& epoch) { return sum + epoch.seconds; });
  result["parameters"] = nop::parameter_count(model);
  result["epochs"]     = history.epochs.size();
  return result;
}

/// The same data, where the training is.
template <nop::backend Backend>
nop::Dataset<2, Backend> on(const Data& data) {
  return {nop::to<Backend>(data.inputs()), nop::to<Backend>(data.targets())};
}

template <nop::backend Backend>
void run(const Options& options) {
  if (options.threads > 0) nop::Cpu::set_thread_count(options.threads);
  std::filesystem::create_directories(options.out);
  nop::Rng rng(options.seed);
  const Tasks tasks    = get_data(options, rng);
  const Recipe& recipe = recipes.at(options.recipe);

  Operator<Backend> model({.model  = {.in_channels  = tasks.train.inputs().extent(1),
                                      .out_channels = tasks.train.targets().extent(1),
                                      .width        = recipe.width,
                                      .modes        = {recipe.modes, recipe.modes}},
                           .input  = nop::NormalizerKind::per_channel,
                           .output = nop::NormalizerKind::per_channel},
                          rng);
  const auto train = on<Backend>(tasks.train);
  model.fit(train.inputs(), train.targets());
  const nop::Dataset<2, Backend> encoded(model.input_normalizer().encode(train.inputs()),
                                         model.output_normalizer().encode(train.targets()));

  nop::AdamW optimizer({.learning_rate = recipe.learning_rate, .weight_decay = 1e-4});
  const nop::CosineDecay schedule{.initial = recipe.learning_rate,
                                  .period  = 2.0 * static_cast<double>(options.epochs)};
  nop::Trainer trainer(model.model(), optimizer, nop::RelativeH1{.reduction = nop::Reduction::sum},
                       {.epochs        = options.epochs,
                        .batch_size    = recipe.batch_size,
                        .learning_rate = schedule,
                        .checkpoint    = options.out / "training.state",
                        .log           = options.out / "log.csv",
                        .seed          = options.seed,
                        .progress      = nop::Progress::Config{}});
  for (const auto& test : tasks.tests)
    trainer.measure("l2 at " + std::to_string(resolution_of(test)),
                    [&, data = on<Backend>(test)](const nop::Fno<2, Backend>&) {
                      return nop::mean_loss(model, data, nop::relative_l2);
                    });
  if (!options.resume)
    std::filesystem::remove(options.out / "training.state");
  else if (!trainer.resume())
    std::fprintf(stderr, "nothing to resume in %s: starting anew\n", options.out.c_str());
  const auto& history = trainer.fit(encoded);

  const auto trained = nop::to<nop::Cpu>(model);
  nop::save(trained, options.out / "model.safetensors");
  const auto result = metrics(trained, tasks, history);
  nop::write_atomically(options.out / "metrics.json",
                        [&](nop::OutputFile& file) { file.write(result.dump(2) + '\n'); });
  draw_samples(trained, tasks.tests, options.out / "samples.png");
  draw_losses(history, options.out / "losses.png");
  draw_spectra(trained, tasks.tests.back(), options.out / "spectrum.png");
  std::printf("%s\n", result.dump(2).c_str());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto options = parse(argc, argv);
    examples::on_backend(options.backend, [&]<class Backend>(Backend) { run<Backend>(options); });
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fno_darcy: %s\n", error.what());
    return 1;
  }
}
