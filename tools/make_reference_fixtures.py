#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes the models, inputs and outputs that the tests of include/nop/io/reference/ compare with.

    python3 tools/make_reference_fixtures.py tests/data/reference

It asks for torch, numpy and neuraloperator, whichever version is to be the witness: with 2.0 (the
environment that ./run compare makes has it: pass build/peers/bin/python) it writes the models of
today, with 1.0, 0.3 or 0.2 those of that version. For every model NAME it writes NAME.pt, what
torch.save made of it, and NAME.npz with an input x and the model's output y; NAME.json has the
arguments of the constructor where the file cannot say them.
"""

import argparse
import json
import warnings
from pathlib import Path

import neuralop
import numpy
import torch
from neuralop.models import FNO, TFNO, UNO
from torch.nn import functional

SIZES = {"in_channels": 2, "out_channels": 1, "hidden_channels": 4, "n_layers": 2}


def shaken(model):
    """All numbers of a model become random, also those that begin as ones and zeros."""
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if name == "_metadata" or not (tensor.is_floating_point() or tensor.is_complex()):
                continue
            tensor.add_(0.4 * torch.randn_like(tensor))
            if name.endswith("running_var"):
                tensor.abs_()
    return model.eval()


def write(folder, name, model, grid, state=None, arguments=None, channels=2, dtype=torch.float32):
    x = torch.randn(2, channels, *grid, dtype=dtype)
    with torch.no_grad():
        y = model(x)
    numpy.savez_compressed(folder / f"{name}.npz", x=x.numpy(), y=y.numpy())
    torch.save(model.state_dict() if state is None else state, folder / f"{name}.pt")
    if arguments is not None:
        (folder / f"{name}.json").write_text(json.dumps(arguments) + "\n")


def fno(**changes):
    return shaken(FNO(**{"n_modes": (4, 4), **SIZES, **changes}))


def wrapped(model):
    """A checkpoint of somebody's training, in which no word says how the model was made."""
    state = {f"module.{k}": v for k, v in model.state_dict().items() if k != "_metadata"}
    optimizer = torch.optim.Adam(model.parameters(), lr=0.5)
    return {"epoch": 3, "model_state_dict": state, "optimizer": optimizer.state_dict()}


def current(folder):
    write(folder, "fno", fno(), (8, 6))
    write(folder, "fno_1d", fno(n_modes=(5,), norm="group_norm"), (9,))
    write(folder, "fno_3d", fno(n_modes=(2, 2, 3), hidden_channels=3, domain_padding=0.25), (4, 4, 5))
    write(folder, "fno_batch_norm", fno(norm="batch_norm", lifting_channel_ratio=1.5), (8, 6))
    write(folder, "fno_options", fno(
        preactivation=True, stabilizer="tanh", norm="instance_norm", fno_skip="identity",
        channel_mlp_skip="linear", channel_mlp_expansion=1, non_linearity=functional.relu,
        positional_embedding=None, max_n_modes=(6, 3)), (8, 6))
    write(folder, "fno_scaling", fno(n_modes=(4,), resolution_scaling_factor=[2, 0.5]), (8,))
    write(folder, "fno_complex", fno(complex_data=True), (8, 6), dtype=torch.complex64)
    model = fno()
    write(folder, "fno_wrapped", model, (8, 6), wrapped(model))
    for kind in ("Tucker", "CP", "TT"):
        tfno = TFNO(**{"n_modes": (4, 4), **SIZES, "factorization": kind, "rank": 0.4})
        write(folder, f"tfno_{kind.lower()}", shaken(tfno), (8, 6))
    write(folder, "tfno_separable", fno(factorization="CP", rank=0.4, separable=True), (8, 6))
    arguments = {"uno_out_channels": [4, 5, 4], "uno_n_modes": [[4, 4], [2, 2], [4, 4]],
                 "uno_scalings": [[1, 1], [0.5, 0.5], [2, 2]], "channel_mlp_skip": "linear"}
    uno = UNO(in_channels=2, out_channels=1, hidden_channels=4, lifting_channels=5,
              projection_channels=6, n_layers=3, **arguments)
    write(folder, "uno", shaken(uno), (8, 8), arguments={"uno_scalings": arguments["uno_scalings"]})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    version = neuralop.__version__
    print(f"neuraloperator {version}")
    current(folder)


if __name__ == "__main__":
    main()
