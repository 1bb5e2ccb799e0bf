# SPDX-License-Identifier: BSD-3-Clause
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
from check_instructions import compare, parse

DUMP = """version: 1
desc: Trigger: Client Request: {name}
events: Ir
summary: 1234
"""


class CheckInstructions(unittest.TestCase):
    def test_a_dump_gives_its_kernel_and_its_count(self):
        self.assertEqual(parse(DUMP.format(name="sc2d/dense/fwd")), ("sc2d/dense/fwd", 1234))

    def test_what_callgrind_writes_at_the_end_is_no_kernel(self):
        self.assertIsNone(parse("desc: Trigger: Program termination\nsummary: 5\n"))

    def test_a_few_instructions_more_are_tolerated(self):
        self.assertEqual(compare({"mix": 1000}, {"mix": 1049})[1], [])

    def test_too_many_instructions_fail(self):
        lines, worse = compare({"gelu": 1000, "mix": 1000}, {"gelu": 1000, "mix": 1051})
        self.assertEqual(worse, ["mix"])
        self.assertIn("+5.1 %", lines[1])

    def test_fewer_instructions_pass_and_ask_to_be_recorded(self):
        lines, worse = compare({"mix": 1000}, {"mix": 500})
        self.assertEqual(worse, [])
        self.assertIn("--update", lines[0])

    def test_a_kernel_that_is_not_on_the_record_fails(self):
        self.assertEqual(compare({}, {"mix": 1})[1], ["mix"])

    def test_a_kernel_that_is_no_longer_counted_fails(self):
        self.assertEqual(compare({"mix": 1}, {})[1], ["mix"])


if __name__ == "__main__":
    unittest.main()
