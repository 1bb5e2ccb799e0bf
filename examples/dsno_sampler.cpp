// SPDX-License-Identifier: BSD-3-Clause
// Makes pictures out of noise in one evaluation of an operator, and by the solvers that it
// replaces:
//
//     dsno_sampler --count 64 --grid out.png
//     dsno_sampler --method dpm++2m --steps 10 --grid solver.png
//     dsno_sampler --compare compare.png
//
// The models are those of dsno_train: in examples/fashion_mnist, or in --run.
#include <nop/diffusion/noise.hpp>
#include <nop/io/array.hpp>
#include <nop/io/image_grid.hpp>
#include <nop/io/npy.hpp>
#include <nop/models/in_batches.hpp>
#include <nop/training/progress.hpp>

#include "backends.hpp"
#include "image_models.hpp"
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace fs = std::filesystem;
using sampling::Images;
using sampling::Noise;
using sampling::Operator;
using sampling::Sampler;

struct Options {
  fs::path run        = NOP_FASHION_MNIST_MODELS;
  std::string student = "dsno-4";
  std::string method  = "dsno";
  std::size_t steps   = 10;
  std::size_t count   = 64;
  std::size_t size    = 28;
  std::size_t batch   = 64;
  std::uint64_t seed  = 0;
  std::size_t threads = 0;
  std::string backend = "cpu";
  fs::path grid, save, trajectory, compare;
};

Options parse(int argc, char** argv) {
  Options options;
  CLI::App app("Makes pictures out of noise in one evaluation of an operator.");
  auto methods = nop::solver_names();
  std::erase_if(methods, [](const auto& name) { return name.starts_with("analytic"); });
  methods.insert(methods.begin(), "dsno");
  app.add_option("--run", options.run, "folder of the models that dsno_train made")
      ->capture_default_str();
  app.add_option("--student", options.student, "name of the operator")->capture_default_str();
  app.add_option("--method", options.method,
                 "dsno, or a solver of the backbone, which may be called backbone-ddim, too")
      ->capture_default_str()
      ->check(CLI::IsMember(methods))
      ->transform([](const std::string& name) {
        const std::string before = "backbone-";
        return name.starts_with(before) ? name.substr(before.size()) : name;
      });
  app.add_option("--steps", options.steps, "evaluations of the backbone by a solver")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  app.add_option("--count", options.count, "pictures")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000000));
  app.add_option("--size", options.size, "points of a picture along each axis")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  app.add_option("--batch", options.batch, "pictures at a time")
      ->capture_default_str()
      ->check(CLI::Range(1, 4096));
  app.add_option("--seed", options.seed, "of the noise")->capture_default_str();
  app.add_option("--threads", options.threads, "0: as many as there are processors")
      ->capture_default_str();
  examples::add_backend_option(app, options.backend);
  app.add_option("--grid", options.grid, "draw the pictures into this .png");
  app.add_option("--save", options.save,
                 "write them as a .npy, [count, channel, height, width] in [-1, 1]");
  app.add_option("--trajectory", options.trajectory,
                 "draw all states of some pictures, a row each, into this .png");
  app.add_option("--compare", options.compare,
                 "draw the same noise by the operator, by 50 steps of DDIM and by the reference "
                 "integrator into this .png");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  return options;
}

/// Answers noise with pictures, a batch at a time.
Images sampled(const Sampler& sampler, const Images& noise, std::size_t batch, const char* what) {
  nop::Progress progress({});
  progress.start(what, noise.extent(0));
  std::size_t done     = 0;
  const double started = nop::detail::seconds_now();
  auto images          = nop::in_batches(
      [&](const auto& x) {
        auto made = sampler(x);
        progress.show(done += x.extent(0), "");
        return made;
      },
      noise, batch);
  const double seconds = nop::detail::seconds_now() - started;
  char text[96];
  std::snprintf(text, sizeof text, "%zu pictures in %.2f s: %.1f a second, %.2f ms each",
                noise.extent(0), seconds, static_cast<double>(noise.extent(0)) / seconds,
                1e3 * seconds / static_cast<double>(noise.extent(0)));
  progress.finish(text);
  return images;
}

nop::ImageGrid grid_of_images(const std::vector<float>& values, const nop::Shape<4>& shape,
                              std::size_t columns) {
  return {.values        = values,
          .count         = shape[0],
          .channels      = shape[1],
          .height        = shape[2],
          .width         = shape[3],
          .columns       = columns,
          .magnification = std::max<std::size_t>(1, 64 / shape[2])};
}

template <nop::backend Backend>
Sampler solver_sampler(const Options& options, const std::string& name, std::size_t evaluations) {
  const auto config = nop::solver_named(name);
  const auto solver = sampling::solver_in(config, nop::TimeGrid::uniform, evaluations);
  return sampling::with_model<Backend>(options.run, sampling::model_of(config), [&](auto model) {
    return sampling::solver_sampler<Backend>(std::move(model), solver, options.seed);
  });
}

/// A row for each sampler, a column for each noise.
template <nop::backend Backend>
void draw_comparison(const Options& options, const Operator<Backend>& student,
                     const Images& noise) {
  std::vector<float> values;
  const auto append = [&](const char* what, const Sampler& sampler) {
    const auto made = sampled(sampler, noise, options.batch, what).to_host();
    values.insert(values.end(), made.begin(), made.end());
  };
  append("dsno, 1 evaluation", sampling::operator_sampler<Backend>(student));
  append("ddim, 50 evaluations", solver_sampler<Backend>(options, "ddim", 50));
  append("rk4, 400 evaluations", solver_sampler<Backend>(options, "rk4", 400));
  auto shape = noise.shape();
  shape[0] *= 3;
  nop::write_images(options.compare, grid_of_images(values, shape, noise.extent(0)));
}

/// A row for each noise, a column for each state.
template <nop::backend Backend>
void draw_trajectories(const fs::path& path, const Operator<Backend>& student,
                       const Images& noise) {
  const auto states = student(nop::to<Backend>(noise));
  auto shape        = noise.shape();
  shape[0] *= states.extent(1);
  nop::write_images(path, grid_of_images(states.to_host(), shape, states.extent(1)));
}

template <nop::backend Backend>
void run(const Options& options) {
  if (options.threads > 0) nop::Cpu::set_thread_count(options.threads);
  const bool solves        = options.method != "dsno";
  const bool draws_student = !options.compare.empty() || !options.trajectory.empty();
  std::optional<Operator<Backend>> student;
  const auto path = sampling::model_path(options.run, options.student);
  if (!solves || draws_student) {
    if (!fs::exists(path))
      throw std::runtime_error("no operator " + path.string() +
                               "; dsno_train student makes one, and --method dpm++2m does without");
    student = nop::load<Operator<Backend>>(path);
  }
  const std::size_t channels =
      (student ? student->config().backbone
               : nop::load<sampling::Net<Backend>>(sampling::model_path(options.run, "backbone"))
                     .config())
          .in_channels;
  const auto noise_of = [&](std::size_t count) {
    return nop::normal_noise<float, nop::Cpu>(
        nop::Shape{count, channels, options.size, options.size},
        nop::RandomStream(options.seed, 1U << 31U));  // operators learn from stream 0
  };
  if (!options.compare.empty()) draw_comparison(options, *student, noise_of(8));
  if (!options.trajectory.empty()) draw_trajectories(options.trajectory, *student, noise_of(6));
  if (draws_student && options.grid.empty() && options.save.empty()) return;

  const auto sampler = solves ? solver_sampler<Backend>(options, options.method, options.steps)
                              : sampling::operator_sampler<Backend>(*student);
  const auto images  = sampling::clipped(
      sampled(sampler, noise_of(options.count), options.batch, options.method.c_str()));
  const auto values = images.to_host();
  if (!options.grid.empty())
    nop::write_images(options.grid, grid_of_images(values, images.shape(), 16));
  if (!options.save.empty())
    nop::write_npy(options.save,
                   nop::make_array(values, {images.shape().begin(), images.shape().end()}));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto options = parse(argc, argv);
    examples::on_backend(options.backend, [&]<class Backend>(Backend) { run<Backend>(options); });
  } catch (const std::exception& error) {
    std::fprintf(stderr, "dsno_sampler: %s\n", error.what());
    return 1;
  }
}
