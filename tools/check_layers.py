#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Checks that the sources keep the shape described in docs/architecture.md.

Rules, with the name each message begins with:
  layer    a header includes <nop/...> only from its own folder or one earlier in LAYERS
  library  a third-party library is included by one header and no other
  mirror   include/nop/F/X.hpp has a test file tests/F/X_test.cpp
  names    a test file F/X_test.cpp keeps its names in a namespace X_test, since several are compiled
           together
  length   a header has at most MAX_LINES lines
  licence  a source file begins with its SPDX line
  once     a header says #pragma once
"""

import argparse
import re
import sys
from collections import defaultdict
from pathlib import Path

# A header may include headers of its own folder and of the folders before it.
LAYERS = ["core", "backend", "autodiff", "ops", "diffusion", "layers", "models", "pde", "io",
          "training", "metrics"]

# Library -> what gives it away in a header.
LIBRARIES = {
    "cairo": r"#include <cairo",
    "cuBLAS": r"#include <cublas",
    "cuFFT": r"#include <cufft",
    "Eigen": r"#include <(unsupported/)?Eigen/",
    "FFTW": r"#include <fftw3",
    "libzip": r"#include <zip\.h>",
    "nlohmann json": r"#include <nlohmann/",
    "OpenMP": r"#include <omp\.h>|#pragma omp|_Pragma\(\"omp",
    "xsimd": r"#include <xsimd/",
    "zlib": r"#include <zlib\.h>",
}

# Headers without a test file of their own: they hold includes or a constant.
UNTESTED = {"nop.hpp", "cuda.hpp", "mpi.hpp", "version.hpp"}

MAX_LINES = 300
LICENCE = "SPDX-License-Identifier: BSD-3-Clause"
SOURCES = {".hpp", ".cuh", ".cpp", ".cu", ".c", ".h", ".f90", ".in", ".py", ".sh", ".cmake"}
SOURCE_NAMES = {"CMakeLists.txt", "run"}
SOURCE_FOLDERS = ["include", "compiled", "c", "tests", "examples", "programs", "bench", "cmake",
                  "tools", ".ci"]


def layer_of(path):
    """The position of include/nop/`path` in LAYERS; entry headers such as nop.hpp come last."""
    if path == "version.hpp":
        return -1
    folder = path.split("/")[0]
    if "/" not in path:
        return len(LAYERS)
    return LAYERS.index(folder) if folder in LAYERS else None


def check_layer(path, lines):
    layer = layer_of(path)
    if layer is None:
        yield f"layer: {path}: the folder is not in LAYERS of tools/check_layers.py"
        return
    for number, line in enumerate(lines, 1):
        included = re.match(r'\s*#\s*include\s*[<"]nop/([^>"]+)[>"]', line)
        if re.match(r'\s*#\s*include\s*"', line):
            yield f"layer: {path}:{number}: write #include <nop/...>, not a relative path"
        elif included and layer_of(included[1]) is None:
            yield f"layer: {path}:{number}: {included[1]} is in no layer"
        elif included and layer_of(included[1]) > layer:
            yield f"layer: {path}:{number}: {included[1]} is above this header"


def check_libraries(headers):
    users = defaultdict(list)
    for path, lines in headers.items():
        for library, pattern in LIBRARIES.items():
            if re.search(pattern, "\n".join(lines)):
                users[library].append(path)
    for library, paths in sorted(users.items()):
        if len(paths) > 1:
            yield f"library: {library} belongs in one header, but is used in {', '.join(paths)}"


def check_mirror(path, tests):
    stem = path.rsplit(".", 1)[0]
    candidates = [tests / f"{stem}_test{suffix}" for suffix in (".cpp", ".cu")]
    if path not in UNTESTED and not any(test.exists() for test in candidates):
        yield f"mirror: {path}: has no tests/{stem}_test.cpp"


def check_header(path, lines):
    if len(lines) > MAX_LINES:
        yield f"length: {path}: {len(lines)} lines, more than {MAX_LINES}"
    if "#pragma once" not in lines:
        yield f"once: {path}: lacks #pragma once"


def check_names(path, text):
    if not re.search(rf"^namespace nop(::\w+)*::{path.stem} {{$", text, re.MULTILINE):
        yield f"names: {path}: has no namespace nop::test::{path.stem}"


def source_files(root):
    yield from (root / name for name in SOURCE_NAMES if (root / name).is_file())
    for folder in SOURCE_FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in SOURCES or path.name in SOURCE_NAMES:
                yield path


def check_licence(path, text):
    first = text.splitlines()[:2]
    if first and first[0].startswith("#!"):
        first.pop(0)
    if not first or first[0] not in (f"// {LICENCE}", f"# {LICENCE}", f"! {LICENCE}"):
        yield f"licence: {path}: does not begin with {LICENCE}"


def check(root):
    """Every problem in the tree at `root`, and the number of headers read."""
    top = root / "include" / "nop"
    headers = {
        path.relative_to(top).as_posix(): path.read_text().splitlines()
        for path in sorted(top.rglob("*"))
        if path.suffix in (".hpp", ".cuh")
    }
    problems = []
    for path, lines in headers.items():
        problems += check_layer(path, lines)
        problems += check_header(path, lines)
        problems += check_mirror(path, root / "tests")
    problems += check_libraries(headers)
    for path in sorted((root / "tests").rglob("*_test.cpp")):
        problems += check_names(path.relative_to(root), path.read_text())
    for path in source_files(root):
        problems += check_licence(path.relative_to(root), path.read_text())
    return problems, len(headers)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", nargs="?", type=Path, default=Path(__file__).parent.parent,
                        help="the source tree (default: the one this script is in)")
    problems, headers = check(parser.parse_args().root.resolve())
    if problems or not headers:
        print("\n".join(problems) or "no headers found", file=sys.stderr)
        print(f"layers: {len(problems)} problems in {headers} headers", file=sys.stderr)
        return 1
    print(f"layers ok: {headers} headers")
    return 0


if __name__ == "__main__":
    sys.exit(main())
