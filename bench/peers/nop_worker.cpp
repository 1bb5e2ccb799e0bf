// SPDX-License-Identifier: BSD-3-Clause
// Times nop for compare.py and growth.py. With arguments it prints what the machine can do, the
// least work of cases, or the most memory that a process needs which does nothing but this case, or
// writes a network and its answer.
#include <nop/backend/cpu.hpp>
#include <nop/core/host_memory.hpp>
#include <nop/version.hpp>

#include "ceilings.hpp"
#include "peers/worker.hpp"

#include <cstdio>

namespace {

void print_ceilings() {
  const auto& c = bench::ceilings(nop::Cpu::thread_count());
  std::printf("%.6g %.6g %.6g %.6g %.6g\n", c.float_flops, c.double_flops, c.read, c.copy, c.triad);
}

void print_memory(const std::string& task) {
  const auto [name, pass, variant] = bench::parse_task(task);
  const auto work                  = bench::make_work(name, pass, variant);
  for (int i = 0; i < 3; ++i) work();
  std::printf("%.1f MB\n", static_cast<double>(bench::peak_resident_bytes()) / 1e6);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::string command = argc > 1 ? argv[1] : "";
    if (command == "ceilings" && argc == 2) {
      print_ceilings();
    } else if (command == "cost" && argc > 2) {
      for (int i = 2; i < argc; ++i) bench::print_cost(argv[i]);
    } else if (command == "memory" && argc == 3) {
      print_memory(argv[2]);
    } else if (command == "answer" && argc == 4) {
      bench::write_answer(bench::parse_case(argv[2]), {}, argv[3]);
    } else if (argc == 1) {
      return bench::serve("nop " + std::string(nop::version), [](const bench::Task& task) {
        nop::HostMemory::trim();
        return bench::make_work(task.name, task.pass, task.variant);
      });
    } else {
      std::fprintf(
          stderr,
          "usage: nop_worker [ceilings | cost CASE/PASS... | memory CASE/PASS | answer CASE "
          "FILE]\n");
      return 2;
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "nop_worker: %s\n", error.what());
    return 1;
  }
  return 0;
}
