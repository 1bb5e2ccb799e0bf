// SPDX-License-Identifier: BSD-3-Clause
// Times any spectral convolution that a user names, by every variant there is.
#include <nop/backend/cpu.hpp>

#include "ceilings.hpp"
#include "stopwatch.hpp"
#include "work.hpp"
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdio>
#include <exception>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace bench;

struct Options {
  std::string grid    = "128x128";
  std::string modes   = "32x32";
  std::string variant = "all";
  std::string json;
  std::size_t channels = 32;
  std::size_t batch    = 4;
  std::size_t threads  = nop::Cpu::thread_count();
  double seconds       = 0.5;
  bool in_double       = false;
  bool complex         = false;
};

/// What a row of the table shows.
struct Result {
  std::string variant, pass;
  double seconds, flops, bytes, limit;
};

std::string extents_are_right(const std::string& text) {
  const auto extents = parse_extents(text);
  if (!extents.empty() && extents.size() <= 4) return {};
  return "expected 1 to 4 extents such as 64 or 421x421 or 64x64x40, got '" + text + "'";
}

std::vector<std::string> variant_names() {
  std::vector<std::string> names = {"all"};
  for (const auto engine : all<nop::FourierEngine>()) names.push_back(name_of(engine));
  return names;
}

void declare(CLI::App& app, Options& o) {
  const CLI::Validator extents(extents_are_right, "EXTENTS");
  app.add_option("--grid", o.grid, "points per axis, 1 to 4 axes: 8192, 421x421, 64x64x40")
      ->check(extents)
      ->capture_default_str();
  app.add_option("--modes", o.modes, "modes per axis, as many axes, or one number for all")
      ->check(extents)
      ->capture_default_str();
  app.add_option("--channels", o.channels, "channels in and out")
      ->check(CLI::Range(std::size_t{1}, std::size_t{4096}))
      ->capture_default_str();
  app.add_option("--batch", o.batch, "fields at once")
      ->check(CLI::Range(std::size_t{1}, std::size_t{65536}))
      ->capture_default_str();
  app.add_option("--variant", o.variant, "how transforms are computed")
      ->check(CLI::IsMember(variant_names()))
      ->capture_default_str();
  app.add_option("--threads", o.threads, "threads to use")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1024}))
      ->capture_default_str();
  app.add_option("--seconds", o.seconds, "how long each row is measured, at least")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_flag("--double", o.in_double, "numbers of 8 bytes instead of 4");
  app.add_flag("--complex", o.complex, "complex fields instead of real ones");
  app.add_option("--json", o.json, "also write the table to this file")->type_name("FILE");
}

Case case_of(const Options& o) {
  Case c{.name     = {},
         .kind     = Kind::sc,
         .batch    = o.batch,
         .channels = o.channels,
         .grid     = parse_extents(o.grid),
         .modes    = parse_extents(o.modes)};
  if (c.modes.size() == 1) c.modes.resize(c.grid.size(), c.modes.front());
  if (c.modes.size() != c.grid.size())
    throw CLI::ValidationError(
        "--modes", "expected one number or " + std::to_string(c.grid.size()) +
                       ", as many as --grid " + o.grid + " has axes, got '" + o.modes + "'");
  c.name = "sc" + std::to_string(c.grid.size()) + "d_b" + std::to_string(c.batch) + "_c" +
           std::to_string(c.channels) + "_" + text_of(c.grid) + "_m" + text_of(c.modes);
  return c;
}

/// All rows are measured in turns, so that what disturbs the machine for a while disturbs them all.
std::vector<Result> measure(const Case& c, const Options& o, const Ceilings& ceiling) {
  const Element element = static_cast<Element>((o.in_double ? 1 : 0) + (o.complex ? 2 : 0));
  std::vector<Result> results;
  std::vector<Work> works;
  for (const auto engine : all<nop::FourierEngine>()) {
    if (o.variant != "all" && o.variant != name_of(engine)) continue;
    for (const Pass pass : {Pass::fwd, Pass::fwdbwd}) {
      const Cost cost = cost_of(c, pass, element);
      results.push_back({.variant = name_of(engine),
                         .pass    = name_of(pass),
                         .seconds = 0,
                         .flops   = cost.flops,
                         .bytes   = cost.bytes,
                         .limit   = ceiling.limit(cost, element)});
      works.push_back(make_work(c, pass, {.element = element, .engine = engine}));
      works.back()();
    }
  }
  constexpr int turns = 5;
  std::vector<std::vector<double>> times(works.size());
  for (int turn = 0; turn < turns; ++turn)
    for (std::size_t i = 0; i < works.size(); ++i)
      times[i].push_back(median_seconds(works[i], o.seconds / turns));
  for (std::size_t i = 0; i < works.size(); ++i) results[i].seconds = median(times[i]);
  return results;
}

void print(const Case& c, const Options& o, const Ceilings& ceiling,
           const std::vector<Result>& results) {
  std::printf("%s%s%s, threads %zu\n", c.name.c_str(), o.complex ? ", complex" : "",
              o.in_double ? ", double" : ", float", o.threads);
  std::printf("ceilings: %.0f GFLOP/s in float, %.0f in double; %.1f GB/s\n\n",
              ceiling.float_flops / 1e9, ceiling.double_flops / 1e9, ceiling.bandwidth() / 1e9);
  std::printf("%-12s %-8s %11s %9s %8s %9s\n", "variant", "pass", "ms", "GFLOP/s", "GB/s",
              "of limit");
  for (const auto& r : results)
    std::printf("%-12s %-8s %11.3f %9.1f %8.2f %7.1f %%\n", r.variant.c_str(), r.pass.c_str(),
                r.seconds * 1e3, r.flops / r.seconds / 1e9, r.bytes / r.seconds / 1e9,
                100 * r.limit / r.seconds);
}

void write(const Case& c, const Options& o, const Ceilings& ceiling,
           const std::vector<Result>& results) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const auto& r : results)
    rows.push_back({{"variant", r.variant},
                    {"pass", r.pass},
                    {"seconds", r.seconds},
                    {"flops", r.flops},
                    {"bytes", r.bytes},
                    {"share_of_limit", r.limit / r.seconds}});
  const nlohmann::ordered_json document = {{"case", c.name},
                                           {"double", o.in_double},
                                           {"complex", o.complex},
                                           {"threads", o.threads},
                                           {"ceilings",
                                            {{"float_flops", ceiling.float_flops},
                                             {"double_flops", ceiling.double_flops},
                                             {"read_bytes", ceiling.read},
                                             {"copy_bytes", ceiling.copy},
                                             {"triad_bytes", ceiling.triad}}},
                                           {"rows", rows}};
  std::ofstream file(o.json);
  file << document.dump(2) << '\n';
  if (!file.flush())
    throw CLI::ValidationError("--json",
                               "expected a file that can be written, got '" + o.json + "'");
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Times a spectral convolution, forward and forward with both gradients.");
  declare(app, options);
  try {
    app.parse(argc, argv);
    const Case c = case_of(options);
    nop::Cpu::set_thread_count(options.threads);
    const Ceilings& ceiling = ceilings(options.threads);
    const auto results      = measure(c, options, ceiling);
    print(c, options, ceiling, results);
    if (!options.json.empty()) write(c, options, ceiling, results);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "bench_spectral_conv: this case does not fit into memory\n");
    return 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_spectral_conv: %s\n", error.what());
    return 1;
  }
  return 0;
}
