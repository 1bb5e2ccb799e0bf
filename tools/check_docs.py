#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Checks that the code shown in README.md and docs/*.md is code that is compiled, or run.

Every block of ```cpp, ```c, ```fortran or ```python has to stand, line by line, in one file of that
language in examples/, programs/, tests/ or include/; how far it is indented there does not matter.
A comment `...`, such as `// ...`, stands for anything left out. Show what is not meant to be compiled
in a block of another kind, such as ```text.
"""

import argparse
import re
import sys
import textwrap
from pathlib import Path

# The languages of blocks, and what files of theirs end in.
LANGUAGES = {
    "cpp": {".cpp", ".hpp", ".cu", ".cuh"},
    "c": {".c", ".h"},
    "fortran": {".f90"},
    "python": {".py"},
}
BLOCK = re.compile(rf"^```({'|'.join(LANGUAGES)})\n(.*?)^```", re.MULTILINE | re.DOTALL)
GAP = re.compile(r"^\s*(?://|#|!) \.\.\.$\n?", re.MULTILINE)


def unindented(text):
    return [line.strip() for line in text.splitlines()]


def find(part, lines, start):
    """The index after the first place from `start` on where `part` stands in `lines`, or None."""
    for at in range(start, len(lines) - len(part) + 1):
        if lines[at:at + len(part)] == part:
            return at + len(part)
    return None


def is_compiled(block, sources):
    """Whether all parts of `block` stand, in order, in one of `sources`."""
    parts = [unindented(part.strip("\n")) for part in GAP.split(block) if part.strip()]
    for lines in sources:
        at = 0
        for part in parts:
            at = find(part, lines, at)
            if at is None:
                break
        else:
            return True
    return False


def check(root):
    """Every problem in the tree at `root`, and the number of blocks read."""
    sources = {
        language: [
            unindented(path.read_text())
            for folder in ("examples", "programs", "tests", "include")
            for path in sorted((root / folder).rglob("*"))
            if path.suffix in suffixes
        ]
        for language, suffixes in LANGUAGES.items()
    }
    problems = []
    count = 0
    for page in [root / "README.md", *sorted((root / "docs").rglob("*.md"))]:
        text = page.read_text() if page.exists() else ""
        for block in BLOCK.finditer(text):
            count += 1
            if not is_compiled(block[2], sources[block[1]]):
                line = text.count("\n", 0, block.start()) + 1
                shown = textwrap.indent(textwrap.dedent(block[2]).rstrip(), "    ")
                problems.append(f"{page.relative_to(root)}:{line}: this stands in no compiled "
                                f"file:\n{shown}")
    return problems, count


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", nargs="?", type=Path, default=Path(__file__).parent.parent,
                        help="the source tree (default: the one this script is in)")
    problems, count = check(parser.parse_args().root.resolve())
    if problems:
        print("\n".join(problems), file=sys.stderr)
        print(f"docs: {len(problems)} of {count} blocks of code are not compiled", file=sys.stderr)
        return 1
    print(f"docs ok: {count} blocks of code, all compiled")
    return 0


if __name__ == "__main__":
    sys.exit(main())
