#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Times nop and its peers on the same cases in turns, and writes a table, the data and a plot.

A case is its name, as bench/case.hpp says; any case can be named with --also. In each round every
peer is timed once, so that a time and the one it is compared with are taken within moments of each
other; what is reported is the median of the rounds' ratios.
"""

import argparse
import csv
import json
import os
import re
import shlex
import statistics
import sys
import time
from pathlib import Path

from workers import (HERE, PROGRAMS, ROOT, Refused, Worker, about_this_run, ceilings, costs, higher,
                     limit)

LAYERS = ["sc1d_b16_c64_n8192_m32", "sc2d_b16_c64_128_m32", "sc2d_b1_c64_128_m32",
          "sc2d_b4_c32_256_m24", "sc2d_b8_c64_64_m32", "sc3d_b2_c32_64x64x40_m16"]
MODELS = ["fno2d_b8_h64_128_m32", "fno2d_b1_h64_128_m32", "fno2d_b32_h24_16_m8",
          "fno1d_b20_h64_1024_m32", "fno3d_b1_h20_64x64x40_m16"]
MEMORY = ["fno2d_b8_h64_128_m32", "fno3d_b1_h20_64x64x40_m16"]

PEERS = {
    "nop": [PROGRAMS / "nop_worker"],
    "torch eager": [sys.executable, HERE / "torch_worker.py"],
    "torch.compile": [sys.executable, HERE / "torch_worker.py", "compile"],
    "jax": [sys.executable, HERE / "jax_worker.py"],
    "fftw": [PROGRAMS / "fftw_worker"],
}


def passes(case):
    return ("infer", "train") if case.startswith(("fno", "unet", "dsno")) else ("fwd", "fwdbwd")


def prepared(task, workers):
    """Those of the workers that can do it, ready."""
    ready = {}
    for peer, worker in workers.items():
        try:
            worker.prepare(task)
            ready[peer] = worker
        except Refused as reason:
            if peer != "fftw":
                print(f"  {peer}: {reason}", file=sys.stderr)
    return ready


def time_in_turns(ready, rounds, patience):
    """{name: [seconds of each round]}. After three rounds, and `patience` seconds, it is enough."""
    times = {name: [] for name in ready}
    start = time.monotonic()
    for turn in range(rounds):
        if turn >= 3 and time.monotonic() - start > patience:
            break
        # Every second round goes the other way round: a drift of the machine favours nobody.
        for name in list(ready)[::-1 if turn % 2 else 1]:
            times[name].append(ready[name].seconds())
    return times


def peak_memory(task, peers, threads):
    """{peer: highest resident bytes of a process that does nothing else}."""
    peaks = {}
    for peer in peers:
        with Worker(PEERS[peer], threads) as worker:
            try:
                worker.prepare(task)
                worker.seconds()
                peaks[peer] = int(worker.ask("memory"))
            except Refused:
                pass
    return peaks


def median_ratio(some, others):
    """How many times as long, the median of the rounds."""
    return statistics.median(one / other for one, other in zip(some, others))


def ratio(times, peer):
    """How many times as long as nop."""
    return median_ratio(times[peer], times["nop"])


def table(header, rows):
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def report(result):
    """The result as a page."""
    about, peers = result["about"], result["peers"]
    others = [peer for peer in peers if peer != "nop"]

    def cells(times, peer):
        if peer not in times:
            return "–"
        return f"{1e3 * statistics.median(times[peer]):.4g} ({ratio(times, peer):.1f}x)"

    rows = []
    for task, entry in result["tasks"].items():
        times = entry["seconds"]
        shortest = limit(entry["flops"], entry["bytes"], about["ceilings"])
        best = min((ratio(times, peer) for peer in others if peer in times), default=None)
        rows.append([task, f"{1e3 * statistics.median(times['nop']):.4g}",
                     f"{100 * shortest / statistics.median(times['nop']):.0f} %",
                     f"**{best:.1f}x**" if best else "–",
                     *(cells(times, peer) for peer in others)])
    text = ["# nop and its peers", "",
            "Milliseconds, and in brackets how many times as long as nop; the median of "
            "rounds that time one after the other. The limit is that of the machine's arithmetic "
            "and memory for the least work; see [how to read it](../benchmarks.md).", "",
            table(["case", "nop", "of limit", "best peer", *others], rows),
            "![Times as long as nop](compare.png)", ""]
    if result["memory"]:
        rows = [[task, *(f"{peaks[peer] / 1e6:.0f}" if peer in peaks else "–" for peer in peers)]
                for task, peaks in result["memory"].items()]
        text += ["Highest resident memory of a process that does nothing else, in MB:", "",
                 table(["case", *peers], rows)]
    return "\n".join([*text, *this_run(about, peers), ""])


def this_run(about, peers):
    """Where, when and with what it was measured, as a list."""
    ceiling = about["ceilings"]
    versions = dict.fromkeys(peers.values())
    return [f"- {about['date']}, commit {about['commit']}, `{about['command']}`",
            f"- {about['processor']} (family and model {about['family_model']}), {about['cores']} "
            f"cores, {', '.join(about['flags'])}; {about['threads']} threads each; load before "
            f"{about['load_before']}",
            f"- {ceiling['float_flops'] / 1e9:.0f} GFLOP/s in float; memory reads "
            f"{ceiling['read_bytes'] / 1e9:.1f}, copies {ceiling['copy_bytes'] / 1e9:.1f}, triads "
            f"{ceiling['triad_bytes'] / 1e9:.1f} GB/s",
            f"- {about['compiler']}", *(f"- {version}" for version in versions)]


def write_csv(result, path):
    with open(path, "w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["task", "peer", "median_seconds", "least_seconds", "rounds",
                       "times_as_long_as_nop", "share_of_limit"])
        for task, entry in result["tasks"].items():
            times = entry["seconds"]
            shortest = limit(entry["flops"], entry["bytes"], result["about"]["ceilings"])
            for peer, values in times.items():
                middle = statistics.median(values)
                rows.writerow([task, peer, f"{middle:.6g}", f"{min(values):.6g}", len(values),
                               f"{ratio(times, peer):.4g}", f"{shortest / middle:.4g}"])


def draw(result, path, title=None):
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot

    tasks = list(result["tasks"])
    others = [peer for peer in result["peers"] if peer != "nop"]
    height = 0.8 / max(1, len(others))
    figure, axes = pyplot.subplots(figsize=(9, 1.2 + 0.42 * len(tasks)), layout="constrained")
    for index, peer in enumerate(others):
        bars = [(row + (index - (len(others) - 1) / 2) * height,
                 ratio(result["tasks"][task]["seconds"], peer) - 1)
                for row, task in enumerate(tasks) if peer in result["tasks"][task]["seconds"]]
        if bars:
            places, lengths = zip(*bars)
            axes.barh(places, lengths, height, left=1, label=peer, zorder=2)
    axes.axvline(1, color="black", linewidth=1, zorder=3)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}x")
    axes.xaxis.set_minor_formatter(
        lambda value, _: f"{value:g}x" if f"{value:e}"[0] in "25" else "")
    axes.set_yticks(range(len(tasks)), tasks, fontsize=8)
    axes.set_ylim(len(tasks) - 0.5, -0.5)
    axes.grid(axis="x", which="both", color="0.9")
    axes.set_xlabel("times as long as nop (nop = 1)")
    about = result["about"]
    figure.legend(loc="outside upper center", ncols=len(others), frameon=False, fontsize=9,
                  title=title or f"{about['processor']}, {about['threads']} threads, float")
    figure.savefig(path, dpi=120)


def write_as(name, result, folder, report, write_csv, draw):
    """The data, the table that is read, the one that is computed with, and the plot."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")
    (folder / f"{name}.md").write_text(report(result))
    write_csv(result, folder / f"{name}.csv")
    draw(result, folder / f"{name}.png")


def write(result, folder):
    write_as("compare", result, folder, report, write_csv, draw)


def parser_of(name, description, peers):
    """The options that every comparison has."""
    parser = argparse.ArgumentParser(
        prog=f"./run {name}", description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9, help="rounds per case (default: 9)")
    parser.add_argument("--patience", type=float, default=20, metavar="SECONDS",
                        help="after three rounds, a case ends when this has passed (default: 20)")
    parser.add_argument("--peers", nargs="+", default=peers, choices=peers,
                        help="whom to compare with (default: all)")
    parser.add_argument("--threads", type=int, default=os.cpu_count(),
                        help="threads of each (default: as many as cores)")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "benchmarks",
                        help="where the results go (default: docs/benchmarks)")
    parser.add_argument("--draw", action="store_true",
                        help=f"only draw and tabulate the {name}.json that is in --out")
    return parser


def arguments():
    parser = parser_of("compare", __doc__, [peer for peer in PEERS if peer != "nop"])
    parser.add_argument("--cases", default="", metavar="REGEX",
                        help="only the CASE/PASS in which this is found (default: all)")
    parser.add_argument("--also", nargs="*", default=[], metavar="CASE",
                        help="further cases, such as sc2d_b4_c32_421_m24")
    parser.add_argument("--no-memory", action="store_true", help="leave the peaks of memory out")
    return parser.parse_args()


def main():
    options = arguments()
    if options.draw:
        write(json.loads((options.out / "compare.json").read_text()), options.out)
        return 0
    wanted = re.compile(options.cases)
    tasks = [f"{case}/{what}" for case in LAYERS + MODELS + options.also for what in passes(case)]
    tasks = [task for task in tasks if wanted.search(task)]
    if not tasks:
        print(f"compare: no case matches '{options.cases}'", file=sys.stderr)
        return 2
    command = " ".join(["./run compare", *map(shlex.quote, sys.argv[1:])])
    result = {"about": about_this_run(options.threads, command), "peers": {}, "tasks": {},
              "memory": {}}
    result["about"]["ceilings"] = ceilings(options.threads)
    least = costs(tasks)
    workers = {peer: Worker(PEERS[peer], options.threads) for peer in ["nop", *options.peers]}
    try:
        for peer in list(workers):
            try:
                result["peers"][peer] = workers[peer].ask("about")
            except Refused as reason:
                print(f"compare: {peer} does not start: {reason}", file=sys.stderr)
                workers.pop(peer).close()
        for task in tasks:
            times = time_in_turns(prepared(task, workers), options.rounds, options.patience)
            if "nop" not in times:
                continue
            flops, bytes_ = least[task]
            result["tasks"][task] = {"flops": flops, "bytes": bytes_, "seconds": times}
            print(f"{task:38}", *(f"{peer} {1e3 * statistics.median(values):.4g} ms"
                                  for peer, values in times.items()), sep="  ", flush=True)
    finally:
        for worker in workers.values():
            worker.close()
    result["about"]["ceilings"] = higher(result["about"]["ceilings"], ceilings(options.threads))
    write(result, options.out)  # what follows takes minutes and may be interrupted
    if not options.no_memory:
        for task in tasks:
            if task.partition("/")[0] in MEMORY:
                peaks = peak_memory(task, [p for p in result["peers"] if p != "fftw"],
                                    options.threads)
                result["memory"][task] = peaks
                print(f"{task:38}", *(f"{peer} {peak / 1e6:.0f} MB"
                                      for peer, peak in peaks.items()), sep="  ", flush=True)
    write(result, options.out)
    print(f"written to {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
