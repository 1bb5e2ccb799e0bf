#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes the PyTorch files that the tests of include/nop/io/torch_*.hpp read.

    python3 tools/make_torch_fixtures.py tests/data/torch

It asks for torch and neuraloperator (the environment that ./run compare makes has both: pass
build/peers/bin/python). Nothing is random: element i of the j-th tensor of a model is i + j / 8,
and i + j / 8 - (i + 1/2) sqrt(-1) where it is complex, so that the tests know every number. The
files that are committed were written by torch 2.14 and neuraloperator 2.0.
"""

import argparse
import io
import json
import tarfile
import warnings
import zipfile
from pathlib import Path

import torch
from neuralop.models import FNO, TFNO, UNO


def set_numbers(model):
    """Replaces all tensors of a model, in the order of its state, by known numbers."""
    rank = 0
    for name, tensor in model.state_dict().items():
        if name == "_metadata":
            continue
        numbers = torch.arange(tensor.numel(), dtype=torch.float32).reshape(tensor.shape)
        values = numbers + rank / 8
        if tensor.is_complex():
            values = torch.complex(values, -numbers - 0.5)
        with torch.no_grad():
            tensor.copy_(values)
        rank += 1
    return model


def operators():
    shape = {"in_channels": 1, "out_channels": 1, "hidden_channels": 2}
    yield "fno", FNO(n_modes=(2, 3), n_layers=1, norm="batch_norm", **shape)
    for kind in ("Tucker", "CP", "TT"):
        yield f"tfno_{kind.lower()}", TFNO(
            n_modes=(2, 2), n_layers=1, factorization=kind, rank=0.5, **shape)
    yield "uno", UNO(n_layers=3, lifting_channels=2, projection_channels=2,
                     uno_out_channels=[2, 2, 2], uno_n_modes=[[2, 2]] * 3,
                     uno_scalings=[[1.0, 1.0]] * 3, channel_mlp_skip="linear", **shape)


def views():
    """All that a tensor can be: windows into shared memory, marks, every element type."""
    table = torch.arange(12.0).reshape(3, 4)
    waves = torch.complex(table, table + 1)
    return {
        "transposed": table.t(), "row": table[1], "window": table[1:, 1:3], "step": table[::2, ::3],
        "repeated": torch.ones(1).expand(5), "number": torch.tensor(3.0),
        "empty": torch.zeros(0, 3), "conjugate": waves.conj(),
        "negative": (waves * 1).conj().imag, "parameter": torch.nn.Parameter(torch.ones(2)),
        "list": [table, {"inner": torch.ones(1)}],
        "float64": torch.tensor([0.1], dtype=torch.float64),
        "float16": torch.tensor([1.5], dtype=torch.float16),
        "bfloat16": torch.tensor([1.5], dtype=torch.bfloat16),
        "complex128": torch.tensor([1.5 - 2j], dtype=torch.complex128),
        "int64": torch.tensor([-(2**40)]), "int32": torch.tensor([-(2**20)], dtype=torch.int32),
        "int16": torch.tensor([-300], dtype=torch.int16),
        "int8": torch.tensor([-3], dtype=torch.int8), "uint8": torch.tensor([255], dtype=torch.uint8),
        "uint16": torch.tensor([40000], dtype=torch.uint16),
        "uint32": torch.tensor([3 * 10**9], dtype=torch.uint32),
        "uint64": torch.tensor([2**63], dtype=torch.uint64), "bool": torch.tensor([True, False]),
        "tuple": (1, 2.5, None, True, "é"), "size": table.shape, "type": torch.float32,
        "device": torch.device("cpu"), "large": 1 << 40, "small": -1,
    }


def training():
    """A state of training: nested dicts, numbers as keys, an optimizer."""
    layer = torch.nn.Linear(2, 1)
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.5)
    set_numbers(layer)(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    return {"model": set_numbers(layer).state_dict(), "optimizer": optimizer.state_dict(),
            "epoch": 3}


def write_mdlus(folder):
    """The layout of PhysicsNeMo's containers, zip and, before that, tar."""
    model = io.BytesIO()
    torch.save(set_numbers(torch.nn.Linear(2, 1)).state_dict(), model)
    members = {"model.pt": model.getvalue(), "args.json": json.dumps(
        {"__name__": "Linear", "__module__": "torch.nn", "__args__": {"in_features": 2}}).encode()}
    with zipfile.ZipFile(folder / "zip.mdlus", "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    with tarfile.open(folder / "tar.mdlus", "w") as archive:
        for name, content in members.items():
            about = tarfile.TarInfo(name)
            about.size = len(content)
            about.mtime = 0.5  # no whole number: a header of extensions comes first
            archive.addfile(about, io.BytesIO(content))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")
    for name, model in operators():
        torch.save(set_numbers(model).state_dict(), folder / f"{name}.pt")
        if name == "fno":
            torch.save(model._init_kwargs, folder / "fno_metadata.pkl")
    torch.save(views(), folder / "views.pt")
    torch.save(views(), folder / "views_protocol_5.pt", pickle_protocol=5)
    torch.save(training(), folder / "training.pt")
    layer = set_numbers(torch.nn.Linear(2, 1))
    torch.save(torch.ones(2), folder / "tensor.pt")
    torch.save(layer, folder / "whole_model.pt")
    torch.jit.save(torch.jit.script(layer), folder / "script.pt")
    write_mdlus(folder)


if __name__ == "__main__":
    main()
