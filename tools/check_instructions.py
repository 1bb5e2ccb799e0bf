#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Compares how many instructions the main kernels take with what bench/instructions.json records.

The program bench/instructions.cpp runs each kernel once under valgrind. Counts are exact for one
compiler and one processor family (x86-64-v3, which valgrind knows), so on others the check is
skipped, and says so. A kernel that takes more than TOLERANCE above its record fails; after a change
that is meant, --update records the new counts.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RECORD = ROOT / "bench" / "instructions.json"
TOLERANCE = 0.05


def compiler():
    run = subprocess.run(["g++", "--version"], capture_output=True, text=True, check=True)
    return run.stdout.partition("\n")[0]


def reason_to_skip():
    if shutil.which("valgrind") is None:
        return "there is no valgrind"
    flags = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    if not re.search(r"\bavx2\b", flags) or not re.search(r"\bfma\b", flags):
        return "this processor lacks AVX2 or FMA"
    return None


def parse(dump):
    """(kernel, instructions) of a file that callgrind wrote at the end of a kernel, or None."""
    name = re.search(r"^desc: Trigger: Client Request: (.+)$", dump, re.M)
    total = re.search(r"^(?:summary|totals): (\d+)", dump, re.M)
    return (name[1], int(total[1])) if name and total else None


def count(program):
    """{kernel: instructions}"""
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run(["valgrind", "--tool=callgrind", "--collect-atstart=no",
                              f"--callgrind-out-file={folder}/out", program],
                             capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise SystemExit(f"instructions: {program} failed under valgrind:\n{run.stderr}")
        dumps = (parse(path.read_text()) for path in Path(folder).iterdir())
        return dict(sorted(filter(None, dumps)))


def compare(recorded, counted):
    """The table, and the names of the kernels that take too many."""
    lines, worse = [], []
    for kernel in sorted(recorded.keys() | counted.keys()):
        before, now = recorded.get(kernel), counted.get(kernel)
        if before is None or now is None:
            lines.append(f"{kernel:20} {'not recorded' if before is None else 'no longer counted'}")
            worse.append(kernel)
            continue
        change = now / before - 1
        mark = ""
        if change > TOLERANCE:
            mark = "  too many"
            worse.append(kernel)
        elif change < -TOLERANCE:
            mark = "  fewer: record it with --update"
        lines.append(f"{kernel:20} {before:12} {now:12} {100 * change:+7.1f} %{mark}")
    return lines, worse


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path, help="the program that was built of instructions.cpp")
    parser.add_argument("--update", action="store_true", help="record the counts instead")
    options = parser.parse_args()
    reason = reason_to_skip()
    record = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    if not reason and not options.update and record.get("compiler") != compiler():
        reason = f"they are recorded for '{record.get('compiler')}', and this is '{compiler()}'"
    if reason:
        print(f"instructions skipped: {reason}")
        return 0
    counted = count(options.program)
    if not counted:
        print("instructions: valgrind counted nothing", file=sys.stderr)
        return 1
    if options.update:
        record = {"compiler": compiler(), "flags": "-O3 -mavx2 -mfma", "instructions": counted}
        RECORD.write_text(json.dumps(record, indent=2) + "\n")
        print(f"recorded {len(counted)} kernels in {RECORD.relative_to(ROOT)}")
        return 0
    lines, worse = compare(record["instructions"], counted)
    print("\n".join(lines))
    if worse:
        print(f"instructions: {', '.join(worse)}: more than {100 * TOLERANCE:.0f} % above the "
              "record, or not on it", file=sys.stderr)
        return 1
    print(f"instructions ok: {len(counted)} kernels")
    return 0


if __name__ == "__main__":
    sys.exit(main())
