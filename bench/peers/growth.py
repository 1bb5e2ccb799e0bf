#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Times spectral convolutions while one quantity grows and all others stay, and draws the times
beside those predicted: the growth of the least work, laid through the points, and the shortest time
that the machine allows."""

import argparse
import csv
import json
import math
import os
import statistics
import sys
from pathlib import Path

from workers import PROGRAMS, ROOT, Worker, about_this_run, ceilings, costs, higher, limit

PASSES = ("fwd", "fwdbwd")

# Title: (quantity, pattern of the cases, values).
SWEEPS = {
    "resolution": ("points per axis", "sc2d_b4_c32_{}_m24",
                   (32, 48, 64, 85, 96, 101, 128, 192, 256, 384, 421, 512)),
    "modes": ("modes per axis", "sc2d_b4_c32_256_m{}", (2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128)),
    "channels": ("channels", "sc2d_b4_c{}_128_m24", (4, 8, 12, 16, 24, 32, 48, 64, 96, 128)),
    "batch": ("fields in a batch", "sc2d_b{}_c64_64_m32", (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)),
    "dimension": ("dimensions", "65536 points, 4096 modes", (1, 2, 3, 4)),
    "threads": ("threads", "sc2d_b4_c32_256_m24", ()),
}
BY_DIMENSION = {1: "sc1d_b4_c16_65536_m4096", 2: "sc2d_b4_c16_256_m64",
                3: "sc3d_b4_c16_64x32x32_m16", 4: "sc4d_b4_c16_16_m8"}


def measure(sweep, threads, rounds):
    """[(value, threads, task, seconds, flops, bytes, limit)] of [(value, case)], all points in each
    round. The least of the rounds stands for a point: what disturbs it only makes it longer."""
    tasks = [(value, f"{case}/{what}") for what in PASSES for value, case in sweep]
    times = {task: [] for _, task in tasks}
    before = ceilings(threads)
    with Worker([PROGRAMS / "nop_worker"], threads) as worker:
        for _ in range(rounds):
            for _, task in tasks:
                worker.prepare(task)
                times[task].append(worker.seconds())
    ceiling = higher(before, ceilings(threads))
    least = costs([task for _, task in tasks])
    return [(value, threads, task, min(times[task]), *least[task], limit(*least[task], ceiling))
            for value, task in tasks]


def measure_all(rounds, threads):
    rows = []
    for title, (_, pattern, values) in SWEEPS.items():
        print(title, flush=True)
        if title == "threads":
            points = [point for count in range(1, threads + 1)
                      for point in measure([(count, pattern)], count, rounds)]
        elif title == "dimension":
            points = measure(list(BY_DIMENSION.items()), threads, rounds)
        else:
            points = measure([(value, pattern.format(value)) for value in values], threads, rounds)
        rows += [(title, *point) for point in points]
    return rows


def predicted(title, points):
    """The growth of the least work, laid through the middle of the points: flops, shared among
    threads."""
    work = [flops / threads for _, threads, _, _, flops, *_ in points]
    factor = math.exp(statistics.fmean(math.log(point[3] / w) for point, w in zip(points, work)))
    return [factor * w for w in work]


def draw(rows, about, path):
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, grid = pyplot.subplots(2, 3, figsize=(12, 7), layout="constrained")
    for axes, (title, (name, pattern, _)) in zip(grid.flat, SWEEPS.items()):
        for index, what in enumerate(PASSES):
            points = [row[1:] for row in rows if row[0] == title and row[3].endswith("/" + what)]
            values = [point[0] for point in points]
            colour = f"C{index}"
            axes.plot(values, [1e3 * point[3] for point in points], "o", color=colour, label=what)
            axes.plot(values, [1e3 * t for t in predicted(title, points)], "--", color=colour,
                      label=f"{what}: growth of the least work")
            axes.plot(values, [1e3 * point[6] for point in points], ":", color=colour,
                      label=f"{what}: the machine's limit")
        few = title in ("dimension", "threads")
        axes.set_xscale("linear" if few else "log", **({} if few else {"base": 2}))
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        if few:
            axes.set_xticks(values)
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.yaxis.set_minor_formatter(
            lambda value, _: f"{value:g}" if f"{value:e}"[0] in "25" else "")
        axes.set_xlabel(name)
        axes.set_ylabel("milliseconds")
        axes.set_title(f"{title}: {pattern.format('N')}", fontsize=9)
        axes.grid(color="0.9", which="both")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels), fontsize=8,
                  frameon=False, title=f"{about['processor']}, {about['threads']} threads, float")
    figure.savefig(path, dpi=110)


HEADER = ["sweep", "value", "threads", "task", "seconds", "flops", "bytes", "limit_seconds"]


def main():
    parser = argparse.ArgumentParser(prog="./run growth", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="rounds per sweep (default: 3)")
    parser.add_argument("--threads", type=int, default=os.cpu_count(),
                        help="threads (default: as many as cores)")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "benchmarks",
                        help="where the results go (default: docs/benchmarks)")
    options = parser.parse_args()
    about = about_this_run(options.threads, " ".join(["./run growth", *sys.argv[1:]]))
    rows = measure_all(options.rounds, options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    with open(options.out / "growth.csv", "w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerows([HEADER, *rows])
    (options.out / "growth.json").write_text(json.dumps(about, indent=1) + "\n")
    draw(rows, about, options.out / "growth.png")
    print(f"written to {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
