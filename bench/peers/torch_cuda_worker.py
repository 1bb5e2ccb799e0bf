#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Times PyTorch on a GPU for compare_cuda.py. Arguments: `compile` or `reduce-overhead`, modes of
torch.compile; `graph`, the whole of a repetition captured as a CUDA graph; `tf32`, products in
TF32, which PyTorch by itself does for convolutions only. Without: eager, in float."""

import math
import statistics
import sys
import warnings

warnings.filterwarnings("ignore")

import torch  # noqa: E402

from torch_operators import network  # noqa: E402
from worker import serve  # noqa: E402

OPTIONS = set(sys.argv[1:])
COLD_BYTES = 192 << 20  # as in bench/backend.hpp
ready = {}  # what was made is kept: it took long to compile


def timed(call, calls):
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    for _ in range(calls):
        call()
    end.record()
    end.synchronize()
    return 1e-3 * start.elapsed_time(end)


def event_seconds(call, at_least):
    """As bench/cuda/stopwatch.cuh does."""
    first = timed(call, 1)
    calls = max(1, min(100, int(at_least / 5 / max(first, 1e-6))))
    total, times = 0, []
    while not times or total < at_least:
        spent = timed(call, calls)
        total += spent
        times.append(spent / calls)
    return statistics.median(times)


def captured(call):
    """A call that repeats what was captured of this one."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            call()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        call()
    return graph.replay


def compiled(module):
    if "compile" in OPTIONS:
        return torch.compile(module, dynamic=False)
    if "reduce-overhead" in OPTIONS:
        return torch.compile(module, dynamic=False, mode="reduce-overhead")
    return module


def made(case, what, element):
    torch.manual_seed(0)
    dtype = {"": torch.float32, "complex_float": torch.complex64}[element]
    is_model = case.kind == "fno"
    module = network(case, dtype.is_complex).cuda()
    shape = (case.batch, 1 if is_model else case.channels, *case.grid)
    bytes_ = math.prod(shape) * dtype.itemsize
    in_turns = "graph" not in OPTIONS and not is_model
    copies = max(1, min(64, -(-COLD_BYTES // bytes_))) if in_turns else 1
    fields = [torch.randn(shape, device="cuda", dtype=dtype) for _ in range(copies)]
    with torch.no_grad():
        y = torch.randn_like(module(fields[0]))
    call, parameters = compiled(module), list(module.parameters())
    turn = 0

    def x():
        nonlocal turn
        turn += 1
        if "reduce-overhead" in OPTIONS:
            torch.compiler.cudagraph_mark_step_begin()
        return fields[turn % copies]

    def forward():
        with torch.no_grad():
            call(x())

    ones = torch.ones_like(y)
    if what == "fwdbwd":
        for field in fields:
            field.requires_grad_()

    def forward_and_back():
        field = x()
        torch.autograd.grad(call(field), [field, *parameters], ones)

    optimizer = torch.optim.Adam(parameters, 1e-6, fused=True, capturable=True)

    def train():
        loss = ((call(x()) - y) ** 2).mean()
        for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters)):
            parameter.grad = gradient
        optimizer.step()

    work = {"fwd": forward, "infer": forward, "fwdbwd": forward_and_back, "train": train}[what]
    for _ in range(3):
        work()
    torch.cuda.synchronize()
    return captured(work) if "graph" in OPTIONS else work


def make(case, what):
    if (case, what) not in ready:
        ready[case, what] = made(case, *[*what.split("/"), ""][:2])
    return ready[case, what]


if __name__ == "__main__":
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = "tf32" in OPTIONS
    torch.backends.cudnn.benchmark = True
    torch._dynamo.config.cache_size_limit = 512
    torch._dynamo.config.accumulated_cache_size_limit = 4096
    serve(f"torch {torch.__version__}, CUDA {torch.version.cuda}, cuDNN "
          f"{torch.backends.cudnn.version()}, {torch.cuda.get_device_name()}", make, event_seconds)
