#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Times neuraloperator and our U-Nets on PyTorch for compare.py and sampling.py; with the argument
`compile`, through torch.compile."""

import os
import sys
import warnings
from importlib.metadata import version

warnings.filterwarnings("ignore")

import torch  # noqa: E402
from neuralop.layers.spectral_convolution import SpectralConv  # noqa: E402
from neuralop.models import FNO  # noqa: E402

from torch_unet import network  # noqa: E402
from worker import serve  # noqa: E402

COMPILED = "compile" in sys.argv[1:]


def compiled(module):
    if not COMPILED:
        return module
    torch._dynamo.reset()
    return torch.compile(module, dynamic=False)


def make(case, what):
    torch.manual_seed(0)
    if case.kind == "sc":
        module = SpectralConv(case.channels, case.channels, case.modes)
        x = torch.randn(case.batch, case.channels, *case.grid)
    elif case.kind == "fno":
        module = FNO(n_modes=case.modes, in_channels=1, out_channels=1,
                     hidden_channels=case.channels, n_layers=4)
        x = torch.randn(case.batch, 1, *case.grid)
    elif case.kind in ("unet", "dsno"):
        module = network(case, only_last=what == "infer")
        x = torch.randn(case.batch, 1, *case.grid)
    else:
        raise ValueError(f"no such kind here: {case.kind}")
    with torch.no_grad():
        y = torch.randn_like(module(x))
    call = compiled(module)
    optimizer = torch.optim.Adam(module.parameters(), 1e-6)
    x_with_gradient = x.clone().requires_grad_()

    def forward():
        with torch.no_grad():
            call(x)

    def forward_and_back():
        result = call(x_with_gradient)
        result.backward(torch.ones_like(result))
        module.zero_grad()
        x_with_gradient.grad = None

    def train():
        optimizer.zero_grad()
        ((call(x) - y) ** 2).mean().backward()
        optimizer.step()

    return {"fwd": forward, "infer": forward, "fwdbwd": forward_and_back, "train": train}[what]


if __name__ == "__main__":
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    serve(f"torch {torch.__version__}, neuraloperator {version('neuraloperator')}", make)
