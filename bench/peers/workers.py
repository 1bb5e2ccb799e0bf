# SPDX-License-Identifier: BSD-3-Clause
"""Long-lived processes that time one repetition when asked, and what is said of the machine they
run on."""

import datetime
import os
import platform
import re
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
PROGRAMS = ROOT / "build" / "release" / "bin"

# Variables that choose other kernels than a library would choose by itself.
FOREIGN = re.compile(r"(OPENBLAS|BLIS|MKL|NVPL|KMP|XLA|TORCH|OMP|GOMP)_")


def environment(threads):
    """As a user's, but for the number of threads."""
    variables = {k: v for k, v in os.environ.items() if not FOREIGN.match(k)}
    return variables | {
        "OMP_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
        # Compiled once, for all runs.
        "TORCHINDUCTOR_CACHE_DIR": str(ROOT / "build" / "peers-cache"),
    }


class Refused(Exception):
    """A worker cannot do what it was asked to do."""


class Worker:
    """The other end of worker.hpp and worker.py."""

    def __init__(self, command, threads):
        log = ROOT / "build" / "workers.log"
        log.parent.mkdir(exist_ok=True)
        with open(log, "a") as errors:
            self.process = subprocess.Popen(
                [str(part) for part in command], env=environment(threads), text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
                preexec_fn=lambda: os.sched_setaffinity(0, range(threads)))

    def tell(self, line):
        """Asks, without waiting for the answer."""
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # answer() says so

    def ask(self, line):
        time.sleep(0.02)  # the threads of whoever was asked before spin for some milliseconds
        self.tell(line)
        return self.answer()

    def answer(self):
        answer = self.process.stdout.readline().strip()
        if not answer:
            raise Refused("the process ended; see build/workers.log")
        if answer.startswith("error"):
            raise Refused(answer.removeprefix("error "))
        return answer

    def prepare(self, task):
        self.ask(f"prepare {task}")

    def seconds(self):
        return float(self.ask("time"))

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def output(*command):
    """What a command prints; nothing where there is no such command."""
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True,
                              check=False).stdout
    except OSError:
        return ""


def ceilings(threads):
    names = ("float_flops", "double_flops", "read_bytes", "copy_bytes", "triad_bytes")
    text = subprocess.run([PROGRAMS / "nop_worker", "ceilings"], env=environment(threads),
                          capture_output=True, text=True, check=True).stdout
    return dict(zip(names, map(float, text.split())))


def higher(some, others):
    """Of ceilings measured twice: what disturbs the machine only makes them lower."""
    return {name: max(value, others[name]) for name, value in some.items()}


def costs(tasks, program=PROGRAMS / "nop_worker"):
    """{task: (flops, bytes)} of the least work."""
    text = subprocess.run([program, "cost", *tasks], capture_output=True, text=True,
                          check=True).stdout
    return {task: tuple(map(float, line.split()))
            for task, line in zip(tasks, text.splitlines())}


def limit(flops, bytes_, ceiling):
    """The shortest seconds for this work; see bench/ceilings.hpp."""
    bandwidth = max(ceiling[name] for name in ("read_bytes", "copy_bytes", "triad_bytes"))
    return max(flops / ceiling["float_flops"], bytes_ / bandwidth)


def about_this_run(threads, command):
    """What a reader has to know to judge the numbers."""
    processor = Path("/proc/cpuinfo").read_text()
    flags = re.search(r"^flags\s*:(.*)$", processor, re.M)
    model = re.search(r"^model name\s*:\s*(.*)$", processor, re.M)
    numbers = re.findall(r"^(?:cpu family|model)\s*:\s*(\d+)", processor, re.M)
    told = ("sse4_2", "avx", "avx2", "fma", "avx512f", "avx512_bf16")
    return {
        "date": datetime.date.today().isoformat(),
        "command": command,
        "commit": output("git", "describe", "--always", "--dirty", "--abbrev=12").strip(),
        "processor": model[1] if model else platform.machine(),
        "family_model": " ".join(numbers[:2]),
        "cores": os.cpu_count(),
        "threads": threads,
        "flags": [flag for flag in told if flags and flag in flags[1].split()],
        "compiler": output("g++", "--version").partition("\n")[0] + ", -O3 -march=native",
        "load_before": round(os.getloadavg()[0], 2),
    }
