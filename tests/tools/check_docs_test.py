# SPDX-License-Identifier: BSD-3-Clause
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
from check_docs import check

EXAMPLE = """int main() {
  first();
  second();
  third();
}
"""


class CheckDocs(unittest.TestCase):
    def problems(self, block, kind="cpp"):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "examples").mkdir()
            (root / "examples" / "program.cpp").write_text(EXAMPLE)
            (root / "README.md").write_text(f"Use it so:\n\n```{kind}\n{block}```\n")
            return check(root)[0]

    def test_a_part_of_an_example_passes(self):
        self.assertEqual(self.problems("first();\nsecond();\n"), [])

    def test_a_line_that_is_compiled_nowhere_fails_and_is_located(self):
        problems = self.problems("first();\nanother();\n")
        self.assertEqual(len(problems), 1)
        self.assertTrue(problems[0].startswith("README.md:3:"), problems)

    def test_lines_left_out_fail_unless_marked(self):
        self.assertEqual(len(self.problems("first();\nthird();\n")), 1)
        self.assertEqual(self.problems("first();\n// ...\nthird();\n"), [])

    def test_parts_out_of_order_fail(self):
        self.assertEqual(len(self.problems("third();\n// ...\nfirst();\n")), 1)

    def test_a_block_of_another_language_has_to_stand_in_a_file_of_its_own(self):
        for kind in ("c", "fortran", "python"):
            self.assertEqual(len(self.problems("first();\n", kind)), 1)
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "examples").mkdir()
            (root / "examples" / "program.py").write_text("first()\nsecond()\nthird()\n")
            page = root / "README.md"
            page.write_text("```python\nfirst()\n# ...\nthird()\n```\n")
            self.assertEqual(check(root), ([], 1))
            page.write_text("```python\nfourth()\n```\n")
            self.assertEqual(len(check(root)[0]), 1)

    def test_other_blocks_are_left_alone(self):
        self.assertEqual(self.problems("./run demo\n", kind="sh"), [])


if __name__ == "__main__":
    unittest.main()
