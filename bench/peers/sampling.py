#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Times a U-Net of small pictures, and diffusion sampling in one call by the operator that is made
of it, in nop and in PyTorch, in turns; writes tables, the data and a plot.

First PyTorch's networks have to be the same: as many parameters and flops, and, with the parameters
of ours, the same answer. A sampler is always timed beside its backbone: what is reported is the
median of the rounds' ratios.
"""

import csv
import json
import shlex
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from compare import (PEERS, median_ratio, parser_of, prepared, ratio, table, this_run,
                     time_in_turns, write_as)
from workers import (HERE, PROGRAMS, Refused, Worker, about_this_run, ceilings, costs, higher,
                     limit)

BATCHES = (1, 8, 64)
STATES = (2, 4, 8)
# Where temporal convolutions are left out: shared up to the first places, separate from the last on.
ENDS = {
    "B": ((0, 0), "a temporal convolution everywhere, nothing computed twice"),
    "C": ((0, 2), "none on the fine grid of the way up"),
    "D": ((1, 2), "nor on the fine grid of the way down"),
    "E": ((2, 4), "only in the middle"),
}
FORWARD = ["nop", "torch eager", "torch.compile"]
PAPER = "1.52 and 1.21 on a V100 for the paper's networks"


def backbone(batch):
    return f"unet2d_b{batch}_h32_28"


def sampler(batch, states, ends="B"):
    shared, separate = ENDS[ends][0]
    suffix = f"_e{shared}x{separate}" if shared or separate else ""
    return f"dsno2d_b{batch}_h32_28_s{states}{suffix}"


def architecture(case):
    """(batch, states, letter) of a sampler."""
    return next(key for key in ((batch, states, ends) for batch in BATCHES for states in STATES
                                for ends in ENDS) if sampler(*key) == case)


def check(cases):
    """What PyTorch says of our networks; RuntimeError if one of its own is another."""
    with tempfile.TemporaryDirectory() as folder:
        files = {case: Path(folder) / case for case in cases}
        for case, file in files.items():
            subprocess.run([PROGRAMS / "nop_worker", "answer", case, file], check=True)
        said = subprocess.run(
            [sys.executable, "-W", "ignore", HERE / "torch_unet.py",
             *(part for pair in files.items() for part in pair)],
            check=True, stdout=subprocess.PIPE, text=True).stdout
    seen = {case: json.loads(line) for case, line in zip(cases, said.splitlines())}
    least = costs([f"{case}/infer" for case in cases])
    for case, here in seen.items():
        here["flops_of_nop"], _ = least[f"{case}/infer"]
        print(f"{case:30}  in PyTorch: {here}", flush=True)
        if not here["error"] < 1e-4 or abs(here["flops"] / here["flops_of_nop"] - 1) > 0.02:
            raise RuntimeError(f"{case}: expected PyTorch's network to be ours, got {here}")
    return seen


class Peer:
    """The two processes of a peer: one keeps the backbone, one has a sampler after the other."""

    def __init__(self, name, threads):
        self.name = name
        self.backbone = Worker(PEERS[name], threads)
        self.sampler = Worker(PEERS[name], threads)
        self.about = self.backbone.ask("about")

    def close(self):
        self.backbone.close()
        self.sampler.close()


def measure(batch, peers, options):
    """{case: {peer: {"backbone" or "sampler": [seconds of each round]}}}, inference."""
    beside = prepared(f"{backbone(batch)}/infer", {p.name: p.backbone for p in peers})
    result = {}
    for case in (sampler(batch, states, ends) for states in options.states for ends in ENDS):
        # Compiling takes PyTorch half a minute a case.
        wanted = [p for p in peers if p.name != "torch.compile" or architecture(case)[1] == 4]
        ready = prepared(f"{case}/infer", {p.name: p.sampler for p in wanted if p.name in beside})
        workers = {}
        for name, worker in ready.items():
            workers |= {(name, "backbone"): beside[name], (name, "sampler"): worker}
        times = time_in_turns(workers, options.rounds, options.patience)
        result[case] = {name: {what: times[name, what] for what in ("backbone", "sampler")}
                        for name in ready}
        print(f"{case:30}", *(f"{name} {1e3 * statistics.median(t['sampler']):.4g} ms, "
                              f"{median_ratio(t['sampler'], t['backbone']):.2f} backbones"
                              for name, t in result[case].items()), sep="  ", flush=True)
    return result


def measure_training(peers, options):
    result = {}
    for task in (f"{backbone(128)}/train", f"{sampler(64, 4)}/train"):
        times = time_in_turns(prepared(task, {p.name: p.sampler for p in peers}), options.rounds,
                              options.patience)
        result[task] = times
        print(f"{task:30}", *(f"{name} {1e3 * statistics.median(t):.4g} ms"
                              for name, t in times.items()), sep="  ", flush=True)
    return result


def tasks_of(result):
    """{task: {peer: [seconds]}} of everything; of a backbone, beside the samplers of all peers."""
    tasks = {}
    for case, peers in result["inference"].items():
        beside = tasks.setdefault(f"{backbone(architecture(case)[0])}/infer", {})
        tasks[f"{case}/infer"] = {name: times["sampler"] for name, times in peers.items()}
        for name, times in peers.items() if len(peers) == len(result["peers"]) else ():
            beside.setdefault(name, []).extend(times["backbone"])
    return {task: times for task, times in tasks.items() if times} | result["training"]


def batch_of(task):
    return int(task.partition("_b")[2].partition("_")[0])


def cells(task, times, result):
    """Milliseconds a picture, the share of the limit, and of peers how many times as long."""
    ours = statistics.median(times["nop"])
    shortest = limit(*result["least"][task], result["about"]["ceilings"])
    others = [p for p in result["peers"] if p != "nop"]
    each = 1e3 / batch_of(task)

    best = min((ratio(times, name) for name in others if name in times), default=None)
    return [task, f"{each * ours:.4g}", f"{100 * shortest / ours:.0f} %",
            f"**{best:.1f}x**" if best else "–",
            *(f"{each * statistics.median(times[name]):.4g} ({ratio(times, name):.1f}x)"
              if name in times else "–" for name in others)]


def cost_rows(result):
    """Of each architecture, how many backbones it costs: flops, and the time of each peer."""
    rows = []
    for states in STATES:
        for ends in ENDS:
            cases = {batch: sampler(batch, states, ends) for batch in BATCHES}
            cases = {batch: case for batch, case in cases.items() if case in result["inference"]}
            if not cases:
                continue
            batch, case = next(iter(cases.items()))
            flops = (result["least"][f"{case}/infer"][0] /
                     result["least"][f"{backbone(batch)}/infer"][0])
            row = [f"{ends}, {states} states", f"{flops:.2f}"]
            for name in result["peers"]:
                for batch in BATCHES:
                    times = result["inference"].get(cases.get(batch), {}).get(name)
                    row.append(f"{median_ratio(times['sampler'], times['backbone']):.2f}"
                               if times else "–")
            rows.append(row)
    return rows


def report(result):
    peers, about = result["peers"], result["about"]
    tasks = tasks_of(result)
    shown = [task for task in tasks if task.startswith("unet") or task.endswith("train") or
             architecture(task.partition("/")[0])[1] == 4]
    checked = result["check"].values()
    text = ["# Sampling: nop and PyTorch", "",
            "The U-Net of small pictures (28 x 28, width 32, two levels of one block), and the "
            "operator of diffusion sampling on it, which makes all states of a trajectory in one "
            "call and answers with the last. Milliseconds a picture, and in brackets how many times "
            "as long as nop; see [how to read it](../benchmarks.md).", "",
            table(["case", "nop", "of limit", "best peer", *(p for p in peers if p != "nop")],
                  [cells(task, tasks[task], result) for task in shown]),
            "![Sampling beside PyTorch](sampling.png)", "",
            "## What a sampler costs", "",
            "Time of one call by that of one call of its backbone, the median of rounds that time "
            f"both one after the other; in brackets the batch. The paper has {PAPER}.", "",
            table(["architecture", "flops", *(f"{name} ({batch})" for name in peers
                                              for batch in BATCHES)], cost_rows(result)),
            *(f"- {ends}: {words}" for ends, (_, words) in ENDS.items()), "",
            f"PyTorch's networks have as many parameters as ours; with ours, their answers differ "
            f"by at most {max(c['error'] for c in checked):.1g} of the largest number, and their "
            f"flops by {100 * max(abs(c['flops'] / c['flops_of_nop'] - 1) for c in checked):.1g} %.",
            "", *this_run(about, peers), ""]
    return "\n".join(text)


def write_csv(result, path):
    with open(path, "w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["task", "peer", "median_seconds", "least_seconds", "rounds",
                       "seconds_per_picture", "backbones", "flops"])
        for task, peers in tasks_of(result).items():
            case = task.partition("/")[0]
            for name, seconds in peers.items():
                middle = statistics.median(seconds)
                beside = result["inference"].get(case, {}).get(name) if "infer" in task else None
                rows.writerow([task, name, f"{middle:.6g}", f"{min(seconds):.6g}", len(seconds),
                               f"{middle / batch_of(task):.6g}",
                               f"{median_ratio(beside['sampler'], beside['backbone']):.4g}"
                               if beside else "", f"{result['least'][task][0]:.6g}"])


def draw(result, path):
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
    tasks = tasks_of(result)
    for index, name in enumerate(result["peers"]):
        for style, label, case in (("o-", "backbone", backbone),
                                   ("s--", "sampler, 4 states", lambda b: sampler(b, 4))):
            points = [(batch, 1e3 * statistics.median(tasks[f"{case(batch)}/infer"][name]) / batch)
                      for batch in BATCHES if name in tasks.get(f"{case(batch)}/infer", {})]
            if points:
                left.plot(*zip(*points), style, color=f"C{index}", label=f"{name}: {label}")
    left.set_yscale("log")
    left.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    left.yaxis.set_minor_formatter(lambda value, _: f"{value:g}" if f"{value:e}"[0] in "25" else "")
    left.set_ylabel("milliseconds a picture")
    for index, ends in enumerate(ENDS):
        for style, name in zip(("o-", "o:"), result["peers"]):
            points = []
            for batch in BATCHES:
                times = result["inference"].get(sampler(batch, 4, ends), {}).get(name)
                if times:
                    points.append((batch, median_ratio(times["sampler"], times["backbone"])))
            if points:
                right.plot(*zip(*points), style, color=f"C{index}", label=f"{ends}, {name}")
    for value in (1.52, 1.21):
        right.axhline(value, color="black", linewidth=0.8, zorder=0)
        right.annotate(f"{value} (V100)", (BATCHES[-1], value), ha="right", va="bottom", fontsize=7)
    right.set_ylabel("sampler of 4 states by its backbone")
    right.set_ylim(bottom=1)
    for axes in (left, right):
        axes.set_xscale("log", base=2)
        axes.set_xticks(BATCHES, BATCHES)
        axes.set_xlabel("batch")
        axes.grid(color="0.9", which="both")
        axes.legend(fontsize=7, frameon=False)
    about = result["about"]
    figure.suptitle(f"{about['processor']}, {about['threads']} threads, float", fontsize=9)
    figure.savefig(path, dpi=120)


def write(result, folder):
    write_as("sampling", result, folder, report, write_csv, draw)


def arguments():
    parser = parser_of("sampling", __doc__, FORWARD[1:])
    parser.add_argument("--batches", type=int, nargs="+", default=BATCHES, choices=BATCHES)
    parser.add_argument("--states", type=int, nargs="+", default=STATES, choices=STATES)
    parser.add_argument("--no-training", action="store_true", help="leave training out")
    return parser.parse_args()


def main():
    options = arguments()
    if options.draw:
        write(json.loads((options.out / "sampling.json").read_text()), options.out)
        return 0
    command = " ".join(["./run sampling", *map(shlex.quote, sys.argv[1:])])
    result = {"about": about_this_run(options.threads, command), "peers": {}, "inference": {},
              "training": {}}
    result["check"] = check([backbone(8), *(sampler(8, states, ends) for states in options.states
                                            for ends in ENDS)])
    result["about"]["ceilings"] = ceilings(options.threads)
    peers = []
    try:
        for name in ["nop", *options.peers]:
            try:
                peers.append(Peer(name, options.threads))
                result["peers"][name] = peers[-1].about
            except Refused as reason:
                print(f"sampling: {name} does not start: {reason}", file=sys.stderr)
        for batch in options.batches:
            result["inference"] |= measure(batch, peers, options)
        if not options.no_training:
            result["training"] = measure_training(peers, options)
    finally:
        for peer in peers:
            peer.close()
    result["about"]["ceilings"] = higher(result["about"]["ceilings"], ceilings(options.threads))
    result["least"] = costs(list(tasks_of(result)))
    write(result, options.out)
    print(f"written to {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
