// SPDX-License-Identifier: BSD-3-Clause
// The functions of nop_c.h. Each does its work inside of `reported`, out of which nothing is
// thrown.
#include <nop/backend/cpu/parallel.hpp>
#include <nop/core/error.hpp>
#include <nop/core/expects.hpp>
#include <nop/version.hpp>

#include "load.hpp"
#include <nop_c.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <memory>
#include <new>
#include <string_view>
#include <variant>

template <class Real>
using Loaded = std::unique_ptr<const nop::c::AnyModel<Real>>;

struct nop_model {
  std::variant<Loaded<float>, Loaded<double>> loaded;
};

namespace {

using nop::expects;

/// The words of the last error. An array: to note that memory is at an end takes no memory.
thread_local std::array<char, 1024> last_error{};

nop_status noted(nop_status status, std::string_view message) noexcept {
  const auto length  = message.copy(last_error.data(), last_error.size() - 1);
  last_error[length] = '\0';
  return status;
}

/// Does some work, and says how it went.
template <class Work>
nop_status reported(const Work& work) noexcept {
  try {
    work();
    return NOP_OK;
  } catch (const nop::PreconditionError& error) {
    return noted(NOP_INVALID_ARGUMENT, error.what());
  } catch (const nop::FormatError& error) {
    return noted(NOP_BAD_FILE, error.what());
  } catch (const std::bad_alloc&) {
    return noted(NOP_OUT_OF_MEMORY, "there is not enough memory");
  } catch (const std::exception& error) {
    return noted(NOP_FAILURE, error.what());
  } catch (...) {
    return noted(NOP_FAILURE, "an unknown error");
  }
}

/// A number that a model tells of itself, or 0.
template <class Ask>
std::size_t asked(const char* function, const nop_model* model, const Ask& ask) noexcept {
  std::size_t answer = 0;
  reported([&] {
    expects(model != nullptr, function, ": expected a model, got null");
    answer = std::visit(ask, model->loaded);
  });
  return answer;
}

/// The product of the factors, or the largest number if it is larger.
template <class... Factors>
std::size_t product(std::size_t first, Factors... factors) {
  std::size_t result = first;
  const auto times   = [&result](std::size_t factor) {
    constexpr auto largest = std::numeric_limits<std::size_t>::max();
    result                 = factor != 0 && result > largest / factor ? largest : result * factor;
  };
  (times(factors), ...);
  return result;
}

std::size_t points(std::size_t dimensions, const std::size_t* grid) {
  std::size_t count = 1;
  for (std::size_t axis = 0; axis < dimensions; ++axis) count = product(count, grid[axis]);
  return count;
}

void expect_grid(const char* function, std::size_t expected, std::size_t dimensions,
                 const std::size_t* grid) {
  expects(grid != nullptr, function, ": expected a grid, got null");
  expects(dimensions == expected, function, ": expected a grid of ", expected,
          " dimensions, as the model has, got one of ", dimensions);
}

template <class Real>
void expect_array(const char* function, const char* name, const Real* data, std::size_t count,
                  std::size_t expected) {
  expects(count == expected, function, ": expected ", name, " of ", expected, " numbers, got ",
          count);
  expects(data != nullptr || count == 0, function, ": expected ", name, ", got null");
  expects(reinterpret_cast<std::uintptr_t>(data) % alignof(Real) == 0, function, ": expected ",
          name, " at an address that is a multiple of ", alignof(Real));
}

nop_model* load(const char* function, const char* path, int precision, const char* arguments,
                const char* semantics, const char* state) noexcept {
  nop_model* result = nullptr;
  reported([&] {
    expects(path != nullptr, function, ": expected a path, got null");
    expects(precision == NOP_FLOAT || precision == NOP_DOUBLE, function,
            ": expected NOP_FLOAT or NOP_DOUBLE, got ", precision);
    const auto options = nop::c::options_from(arguments, semantics, state);
    auto model         = std::make_unique<nop_model>();
    if (precision == NOP_FLOAT)
      model->loaded = Loaded<float>(nop::c::load<float>(path, options));
    else
      model->loaded = Loaded<double>(nop::c::load<double>(path, options));
    result = model.release();
  });
  return result;
}

/// The largest dimension that `nop_load` knows.
constexpr std::size_t most_dimensions = 3;

template <class Real>
nop_status run(const char* function, const nop_model* model, std::size_t dimensions,
               const std::size_t* grid, std::size_t batch, const Real* input,
               std::size_t input_count, Real* output, std::size_t output_count) noexcept {
  return reported([&] {
    expects(model != nullptr, function, ": expected a model, got null");
    const auto* const loaded = std::get_if<Loaded<Real>>(&model->loaded);
    expects(loaded != nullptr, function, ": expected a model that was loaded in this precision");
    const auto& any = **loaded;
    expect_grid(function, any.dimensions(), dimensions, grid);
    std::array<std::size_t, most_dimensions> output_grid;
    any.output_grid(grid, output_grid.data());
    expect_array(function, "an input", input, input_count,
                 product(points(dimensions, grid), batch, any.in_channels()));
    expect_array(function, "an output", output, output_count,
                 product(points(dimensions, output_grid.data()), batch, any.out_channels()));
    any.run(batch, grid, input, output);
  });
}

}  // namespace

int nop_abi(void) { return NOP_C_ABI; }
const char* nop_version(void) { return nop::version.data(); }
const char* nop_last_error(void) { return last_error.data(); }

nop_model* nop_load(const char* path, int precision) {
  return load("nop_load", path, precision, nullptr, nullptr, nullptr);
}
nop_model* nop_load_reference(const char* path, int precision, const char* arguments,
                              const char* semantics, const char* state) {
  return load("nop_load_reference", path, precision, arguments, semantics, state);
}

void nop_free(nop_model* model) { delete model; }

size_t nop_dimensions(const nop_model* model) {
  return asked("nop_dimensions", model, [](const auto& any) { return any->dimensions(); });
}
size_t nop_in_channels(const nop_model* model) {
  return asked("nop_in_channels", model, [](const auto& any) { return any->in_channels(); });
}
size_t nop_out_channels(const nop_model* model) {
  return asked("nop_out_channels", model, [](const auto& any) { return any->out_channels(); });
}

nop_status nop_output_grid(const nop_model* model, size_t dimensions, const size_t* grid,
                           size_t* output_grid) {
  return reported([&] {
    expects(model != nullptr, "nop_output_grid: expected a model, got null");
    expects(output_grid != nullptr, "nop_output_grid: expected a place for the grid, got null");
    std::visit(
        [&](const auto& any) {
          expect_grid("nop_output_grid", any->dimensions(), dimensions, grid);
          any->output_grid(grid, output_grid);
        },
        model->loaded);
  });
}

nop_status nop_run_float(const nop_model* model, size_t dimensions, const size_t* grid,
                         size_t batch, const float* input, size_t input_count, float* output,
                         size_t output_count) {
  return run("nop_run_float", model, dimensions, grid, batch, input, input_count, output,
             output_count);
}
nop_status nop_run_double(const nop_model* model, size_t dimensions, const size_t* grid,
                          size_t batch, const double* input, size_t input_count, double* output,
                          size_t output_count) {
  return run("nop_run_double", model, dimensions, grid, batch, input, input_count, output,
             output_count);
}

nop_status nop_set_threads(size_t count) {
  return reported([&] {
    expects(count >= 1 && count <= 1024, "nop_set_threads: expected 1 to 1024 threads, got ",
            count);
    nop::cpu::set_thread_count(count);
  });
}
