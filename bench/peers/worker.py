# SPDX-License-Identifier: BSD-3-Clause
"""What the peers written in Python have in common: cases by name, the protocol of worker.hpp."""

import re
import statistics
import sys
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """See bench/case.hpp."""
    kind: str
    batch: int
    channels: int
    grid: tuple
    modes: tuple
    states: int
    shared: int
    separate: int


def parse_case(name):
    form = re.fullmatch(r"([a-z]+)([1-4])d_b(\d+)_[ch](\d+)_n?([\dx]+)(?:_m([\dx]+))?"
                        r"(?:_s(\d+)(?:_e(\d+)x(\d+))?)?", name)
    if form is None:
        raise ValueError(f"expected the name of a case, such as sc2d_b4_c32_256_m24, got '{name}'")
    kind, dimensions, batch, channels, grid, modes, *states = form.groups()

    def extents(text):
        values = tuple(int(value) for value in text.split("x"))
        return values if len(values) > 1 else values * int(dimensions)

    return Case(kind, int(batch), int(channels), extents(grid), extents(modes) if modes else (),
                *(int(number or 0) for number in states))


def median_seconds(call, at_least):
    """The median of calls that go on for at least that long, of one call if that is longer."""
    times = []
    while not times or sum(times) < at_least:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def peak_resident_bytes():
    """The most memory this process ever had. Not getrusage: that remembers its parent's, too."""
    with open("/proc/self/status") as status:
        return next(1024 * int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


def serve(about, make, seconds=median_seconds):
    """Answers compare.py, a line for a line. `make(case, pass)` gives a function of no arguments
    that does one repetition, `seconds(function, at_least)` its time."""
    work = None
    for line in sys.stdin:
        command, _, task = line.strip().partition(" ")
        try:
            if command == "about":
                answer = about
            elif command == "memory":
                answer = peak_resident_bytes()
            elif command == "time" and work is not None:
                answer = seconds(work, 0.05)
            elif command == "prepare":
                work = None
                name, _, what = task.partition("/")
                work = make(parse_case(name), what)
                for _ in range(2):
                    work()
                answer = "ready"
            else:
                answer = f"error expected about, prepare CASE/PASS, time or memory, got '{command}'"
        except Exception as error:  # whatever a peer cannot do is told, and the next case goes on
            work = None
            answer = "error " + " ".join(f"{type(error).__name__}: {error}".split())[:500]
        print(answer, flush=True)
