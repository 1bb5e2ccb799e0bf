#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes the models, inputs and outputs that the tests of include/nop/io/reference/ compare with.

    python3 tools/make_reference_fixtures.py tests/data/reference

It asks for torch, numpy and whatever is to be the witness. With neuraloperator 2.0 (the
environment that ./run compare makes has it: pass build/peers/bin/python) it writes the models of
today and of the scripts, with 1.0, 0.3 and 0.2 those of that version, and with --physicsnemo those
of nvidia-physicsnemo. For every model NAME it writes NAME.pt, what torch.save made of it, or
NAME.mdlus, and NAME.npz with an input x and the model's output y; NAME.json has the arguments of the
constructor where the file cannot say them.
"""

import argparse
import json
import sys
import warnings
from pathlib import Path
from unittest import mock

import numpy
import torch
from torch.nn import functional

if "--physicsnemo" not in sys.argv:
    # What some version imports, but no model here needs.
    for unneeded in ("wandb", "h5py", "zarr", "configmypy", "torchvision", "zencfg",
                     "torch_harmonics", "torch_harmonics.quadrature",
                     "torch_harmonics.convolution"):
        sys.modules.setdefault(unneeded, mock.MagicMock())
    import neuralop
    from neuralop.models import FNO, TFNO, UNO

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


def version_0_3(folder):
    write(folder, "fno_v0_3", fno(lifting_channels=5, projection_channels=6), (8, 6))
    write(folder, "tfno_v0_3", fno(
        lifting_channels=5, projection_channels=6, factorization="Tucker", rank=0.4,
        norm="group_norm", fno_skip="soft-gating"), (8, 6))


def version_0_2(folder):
    def of_that_time(**changes):
        return fno(**{"projection_channels": 5, "n_layers": 3, **changes})

    write(folder, "fno_v0_2", of_that_time(n_modes=(6, 4)), (8, 7))
    write(folder, "fno_v0_2_1d", of_that_time(n_modes=(6,), n_layers=4, domain_padding=0.3), (9,))
    write(folder, "fno_v0_2_3d", of_that_time(
        n_modes=(4, 2, 6), hidden_channels=2, norm="group_norm", fno_skip="soft-gating"), (4, 6, 7))
    for kind in ("tucker", "cp", "tt"):
        write(folder, f"tfno_v0_2_{kind}", of_that_time(
            n_modes=(6, 4), n_layers=1, factorization=kind, rank=0.5), (8, 7))


def version_1_0(folder):
    write(folder, "fno_v1_0", fno(domain_padding=[0.3, 0.2]), (8, 7))


def physics_nemo(folder):
    from physicsnemo.models.fno import FNO as PhysicsNemoFno

    def written(name, grid, **arguments):
        torch.manual_seed(len(name))
        usual = {"latent_channels": 4, "num_fno_layers": 2, "decoder_layer_size": 5}
        model = shaken(PhysicsNemoFno(in_channels=2, out_channels=1, dimension=len(grid),
                                      **{**usual, **arguments}))
        write(folder, name, model, grid)
        (folder / f"{name}.pt").unlink()
        model.save(str(folder / f"{name}.mdlus"))

    written("physics_nemo_1d", (9,), num_fno_modes=3, activation_fn="tanh")
    written("physics_nemo", (8, 7), num_fno_modes=[3, 2], padding=[1, 3], decoder_layers=2)
    written("physics_nemo_3d", (4, 6, 5), num_fno_modes=[2, 1, 3], padding=2, coord_features=False,
            latent_channels=2, decoder_activation_fn="relu")
    written("physics_nemo_4d", (4, 5, 4, 4), num_fno_modes=[2, 1, 2, 2], padding=[0, 1],
            latent_channels=2, num_fno_layers=1)


class Script(torch.nn.Module):
    """The network of the first paper as its scripts name it, `mlps` as the later ones have it."""

    def __init__(self, grid, modes, mlps, padding=None, width=4, depth=3):
        super().__init__()
        self.padding = padding or [0] * len(grid)  # points at the end of each axis
        axes, corners = len(modes), 2 ** (len(modes) - 1)
        self.modes, self.mlps, self.depth = modes, mlps, depth
        point = {1: torch.nn.Conv1d, 2: torch.nn.Conv2d, 3: torch.nn.Conv3d}[axes]

        def pair(first, hidden, last):
            maps = torch.nn.Module()
            maps.mlp1, maps.mlp2 = point(first, hidden, 1), point(hidden, last, 1)
            return maps

        for i in range(depth):
            conv = torch.nn.Module()
            for corner in range(corners):
                weights = torch.nn.Parameter(torch.randn(width, width, *modes, dtype=torch.cfloat))
                setattr(conv, f"weights{corner + 1}", weights)
            setattr(self, f"conv{i}", conv)
            setattr(self, f"w{i}", point(width, width, 1))
            if mlps:
                setattr(self, f"mlp{i}", pair(width, width, width))
        if mlps:
            self.p, self.q = torch.nn.Linear(1 + axes, width), pair(width, 8, 1)
        else:
            self.fc0, self.bn0 = torch.nn.Linear(1 + axes, width), torch.nn.BatchNorm1d(width)
            self.fc1, self.fc2 = torch.nn.Linear(width, 8), torch.nn.Linear(8, 1)
        ends = [torch.linspace(0, 1, n) for n in grid]
        self.coordinates = torch.stack(torch.meshgrid(*ends, indexing="ij"))

    def convolved(self, i, x):
        axes = len(self.modes)
        dims = list(range(2, 2 + axes))
        spectrum = torch.fft.rfftn(x, dim=dims)
        result = torch.zeros_like(spectrum)
        for corner in range(2 ** (axes - 1)):
            place = (..., *(slice(-m, None) if corner >> j & 1 and j < axes - 1 else slice(0, m)
                            for j, m in enumerate(self.modes)))
            weights = getattr(getattr(self, f"conv{i}"), f"weights{corner + 1}")
            result[place] = torch.einsum("bi...,io...->bo...", spectrum[place], weights)
        return torch.fft.irfftn(result, s=x.shape[2:], dim=dims)

    def forward(self, x):
        grid = self.coordinates.expand(len(x), *self.coordinates.shape)
        lift = self.p if self.mlps else self.fc0
        x = lift(torch.cat([x, grid], 1).movedim(1, -1)).movedim(-1, 1)
        inside = (..., *(slice(0, n) for n in x.shape[2:]))
        x = functional.pad(x, [n for points in reversed(self.padding) for n in (0, points)])
        for i in range(self.depth):
            y = self.convolved(i, x)
            if self.mlps:
                maps = getattr(self, f"mlp{i}")
                y = maps.mlp2(functional.gelu(maps.mlp1(y)))
            x = y + getattr(self, f"w{i}")(x)
            if i < self.depth - 1:
                x = functional.gelu(x)
        x = x[inside]
        if self.mlps:
            return self.q.mlp2(functional.gelu(self.q.mlp1(x)))
        return self.fc2(functional.gelu(self.fc1(x.movedim(1, -1)))).movedim(-1, 1)


def scripts(folder):
    for name, grid, modes, mlps in (("script_1d", (9,), (3,), False), ("script_2d", (8, 7), (3, 2), False),
                                    ("script_3d", (4, 6, 5), (2, 1, 3), False),
                                    ("script_mlp", (8, 7), (3, 2), True)):
        write(folder, name, shaken(Script(grid, modes, mlps)), grid, channels=1)
    padded = Script((8, 7), (3, 2), False, padding=[0, 3], depth=2)
    write(folder, "script_padded", shaken(padded), (8, 7), channels=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--physicsnemo", action="store_true")
    arguments = parser.parse_args()
    folder = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    if arguments.physicsnemo:
        return physics_nemo(folder)
    version = neuralop.__version__
    print(f"neuraloperator {version}")
    if version.startswith("0.3"):
        version_0_3(folder)
    elif version.startswith("0.2"):
        version_0_2(folder)
    elif version.startswith("1.0"):
        version_1_0(folder)
    else:
        current(folder)
        scripts(folder)


if __name__ == "__main__":
    main()
