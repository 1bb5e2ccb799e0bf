#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A simulation in Python that owns its array and calls a trained operator in every step.

    python_program.py libnop_c.so model.safetensors 128

The model is one of `simulation_loop --save`: from u(x) on a circle to the change of u in a step.
Only the standard library is used; a contiguous float32 array a of numpy is passed on as
`(ctypes.c_float * a.size).from_buffer(a)`.
"""
import ctypes
import math
import sys
from ctypes import POINTER, c_char_p, c_float, c_int, c_size_t, c_void_p

NOP_FLOAT, NOP_DOUBLE = 1, 2


class Nop:
    """The library of nop_c.h."""

    def __init__(self, path):
        self.library = ctypes.CDLL(path)
        self.library.nop_load.restype = c_void_p
        self.library.nop_load.argtypes = [c_char_p, c_int]
        self.library.nop_free.argtypes = [c_void_p]
        self.library.nop_last_error.restype = c_char_p
        self.library.nop_run_float.argtypes = [
            c_void_p, c_size_t, POINTER(c_size_t), c_size_t, POINTER(c_float), c_size_t,
            POINTER(c_float), c_size_t]

    def error(self):
        return RuntimeError(self.library.nop_last_error().decode())


class Model:
    """A trained operator; `run` writes what it makes of one array of floats to another."""

    def __init__(self, nop, path):
        self.nop = nop
        self.handle = nop.library.nop_load(str(path).encode(), NOP_FLOAT)
        if not self.handle:
            raise nop.error()

    def __del__(self):
        if self.handle:
            self.nop.library.nop_free(self.handle)

    def run(self, grid, batch, x, y):
        extents = (c_size_t * len(grid))(*grid)
        if self.nop.library.nop_run_float(self.handle, len(grid), extents, batch, x, len(x), y,
                                          len(y)) != 0:
            raise self.nop.error()


def main():
    if len(sys.argv) != 4:
        sys.exit("usage: python_program.py LIBRARY MODEL.safetensors POINTS")
    n = int(sys.argv[3])
    model = Model(Nop(sys.argv[1]), sys.argv[2])

    u = (c_float * n)(*(math.sin(2 * math.pi * i / n) for i in range(n)))
    change = (c_float * n)()

    for _ in range(10):
        model.run([n], 1, u, change)
        for i in range(n):
            u[i] += change[i]
    print(f"u(1/4) = {u[n // 4]:.4f}")


if __name__ == "__main__":
    try:
        main()
    except RuntimeError as error:
        sys.exit(f"python_program.py: {error}")
