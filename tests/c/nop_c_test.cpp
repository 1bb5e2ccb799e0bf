// SPDX-License-Identifier: BSD-3-Clause
// The C interface against the models of the library itself.
#include <nop/backend/cpu.hpp>
#include <nop/io/checkpoint.hpp>
#include <nop/io/npz.hpp>
#include <nop/models/normalized.hpp>
#include <nop/models/tfno.hpp>
#include <nop/models/uno.hpp>

#include "io/hostile.hpp"
#include "io/reference/states.hpp"
#include "support/count_allocations.hpp"
#include "support/random_field.hpp"
#include "support/tolerance.hpp"
#include <doctest/doctest.h>
#include <nop_c.h>

#include <complex>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

namespace nop::test::nop_c_test {
namespace {

struct Freed {
  void operator()(nop_model* model) const { nop_free(model); }
};
using Loaded = std::unique_ptr<nop_model, Freed>;

Loaded owned(nop_model* model) {
  CAPTURE(nop_last_error());
  REQUIRE(model != nullptr);
  return Loaded(model);
}
Loaded loaded(const std::filesystem::path& path, int precision = NOP_FLOAT) {
  return owned(nop_load(path.c_str(), precision));
}

template <class Model>
std::filesystem::path saved(const Model& model) {
  static const nop::test::TemporaryFolder folder;
  static int number = 0;
  auto path         = folder / ("model" + std::to_string(++number));
  nop::save(model, path);
  return path;
}

template <class Model>
Model made(const typename Model::Config& config) {
  nop::Rng rng{1};
  return Model(config, rng);
}

/// A small one from 2 channels to 1.
template <class Model, std::size_t Dim = Model::dimensions>
Model small() {
  return made<Model>({.in_channels  = 2,
                      .out_channels = 1,
                      .width        = 4,
                      .depth        = 2,
                      .modes        = nop::uniform_shape<Dim>(4)});
}

nop_status run(const nop_model* model, const std::vector<std::size_t>& grid, std::size_t batch,
               const std::vector<float>& x, std::vector<float>& y) {
  return nop_run_float(model, grid.size(), grid.data(), batch, x.data(), x.size(), y.data(),
                       y.size());
}
nop_status run(const nop_model* model, const std::vector<std::size_t>& grid, std::size_t batch,
               const std::vector<double>& x, std::vector<double>& y) {
  return nop_run_double(model, grid.size(), grid.data(), batch, x.data(), x.size(), y.data(),
                        y.size());
}

/// What a loaded model gives is what the model itself gives, on two grids.
template <class Real, class Model, std::size_t Dim = Model::dimensions>
void check_same(const Model& model, const std::vector<Shape<Dim>>& grids) {
  const auto c = loaded(saved(model), std::is_same_v<Real, float> ? NOP_FLOAT : NOP_DOUBLE);
  CHECK(nop_dimensions(c.get()) == Dim);
  CHECK(nop_in_channels(c.get()) == 2);
  CHECK(nop_out_channels(c.get()) == 1);
  for (const auto& grid : grids) {
    const auto x = nop::test::random_tensor<Real, Cpu>(joined(Shape<2>{3, 2}, grid), 5);
    const auto y = model(x);
    const std::vector<std::size_t> extents(grid.begin(), grid.end());
    std::vector<std::size_t> output_extents(Dim);
    REQUIRE(nop_output_grid(c.get(), Dim, extents.data(), output_extents.data()) == NOP_OK);
    const auto expected_grid = grid_of(y.shape());
    CHECK(output_extents == std::vector<std::size_t>(expected_grid.begin(), expected_grid.end()));
    std::vector<Real> result(y.size(), -1);
    REQUIRE(run(c.get(), extents, 3, x.to_host(), result) == NOP_OK);
    CHECK(nop::test::worst_error(result, y.to_host()) < nop::test::rounding<Real>);
  }
}

TEST_CASE("a loaded model gives what it gave when it was saved") {
  check_same<float>(small<nop::Fno<2>>(), {{8, 8}, {9, 14}});
  nop::Rng rng{1};
  nop::Normalized<nop::Fno<1, Cpu, double>> normalized(
      {.model = {.in_channels = 2, .out_channels = 1, .width = 4, .modes = {5}}}, rng);
  normalized.fit(nop::test::random_tensor<double, Cpu>(Shape<3>{4, 2, 12}, 1),
                 nop::test::random_tensor<double, Cpu>(Shape<3>{4, 1, 12}, 2));
  check_same<double>(normalized, {{12}, {31}});
}

TEST_CASE("so does one of factorised weights, and one that changes the grid") {
  check_same<float>(
      made<nop::Tfno<3>>(nop::tensorised<3>(
          {.in_channels = 2, .out_channels = 1, .width = 4, .depth = 2, .modes = {4, 4, 4}}, 0.5)),
      {{6, 5, 8}});
  check_same<float>(made<nop::Uno<2>>({.in_channels  = 2,
                                       .out_channels = 1,
                                       .width        = 4,
                                       .layers = {{4, {4, 4}, {0.5, 0.5}}, {4, {4, 4}, {4, 2}}},
                                       .lifting_channels    = 8,
                                       .projection_channels = 8}),
                    {{8, 12}});
}

template <std::size_t Dim>
void check_precisions() {
  const auto path = saved(small<nop::Fno<Dim, Cpu, double>>());
  const std::vector<std::size_t> grid(Dim, 7);
  const std::size_t points = nop::element_count(nop::uniform_shape<Dim>(7));
  std::vector<double> x    = nop::test::random_values<double>(2 * points, 3), y(points);
  std::vector<float> x_float(x.begin(), x.end()), y_float(points);
  REQUIRE(run(loaded(path, NOP_FLOAT).get(), grid, 1, x_float, y_float) == NOP_OK);
  REQUIRE(run(loaded(path, NOP_DOUBLE).get(), grid, 1, x, y) == NOP_OK);
  CHECK(nop::test::worst_error(std::vector<double>(y_float.begin(), y_float.end()), y) < 1e-5);
}

TEST_CASE("in float and double a model says the same, in one to three dimensions") {
  check_precisions<1>();
  check_precisions<2>();
  check_precisions<3>();
}

TEST_CASE("input and output may be one array") {
  const auto c = loaded(
      saved(made<nop::Fno<1>>({.in_channels = 1, .out_channels = 1, .width = 4, .modes = {4}})));
  const auto x = nop::test::random_values<float>(10, 3);
  std::vector<float> apart(10), both = x;
  REQUIRE(run(c.get(), {10}, 1, x, apart) == NOP_OK);
  REQUIRE(run(c.get(), {10}, 1, both, both) == NOP_OK);
  CHECK(both == apart);
}

TEST_CASE("four threads may run one model at once") {
  const auto c = loaded(saved(small<nop::Fno<2>>()));
  const auto x = nop::test::random_values<float>(2 * 20 * 16, 3);
  std::vector<float> expected(20 * 16);
  REQUIRE(run(c.get(), {20, 16}, 1, x, expected) == NOP_OK);
  std::vector<std::vector<float>> results(4, std::vector<float>(20 * 16));
  std::vector<std::thread> threads;
  for (auto& result : results)
    threads.emplace_back([&] {
      nop_set_threads(1);
      for (int step = 0; step < 5; ++step) run(c.get(), {20, 16}, 1, x, result);
    });
  for (auto& thread : threads) thread.join();
  for (const auto& result : results) CHECK(result == expected);
}

TEST_CASE("a model that has run on a grid allocates nothing there, called from C") {
  const auto c = loaded(saved(small<nop::Fno<2>>()));
  const auto x = nop::test::random_values<float>(2 * 20 * 16, 3);
  std::vector<float> y(20 * 16);
  const std::size_t grid[] = {20, 16};
  const auto step          = [&] {
    nop_run_float(c.get(), 2, grid, 1, x.data(), x.size(), y.data(), y.size());
  };
  step();
  CHECK(nop::test::allocations_during(step) == 0);
}

// --- Models that PyTorch trained. ---------------------------------------------------------------

/// The largest difference between what a model answers and what PyTorch did.
template <class Real>
double difference_from_pytorch(const nop_model* model, const std::string& name) {
  const auto arrays   = nop::read_npz(nop::test::reference_file(name + ".npz"));
  const auto& shape   = arrays.at("x").shape();
  const auto expected = arrays.at("y").values<Real>();
  std::vector<Real> y(expected.size());
  REQUIRE(run(model, {shape.begin() + 2, shape.end()}, shape[0], arrays.at("x").values<Real>(),
              y) == NOP_OK);
  return nop::test::worst_error(y, expected);
}

std::string fixture(const std::string& name) { return nop::test::reference_file(name).string(); }

TEST_CASE("a checkpoint of PyTorch that says all of itself is loaded as any other file") {
  for (const auto* name : {"fno", "fno_1d", "fno_3d", "tfno_tucker", "script_2d"}) {
    CAPTURE(name);
    const auto path = fixture(name + std::string(".pt"));
    CHECK(difference_from_pytorch<float>(loaded(path).get(), name) < 1e-5);
    CHECK(difference_from_pytorch<double>(loaded(path, NOP_DOUBLE).get(), name) < 1e-5);
  }
}

TEST_CASE("what a checkpoint does not say is said as text or by a file") {
  const auto path = fixture("uno.pt"), file = fixture("uno.json");
  const auto bytes = nop::read_file(file);
  const auto text  = " \n" + nop::test::text_of(bytes);
  for (const auto& arguments : {file, text}) {
    const auto c =
        owned(nop_load_reference(path.c_str(), NOP_FLOAT, arguments.c_str(), "v2_0", nullptr));
    CHECK(difference_from_pytorch<float>(c.get(), "uno") < 1e-5);
  }
  const auto wrapped = fixture("fno_wrapped.pt");
  CHECK(owned(nop_load_reference(wrapped.c_str(), NOP_FLOAT, nullptr, nullptr, nullptr)) !=
        nullptr);
}

TEST_CASE("semantics that are asked for are those of the answer") {
  const auto path = fixture("fno.pt");
  const auto c    = [&](const char* semantics) {
    return owned(nop_load_reference(path.c_str(), NOP_DOUBLE, nullptr, semantics, nullptr));
  };
  const auto exact = c("exact"), unsaid = c(nullptr), v2_0 = c("v2_0"),
             plain           = loaded(path, NOP_DOUBLE);
  const std::size_t channels = nop_in_channels(exact.get());
  const auto answer          = [&](const Loaded& model, std::size_t n) {
    std::vector<double> y(n * n * nop_out_channels(model.get()));
    REQUIRE(run(model.get(), {n, n}, 1, nop::test::random_values<double>(channels * n * n, 3), y) ==
                     NOP_OK);
    return y;
  };
  CHECK(answer(unsaid, 11) == answer(exact, 11));
  CHECK(answer(plain, 11) == answer(exact, 11));
  CHECK(answer(v2_0, 11) != answer(exact, 11));
  CHECK(answer(v2_0, 12) == answer(exact, 12));
}

TEST_CASE("what is said beside a checkpoint and makes no sense is refused") {
  const auto path    = fixture("uno.pt");
  const auto refused = [&](const char* arguments, const char* semantics, const char* state,
                           const std::string& why) {
    CHECK(nop_load_reference(path.c_str(), NOP_FLOAT, arguments, semantics, state) == nullptr);
    const std::string message = nop_last_error();
    CAPTURE(message);
    CHECK(message.find(why) != std::string::npos);
  };
  refused(nullptr, nullptr, nullptr, "expected to be told 'uno_scalings'");
  refused("{\"uno_scalings\": ", nullptr, nullptr, "the arguments: byte");
  refused("{\"uno_scaling\": 1}", nullptr, nullptr, "got 'uno_scaling'");
  refused("{\"uno_scalings\": 1, \"stabilizer\": \"tanh\"}", nullptr, nullptr,
          "'stabilizer' is given");
  refused("/no/such/file.json", nullptr, nullptr, "/no/such/file.json");
  refused("", nullptr, nullptr, "No such file");
  refused(nullptr, "v3", nullptr, "expected semantics exact, head, v2_0 or v1_0, got 'v3'");
  refused(nullptr, nullptr, "ema", "no model under 'ema'");
  const auto ours = saved(small<nop::Fno<1>>());
  CHECK(nop_load_reference(ours.c_str(), NOP_FLOAT, nullptr, "v2_0", nullptr) == nullptr);
  CHECK(std::string(nop_last_error()).find("expected no options on a model of nop") !=
        std::string::npos);
  CHECK(nop_load_reference(nullptr, NOP_FLOAT, nullptr, nullptr, nullptr) == nullptr);
  CHECK(std::string(nop_last_error()) == "nop_load_reference: expected a path, got null");
  CHECK(nop_load(fixture("fno_complex.pt").c_str(), NOP_FLOAT) == nullptr);
  CHECK(std::string(nop_last_error()).find("expected a model of real fields") != std::string::npos);
}

// --- What goes wrong. --------------------------------------------------------------------------

void check_refused(nop_status status, nop_status expected, const std::string& message) {
  CHECK(status == expected);
  CHECK(std::string(nop_last_error()) == message);
}

TEST_CASE("null pointers are refused") {
  const auto c = loaded(saved(small<nop::Fno<2>>()));
  std::vector<float> x(2 * 64), y(64);
  const std::size_t grid[] = {8, 8};
  std::size_t out[2];
  const auto refused = [](nop_status status, const char* message) {
    check_refused(status, NOP_INVALID_ARGUMENT, message);
  };
  refused(nop_run_float(nullptr, 2, grid, 1, x.data(), 128, y.data(), 64),
          "nop_run_float: expected a model, got null");
  refused(nop_run_float(c.get(), 2, nullptr, 1, x.data(), 128, y.data(), 64),
          "nop_run_float: expected a grid, got null");
  refused(nop_run_float(c.get(), 2, grid, 1, nullptr, 128, y.data(), 64),
          "nop_run_float: expected an input, got null");
  refused(nop_run_float(c.get(), 2, grid, 1, x.data(), 128, nullptr, 64),
          "nop_run_float: expected an output, got null");
  refused(nop_output_grid(nullptr, 2, grid, out), "nop_output_grid: expected a model, got null");
  refused(nop_output_grid(c.get(), 2, nullptr, out), "nop_output_grid: expected a grid, got null");
  refused(nop_output_grid(c.get(), 2, grid, nullptr),
          "nop_output_grid: expected a place for the grid, got null");
  CHECK(nop_dimensions(nullptr) == 0);
  CHECK(nop_in_channels(nullptr) == 0);
  CHECK(nop_out_channels(nullptr) == 0);
  CHECK(std::string(nop_last_error()) == "nop_out_channels: expected a model, got null");
  CHECK(nop_load(nullptr, NOP_FLOAT) == nullptr);
  CHECK(std::string(nop_last_error()) == "nop_load: expected a path, got null");
  nop_free(nullptr);
}

TEST_CASE("another rank, precision or number of values than the model's is refused") {
  const auto c = loaded(saved(small<nop::Fno<2>>()));
  std::vector<float> x(2 * 64), y(64);
  std::vector<double> wide(2 * 64), wide_result(64);
  const auto refused = [](nop_status status, const char* message) {
    check_refused(status, NOP_INVALID_ARGUMENT, message);
  };
  refused(run(c.get(), {8, 8, 8}, 1, x, y),
          "nop_run_float: expected a grid of 2 dimensions, as the model has, got one of 3");
  refused(run(c.get(), {8, 8}, 1, wide, wide_result),
          "nop_run_double: expected a model that was loaded in this precision");
  refused(run(c.get(), {8, 9}, 1, x, y),
          "nop_run_float: expected an input of 144 numbers, got 128");
  refused(run(c.get(), {8, 8}, 1, x, x),
          "nop_run_float: expected an output of 64 numbers, got 128");
  constexpr std::size_t huge = std::size_t{1} << 60;
  CHECK(run(c.get(), {huge, huge}, 1, x, y) == NOP_INVALID_ARGUMENT);
  std::vector<float> none;
  CHECK(run(c.get(), {0, 8}, 1, none, none) == NOP_INVALID_ARGUMENT);
  const std::size_t grid[] = {8, 8};
  std::vector<char> bytes(4 * 128 + 1);
  const auto* crooked = reinterpret_cast<const float*>(bytes.data() + 1);
  refused(nop_run_float(c.get(), 2, grid, 1, crooked, 128, y.data(), 64),
          "nop_run_float: expected an input at an address that is a multiple of 4");
  refused(nop_set_threads(0), "nop_set_threads: expected 1 to 1024 threads, got 0");
  refused(nop_set_threads(1025), "nop_set_threads: expected 1 to 1024 threads, got 1025");
  CHECK(nop_load("any", 7) == nullptr);
  CHECK(std::string(nop_last_error()) == "nop_load: expected NOP_FLOAT or NOP_DOUBLE, got 7");
  CHECK(run(c.get(), {8, 8}, 0, none, none) == NOP_OK);
}

TEST_CASE("files that hold no model that is known are refused, and the message says why") {
  const nop::test::TemporaryFolder folder;
  const auto refused = [](const std::filesystem::path& path, const std::string& why) {
    CHECK(nop_load(path.c_str(), NOP_FLOAT) == nullptr);
    const std::string message = nop_last_error();
    CAPTURE(message);
    CHECK(message.find(why) != std::string::npos);
  };
  refused(folder / "absent", "absent");
  refused(folder / ".", "Is a directory");
  nop::write_safetensors(folder / "arrays", {});
  refused(folder / "arrays", "not a nop checkpoint");
  refused(saved(small<nop::Fno<4>>()), "expected a model of 1, 2 or 3 dimensions, got 4");
  nop::SafeTensors other;
  nop::model_to_file(small<nop::Fno<1>>(), "", other);
  other.metadata["nop.model"] = "Transformer";
  nop::write_safetensors(folder / "other", other);
  refused(folder / "other", "a model that is no Fno or Uno: 'Transformer'");
  refused(saved(small<nop::Fno<1, Cpu, std::complex<float>>>()),
          "expected a model of real fields, got one of complex fields");
}

TEST_CASE("a damaged file is an error wherever the damage is") {
  const nop::test::TemporaryFolder folder;
  const auto whole = nop::read_file(saved(small<nop::Fno<1>>()));
  for (std::size_t length = 0; length < whole.size(); length += 97) {
    nop::write_atomically(folder / "part", [&](nop::OutputFile& file) {
      file.write(std::string(reinterpret_cast<const char*>(whole.data()), length));
    });
    CHECK(nop_load((folder / "part").c_str(), NOP_FLOAT) == nullptr);
  }
}

TEST_CASE("each thread has an error of its own") {
  nop_set_threads(0);
  const std::string mine = nop_last_error();
  CHECK(mine != "");
  std::thread([&] {
    CHECK(std::string(nop_last_error()) == "");
    nop_load(nullptr, NOP_FLOAT);
    CHECK(std::string(nop_last_error()) != mine);
  }).join();
  CHECK(std::string(nop_last_error()) == mine);
}

TEST_CASE("the library is of the version of its header") {
  CHECK(nop_abi() == NOP_C_ABI);
  CHECK(std::string(nop_version()) == nop::version);
}

}  // namespace

}  // namespace nop::test::nop_c_test
