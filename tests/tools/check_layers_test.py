# SPDX-License-Identifier: BSD-3-Clause
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
from check_layers import LICENCE, MAX_LINES, check

HEADER = f"// {LICENCE}\n#pragma once\n"


class CheckLayers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.header("core/shape.hpp")
        self.header("ops/modes.hpp", "#include <nop/core/shape.hpp>\n#include <Eigen/Core>\n")
        self.header("nop.hpp", "#include <nop/ops/modes.hpp>\n", tested=False)

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def header(self, path, text="", tested=True):
        self.write(f"include/nop/{path}", HEADER + text)
        if tested:
            self.write_test(path[:-4])

    def write_test(self, stem):
        names = f"nop::test::{Path(stem).name}_test"
        self.write(f"tests/{stem}_test.cpp", f"// {LICENCE}\nnamespace {names} {{\n}}\n")

    def assert_problem(self, start, containing):
        problems, _ = check(self.root)
        self.assertEqual(len(problems), 1, problems)
        self.assertTrue(problems[0].startswith(start + ":"), problems)
        self.assertIn(containing, problems[0])

    def test_a_good_tree_passes(self):
        self.assertEqual(check(self.root), ([], 3))

    def test_an_include_that_points_upwards_fails(self):
        self.header("core/view.hpp", "#include <nop/ops/modes.hpp>\n")
        self.assert_problem("layer", "core/view.hpp:3: ops/modes.hpp is above")

    def test_including_an_entry_header_from_a_layer_fails(self):
        self.header("core/view.hpp", "#include <nop/nop.hpp>\n")
        self.assert_problem("layer", "core/view.hpp:3: nop.hpp is above")

    def test_a_relative_include_fails(self):
        self.header("core/view.hpp", '#include "shape.hpp"\n')
        self.assert_problem("layer", "core/view.hpp:3")

    def test_a_folder_without_a_place_among_the_layers_fails(self):
        self.header("helpers/misc.hpp")
        self.assert_problem("layer", "helpers/misc.hpp")

    def test_a_library_in_two_headers_fails(self):
        self.header("layers/linear.hpp", "#include <Eigen/Dense>\n")
        self.assert_problem("library", "layers/linear.hpp, ops/modes.hpp")

    def test_a_pragma_counts_as_openmp(self):
        self.header("layers/a.hpp", "#include <omp.h>\n")
        self.header("layers/b.hpp", "#pragma omp parallel for\n")
        self.assert_problem("library", "OpenMP")

    def test_a_header_without_a_test_file_fails(self):
        self.header("backend/cpu/gemm.hpp", tested=False)
        self.assert_problem("mirror", "tests/backend/cpu/gemm_test.cpp")

    def test_a_test_file_without_its_namespace_fails(self):
        self.write("tests/ops/modes_test.cpp", f"// {LICENCE}\nnamespace nop {{\n}}\n")
        self.assert_problem("names", "tests/ops/modes_test.cpp: has no namespace nop::test::modes_test")

    def test_a_header_that_is_too_long_fails(self):
        self.header("core/view.hpp", "\n" * (MAX_LINES - 1))
        self.assert_problem("length", f"{MAX_LINES + 1} lines")

    def test_a_source_without_its_licence_fails(self):
        self.write("tools/tool.py", "import sys\n")
        self.assert_problem("licence", "tools/tool.py")

    def test_the_licence_may_follow_the_line_that_names_the_interpreter(self):
        self.write("run", f"#!/usr/bin/env bash\n# {LICENCE}\n")
        self.assertEqual(check(self.root), ([], 3))

    def test_a_header_without_pragma_once_fails(self):
        self.header("core/view.hpp")
        self.write("include/nop/core/view.hpp", f"// {LICENCE}\n")
        self.assert_problem("once", "core/view.hpp")


if __name__ == "__main__":
    unittest.main()
