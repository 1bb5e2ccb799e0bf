// SPDX-License-Identifier: BSD-3-Clause
// Times nop on a GPU for compare_cuda.py. With arguments it prints what the device can do, the
// least work of cases, or how long the backend's primitives take, or writes a network and its
// answer.
#include <nop/backend/cuda/runtime.cuh>
#include <nop/version.hpp>

#include "cuda/ceilings.cuh"
#include "cuda/kernels.cuh"
#include "cuda/stopwatch.cuh"
#include "peers/worker.hpp"

#include <cstdio>
#include <exception>
#include <string>

namespace {

std::string device_name() {
  int number = 0;
  cudaDeviceProp properties{};
  nop::cuda::check(cudaGetDevice(&number), "cudaGetDevice");
  nop::cuda::check(cudaGetDeviceProperties(&properties, number), "cudaGetDeviceProperties");
  return properties.name;
}

void print_ceilings() {
  const auto c = bench::device_ceilings();
  std::printf(
      "{\"device\": \"%s\", \"float_flops\": %.6g, \"double_flops\": %.6g, \"sgemm_flops\": %.6g, "
      "\"read_bytes\": %.6g, \"copy_bytes\": %.6g, \"triad_bytes\": %.6g}\n",
      device_name().c_str(), c.float_flops, c.double_flops, c.sgemm_flops, c.read_bytes,
      c.copy_bytes, c.triad_bytes);
}

/// A line of JSON for each primitive whose name has this text in it.
void time_kernels(const std::string& text) {
  for (const auto& kernel : bench::kernel_cases()) {
    if (kernel.name.find(text) == std::string::npos) continue;
    std::printf("{\"kernel\": \"%s\", \"flops\": %.6g, \"bytes\": %.6g, ", kernel.name.c_str(),
                kernel.cost.flops, kernel.cost.bytes);
    try {
      const auto work = kernel.make();
      for (int warm_up = 0; warm_up < 3; ++warm_up) work();
      std::printf("\"seconds\": %.6g}\n", bench::event_seconds(work, 0.03));
    } catch (const std::exception& error) {
      std::printf("\"error\": \"%s\"}\n", error.what());
    }
    std::fflush(stdout);
  }
}

std::string about() {
  int runtime = 0, driver = 0;
  nop::cuda::check(cudaRuntimeGetVersion(&runtime), "cudaRuntimeGetVersion");
  nop::cuda::check(cudaDriverGetVersion(&driver), "cudaDriverGetVersion");
  const auto version = [](int number) {
    return std::to_string(number / 1000) + "." + std::to_string(number % 1000 / 10);
  };
  return "nop " + std::string(nop::version) + ", CUDA " + version(runtime) + ", driver for CUDA " +
         version(driver) + ", " + device_name();
}

/// Each repetition is asked for call by call, or captured as a graph once and repeated.
int serve(bool captured) {
  return bench::serve(
      about() + (captured ? ", captured" : ""),
      [captured](const bench::Task& task) -> bench::Work {
        auto variant     = task.variant;
        variant.captured = captured;
        return bench::make_work(task.name, task.pass, variant);
      },
      bench::event_seconds);
}

/// "CASE", or "CASE/ELEMENT"
void write_answer(const std::string& name, const std::string& path) {
  const std::size_t end = std::min(name.find('/'), name.size());
  const auto task       = bench::parse_task(name.substr(0, end) + "/fwd" + name.substr(end));
  bench::write_answer(task.name, task.variant, path);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::string command = argc > 1 ? argv[1] : "";
    if (command == "ceilings" && argc == 2) {
      print_ceilings();
    } else if (command == "kernels" && argc <= 3) {
      time_kernels(argc == 3 ? argv[2] : "");
    } else if (command == "cost" && argc > 2) {
      for (int i = 2; i < argc; ++i) bench::print_cost(argv[i]);
    } else if (command == "answer" && argc == 4) {
      write_answer(argv[2], argv[3]);
    } else if (argc == 1 || (command == "graph" && argc == 2)) {
      return serve(argc == 2);
    } else {
      std::fprintf(
          stderr,
          "usage: nop_cuda_worker [graph | ceilings | kernels [TEXT] | cost CASE/PASS... | "
          "answer CASE FILE]\n");
      return 2;
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "nop_cuda_worker: %s\n", error.what());
    return 1;
  }
  return 0;
}
