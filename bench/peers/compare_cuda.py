#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Times nop and PyTorch on the same GPU and the same cases in turns, and the backend's primitives
alone; writes a table, the data and a plot.

PyTorch has the reference library's formulas, and has to give the answers of ours with the
parameters of ours. It is timed eagerly, captured as a CUDA graph, and by torch.compile, each with
and without TF32. Compiling takes most of the time: first all others are timed, then as much is
compiled as --compile-seconds allow, the first cases first, and all are timed in turns again.
Results go to cuda.jsonl as they come, a line each.
"""

import argparse
import csv
import json
import os
import re
import select
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from compare import draw, median_ratio, passes, table, time_in_turns, write_as
from workers import HERE, ROOT, Refused, Worker, about_this_run, costs, limit, output

# The most important first: time may end.
CASES = ["fno2d_b8_h64_128_m32", "sc2d_b16_c64_128_m32", "fno2d_b1_h64_128_m32",
         "fno2d_b32_h24_16_m8", "sc2d_b1_c64_128_m32", "sc1d_b16_c64_n8192_m32",
         "sc3d_b2_c32_64x64x40_m16", "fno1d_b20_h64_1024_m32", "fno3d_b1_h20_64x64x40_m16",
         "sc2d_b4_c32_256_m24", "sc2d_b8_c64_64_m32"]
# Shapes that TurboFNO publishes (arXiv 2504.11681, benchmark_config of its repository): complex
# fields on 128 or 256 points an axis, batches of 1 to 128, 64 modes kept. It has one matrix for all
# modes; here each mode has its own.
TURBO = ["sc1d_b1024_c64_n128_m64", "sc1d_b1024_c64_n256_m64", "sc2d_b16_c64_256x128_m64",
         "sc2d_b64_c64_128_m64"]
QUICK = ["fno2d_b8_h64_128_m32", "sc2d_b16_c64_128_m32", "fno2d_b32_h24_16_m8"]

WAYS = {"torch eager": [], "torch graph": ["graph"], "torch.compile": ["compile"],
        "torch reduce-overhead": ["reduce-overhead"]}
TORCH = {name + suffix: options + more
         for suffix, more in (("", []), (" TF32", ["tf32"])) for name, options in WAYS.items()}
OURS = ["nop", "nop captured"]
THREADS = os.cpu_count()
COMPILED = [name for name, options in TORCH.items()
            if {"compile", "reduce-overhead"} & set(options)]


def all_tasks(options):
    cases = QUICK if options.quick else CASES
    tasks = [f"{case}/{what}" for case in cases for what in passes(case)]
    if not options.quick:
        tasks += [f"{case}/fwd/complex_float" for case in TURBO]
    tasks += [f"{case}/{what}" for case in options.also for what in passes(case)]
    return [task for task in tasks if re.search(options.cases, task)]


def small(task):
    """The case of a task, of a batch of at most 2, with its type of numbers."""
    case, _, *element = task.split("/")
    return "/".join([re.sub(r"_b\d+_", lambda batch: f"_b{min(2, int(batch[0][2:-1]))}_", case),
                     *element])


def start_checks(tasks, program, folder):
    """The process that says how far PyTorch's answers are from ours."""
    cases = list(dict.fromkeys(small(task) for task in tasks))
    files = [str(folder / f"{number}.safetensors") for number in range(len(cases))]
    script = ["set -e", *(shlex.join([str(program), "answer", *pair]) for pair in zip(cases, files)),
              shlex.join([sys.executable, "-W", "ignore", str(HERE / "torch_operators.py"), "cuda",
                          *(part for pair in zip(cases, files) for part in pair)])]
    return subprocess.Popen(["bash", "-c", "\n".join(script)], stdout=subprocess.PIPE, text=True)


def prepare(task, workers):
    """Those of the workers that can do it, ready; they prepare themselves at the same time."""
    for worker in workers.values():
        worker.tell(f"prepare {task}")
    ready = {}
    for name, worker in workers.items():
        try:
            worker.answer()
            ready[name] = worker
        except Refused as reason:
            print(f"  {task}: {name}: {reason}", file=sys.stderr)
    return ready


class Compiling:
    """Peers of torch.compile: each in several processes, which share the tasks among them."""

    def __init__(self, peers, shares):
        self.workers = {peer: [start(peer) for _ in range(shares)] for peer in peers}
        self.done = {}  # (peer, task): worker

    def compile(self, tasks, seconds):
        """In all processes at once; what is begun in time is waited for a while longer."""
        waiting = {}
        for peer, workers in self.workers.items():
            for share, worker in enumerate(workers):
                waiting[worker] = (peer, tasks[share::len(workers)])
        busy, until = {}, time.monotonic() + seconds

        def next_task(worker):
            peer, rest = waiting[worker]
            if rest and time.monotonic() < until:
                busy[worker.process.stdout] = (worker, peer, rest[0])
                worker.tell(f"prepare {rest[0]}")
                waiting[worker] = (peer, rest[1:])

        for worker in waiting:
            next_task(worker)
        while busy and time.monotonic() < until + 25:
            answered, _, _ = select.select(list(busy), [], [], 1)
            for stream in answered:
                worker, peer, task = busy.pop(stream)
                try:
                    worker.answer()
                    self.done[peer, task] = worker
                except Refused as reason:
                    print(f"  {task}: {peer}: {reason}", file=sys.stderr)
                next_task(worker)
        for worker, peer, task in busy.values():
            print(f"  {task}: {peer}: not compiled in time", file=sys.stderr)
            worker.process.kill()  # it would disturb the others
            self.done = {key: other for key, other in self.done.items() if other is not worker}

    def ready(self, task):
        return {peer: self.done[peer, task] for peer in self.workers if (peer, task) in self.done}

    def close(self):
        for worker in sum(self.workers.values(), []):
            worker.process.kill()


def start(peer):
    return Worker([sys.executable, "-W", "ignore", HERE / "torch_cuda_worker.py", *TORCH[peer]],
                  THREADS)


def time_task(task, ready, rounds, result, lines):
    """Times those that are ready, and writes what came out."""
    times = time_in_turns(ready, rounds, patience=5)
    if "nop" not in times:
        return
    result["tasks"][task]["seconds"] = times
    lines.write(json.dumps({"task": task, "seconds": times}) + "\n")
    lines.flush()
    print(f"{task:40}", *(f"{peer} {1e3 * statistics.median(values):.4g}"
                          for peer, values in times.items()), sep="  ", flush=True)


def time_kernels(program, lines):
    """Of each primitive what the program says of it."""
    text = subprocess.run([program, "kernels"], stdout=subprocess.PIPE, text=True).stdout
    lines.write(text)
    return [json.loads(line) for line in text.splitlines()]


# What is told.

def best(times, names):
    """The fastest of these, or none."""
    there = [name for name in names if name in times]
    return min(there, key=lambda name: statistics.median(times[name]), default=None)


def in_float():
    return [name for name in TORCH if not name.endswith("TF32")]


def in_tf32():
    return [name for name in TORCH if name.endswith("TF32")]


def report(result):
    about, peers = result["about"], list(result["peers"])
    ceiling, rows = about["ceilings"], []
    for task, entry in result["tasks"].items():
        times = entry["seconds"]
        if "nop" not in times:
            continue
        ours = best(times, OURS)
        shortest = limit(entry["flops"], entry["bytes"], ceiling)
        row = [task, *(f"{1e3 * statistics.median(times[name]):.4g}" if name in times else "–"
                       for name in OURS),
               f"{100 * shortest / statistics.median(times[ours]):.0f} %"]
        for names in (in_float(), in_tf32()):
            theirs = best(times, names)
            row.append(f"**{median_ratio(times[theirs], times[ours]):.1f}x**" if theirs else "–")
        rows.append(row + [f"{1e3 * statistics.median(times[name]):.4g}" if name in times else "–"
                           for name in peers if name in TORCH])
    text = ["# nop and PyTorch on a GPU", "",
            "Milliseconds of a repetition, the median of rounds that time one after the other, by "
            "events on the device. The ratios are how many times as long the fastest of PyTorch's "
            "ways takes as the faster of ours, in float and with TF32; ours are in float. The limit "
            "is that of the device's arithmetic and memory for the least work; see [how to read "
            "it](../benchmarks.md).", "",
            table(["case", *OURS, "of limit", "PyTorch in float", "PyTorch in TF32",
                   *(name for name in peers if name in TORCH)], rows),
            "![Times as long as nop](cuda.png)", ""]
    if result["kernels"]:
        text += ["## The primitives alone", "",
                 "In float; the bytes are those that have to be moved, each operand once, and their "
                 "rate beside that of a copy by the driver.", "",
                 table(["primitive", "microseconds", "GFLOP/s", "GB/s", "of copy", "of limit"],
                       [kernel_row(kernel, ceiling) for kernel in result["kernels"]])]
    if result["checks"]:
        text += ["## The same networks", "",
                 "PyTorch's networks with the parameters of ours, which are as many: how far its "
                 "answers are from ours, by the largest number.", "",
                 table(["case", "parameters", "difference"],
                       [[check["case"], f"{check['parameters']}", f"{check['error']:.1e}"]
                        for check in result["checks"]])]
    versions = dict.fromkeys(result["peers"].values())
    text += [f"- {about['date']}, commit {about['commit']}, `{about['command']}`",
             f"- {ceiling['device']}, driver {about['driver']}; {about['processor']}",
             f"- {ceiling['float_flops'] / 1e12:.1f} TFLOP/s in float, "
             f"{ceiling['double_flops'] / 1e12:.1f} in double, {ceiling['sgemm_flops'] / 1e12:.1f} "
             f"by cuBLAS in float; memory reads {ceiling['read_bytes'] / 1e12:.2f}, copies "
             f"{ceiling['copy_bytes'] / 1e12:.2f}, triads {ceiling['triad_bytes'] / 1e12:.2f} TB/s",
             *(f"- {version}" for version in versions)]
    return "\n".join([*text, ""])


def kernel_row(kernel, ceiling):
    if "seconds" not in kernel:
        return [kernel["kernel"], kernel["error"], "–", "–", "–", "–"]
    seconds, rate = kernel["seconds"], kernel["bytes"] / kernel["seconds"]
    shortest = limit(kernel["flops"], kernel["bytes"], ceiling)
    return [kernel["kernel"], f"{1e6 * seconds:.1f}", f"{kernel['flops'] / seconds / 1e9:.0f}",
            f"{rate / 1e9:.0f}", f"{100 * rate / ceiling['copy_bytes']:.0f} %",
            f"{100 * shortest / seconds:.0f} %"]


def write_csv(result, path):
    with open(path, "w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["what", "by", "median_seconds", "least_seconds", "rounds", "flops", "bytes",
                       "share_of_limit"])
        for task, entry in result["tasks"].items():
            for peer, values in entry["seconds"].items():
                rows.writerow(csv_row(task, peer, values, entry, result))
        for kernel in result["kernels"]:
            if "seconds" in kernel:
                rows.writerow(csv_row(kernel["kernel"], "nop", [kernel["seconds"]], kernel, result))


def csv_row(what, by, values, entry, result):
    middle = statistics.median(values)
    shortest = limit(entry["flops"], entry["bytes"], result["about"]["ceilings"])
    return [what, by, f"{middle:.6g}", f"{min(values):.6g}", len(values), f"{entry['flops']:.6g}",
            f"{entry['bytes']:.6g}", f"{shortest / middle:.4g}"]


def draw_best(result, path):
    """The fastest of PyTorch's ways, in float and with TF32, beside the faster of ours."""
    tasks = {}
    for task, entry in result["tasks"].items():
        times = entry["seconds"]
        found = {"nop": best(times, OURS), "PyTorch in float": best(times, in_float()),
                 "PyTorch in TF32": best(times, in_tf32())}
        if found["nop"]:
            tasks[task] = {"seconds": {name: times[by] for name, by in found.items() if by}}
    if tasks:
        draw({"about": result["about"], "tasks": tasks,
              "peers": dict.fromkeys(["nop", "PyTorch in float", "PyTorch in TF32"])}, path,
             title=f"{result['about']['ceilings']['device']}; the fastest way of each")


def write(result, folder):
    write_as("cuda", result, folder, report, write_csv, draw_best)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=Path, default=ROOT / "build" / "cuda" / "bin",
                        help="where nop_cuda_worker is (default: build/cuda/bin)")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "benchmarks",
                        help="where the results go (default: docs/benchmarks)")
    parser.add_argument("--cases", default="", metavar="REGEX",
                        help="only the CASE/PASS in which this is found (default: all)")
    parser.add_argument("--also", nargs="*", default=[], metavar="CASE", help="further cases")
    parser.add_argument("--peers", nargs="*", default=list(TORCH), choices=list(TORCH),
                        help="whom to compare with (default: all)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds per case (default: 5)")
    parser.add_argument("--seconds", type=float, default=170,
                        help="no further case is begun after these (default: 170)")
    parser.add_argument("--compile-seconds", type=float, default=70,
                        help="what is compiled is begun in these (default: 70; 0: nothing is)")
    parser.add_argument("--shares", type=int, default=2,
                        help="processes of each way to compile (default: 2)")
    parser.add_argument("--quick", action="store_true",
                        help="three cases, nothing compiled, no primitives")
    parser.add_argument("--no-kernels", action="store_true", help="leave the primitives out")
    parser.add_argument("--commit", help="of the programs, where git does not know it")
    parser.add_argument("--draw", action="store_true",
                        help="only draw and tabulate the cuda.json that is in --out")
    return parser.parse_args()


def measure(options, tasks, result, lines):
    begin = time.monotonic()
    program = options.programs / "nop_cuda_worker"
    compile_seconds = 0 if options.quick else options.compile_seconds
    compiled = [peer for peer in options.peers if peer in COMPILED and compile_seconds > 0]
    workers = {"nop": Worker([program], THREADS),
               "nop captured": Worker([program, "graph"], THREADS)}
    workers |= {peer: start(peer) for peer in options.peers if peer not in COMPILED}
    compiling = Compiling(compiled, options.shares)
    try:
        for name, worker in list(workers.items()):
            try:
                result["peers"][name] = worker.ask("about")
            except Refused as reason:
                print(f"{name} does not start: {reason}", file=sys.stderr)
                workers.pop(name).close()
        result["peers"] |= dict.fromkeys(compiled, result["peers"].get("torch eager", "torch"))
        if not options.quick and not options.no_kernels:
            result["kernels"] = time_kernels(program, lines)

        def time_all(rounds, more):
            for task in tasks:
                if time.monotonic() - begin > options.seconds:
                    print(f"{task}: no time left", file=sys.stderr)
                    continue
                others = more(task)
                if others is not None:
                    time_task(task, prepare(task, workers | others), rounds, result, lines)

        time_all(min(3, options.rounds) if compiled else options.rounds, lambda task: {})
        with tempfile.TemporaryDirectory() as folder:
            checks = start_checks(tasks, program, Path(folder))
            compiling.compile(tasks, compile_seconds)
            result["checks"] = [json.loads(line) for line in checks.communicate()[0].splitlines()]
        if compiled:
            time_all(options.rounds, lambda task: compiling.ready(task) or None)
    finally:
        for worker in workers.values():
            worker.process.kill()
        compiling.close()


def main():
    options = arguments()
    if options.draw:
        write(json.loads((options.out / "cuda.json").read_text()), options.out)
        return 0
    tasks = all_tasks(options)
    if not tasks:
        print(f"compare_cuda: no case matches '{options.cases}'", file=sys.stderr)
        return 2
    program = options.programs / "nop_cuda_worker"
    about = about_this_run(THREADS, shlex.join(["bench/peers/compare_cuda.py", *sys.argv[1:]]))
    about["commit"] = options.commit or about["commit"]
    about["driver"] = output("nvidia-smi", "--query-gpu=driver_version",
                             "--format=csv,noheader").strip()
    about["ceilings"] = json.loads(subprocess.run([program, "ceilings"], check=True, text=True,
                                                  stdout=subprocess.PIPE).stdout)
    del about["compiler"]  # of the host; the programs may be made elsewhere
    least = costs(tasks, program)
    result = {"about": about, "peers": {}, "kernels": [], "checks": [],
              "tasks": {task: {"flops": least[task][0], "bytes": least[task][1], "seconds": {}}
                        for task in tasks}}
    options.out.mkdir(parents=True, exist_ok=True)
    with open(options.out / "cuda.jsonl", "w") as lines:
        lines.write(json.dumps({"about": about}) + "\n")
        try:
            measure(options, tasks, result, lines)
        finally:
            write(result, options.out)
    wrong = [check for check in result["checks"] if not check["error"] < 1e-4]
    for check in wrong:
        print(f"PyTorch's answer is another: {check}", file=sys.stderr)
    print(f"written to {options.out}")
    return 1 if wrong or not result["checks"] else 0


if __name__ == "__main__":
    sys.exit(main())
