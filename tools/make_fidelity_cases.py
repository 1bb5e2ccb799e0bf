#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes random models of the reference library (neuraloperator) with inputs and its answers.

    python3 tools/make_fidelity_cases.py build/fidelity --cases 300
    python3 tools/make_fidelity_cases.py tests/data/fidelity/cases.zip --cases 48 --small

It asks for torch and neuraloperator (the environment build/peers that ./run fidelity makes has
both). Case k of a seed is the same in every run. A folder, or an archive of the same, gets a
manifest.json and for each case a folder:

    case.json           the class, the arguments of its constructor by its own names, and the call
    model.pt            torch.save(model.state_dict())
    input.npy           and embedding.npy, what adaptive norms are told, if the model has any
    output.npy          the answer of the library as it is, in single precision
    output_float64.npy  its answer in double precision

The library has single precision written into it in a few places, and model.double() fails there. For
the answer in double its own code is run with the names of those types exchanged, see
`double_precision`. Cases that it refuses or fails on are counted by the reason, and left out; others
are made in their place.
"""

import argparse
import contextlib
import copy
import io
import json
import math
import random
import re
import sys
import tempfile
import warnings
import zipfile
from collections import Counter
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from neuralop.layers import complex as complex_layers
from neuralop.layers.embeddings import GridEmbeddingND
from neuralop.layers.fno_block import FNOBlocks
from neuralop.models import FNO, TFNO, UNO

CLASSES = {"FNO": FNO, "TFNO": TFNO, "UNO": UNO}
# Whose arithmetic the answers follow: the name of nop::Semantics.
SEMANTICS = "v2_0"
ACTIVATIONS = ["relu", "silu", "tanh", "leaky_relu", "selu"]
SKIPS = ["linear", "identity", "soft-gating", None]


class Draw(random.Random):
    """Random choices of hyper-parameters."""

    small = False

    def chance(self, probability):
        return self.random() < probability

    def modes(self, dim):
        most = (8, 5, 3)[dim - 1] if self.small else (10, 8, 5)[dim - 1]
        return [self.randint(1 if self.chance(0.15) else 2, most) for _ in range(dim)]

    def grid(self, dim, modes):
        """Points per axis: a third of the time no more than modes, else more; odd and even."""
        most = (20, 10, 6)[dim - 1] if self.small else (40, 16, 8)[dim - 1]
        return [1 if self.chance(0.03) else self.randint(2, max(2, m)) if self.chance(0.3) else
                self.randint(min(m, most), most) for m in modes]

    def channels(self):
        return self.randint(1, 3)

    def width(self):
        return self.choice([2, 4] if self.small else [2, 4, 6, 8])


def layer_arguments(draw, dim):
    """What FNO and UNO have in common."""
    arguments = {}
    if draw.chance(0.3):
        arguments["positional_embedding"] = None
    elif draw.chance(0.2):
        arguments["positional_embedding"] = {"grid_boundaries": [
            [draw.choice([0.0, -1.0]), draw.choice([1.0, 2.5])] for _ in range(dim)]}
    if draw.chance(0.25):
        arguments["non_linearity"] = draw.choice(ACTIVATIONS)
    if draw.chance(0.4):
        arguments["norm"] = draw.choice(["instance_norm", "group_norm", "batch_norm"])
    if draw.chance(0.2):
        arguments["preactivation"] = True
    if draw.chance(0.4):
        arguments["fno_skip"] = draw.choice(SKIPS)
    if draw.chance(0.25):
        arguments["channel_mlp_expansion"] = draw.choice([0.5, 1.0, 1.25])
    if draw.chance(0.1):
        arguments["channel_mlp_dropout"] = 0.3
    if draw.chance(0.25):
        arguments["domain_padding"] = draw.choice(
            [0.25, 0.5, [round(draw.uniform(0, 0.6), 2) for _ in range(dim)]])
    return arguments


def weight_arguments(draw, factorization, separable):
    arguments = {}
    if factorization:
        arguments["factorization"] = factorization
        arguments["rank"] = draw.choice([0.05, 0.1, 0.3, 0.5, 1.0])
        if draw.chance(0.3):
            arguments["implementation"] = "reconstructed"
    if separable:
        arguments["separable"] = True
    return arguments


def scaling(draw, dim, layers):
    """A factor for all layers, one for each, or one for each layer and axis."""
    factors = [0.5, 1.0, 1.5, 2.0]
    if draw.chance(0.3):
        return draw.choice([1.0, 0.5, 2.0] if layers < 3 else [1.0])
    if draw.chance(0.5):
        return [draw.choice(factors) for _ in range(layers)]
    return [[draw.choice(factors) for _ in range(dim)] for _ in range(layers)]


def fno_case(draw, dim, factorization=None, separable=False, complex_data=False, adaptive=False,
             scales=False):
    modes = draw.modes(dim)
    layers = draw.randint(1, 2 if draw.small else 3)
    arguments = {"n_modes": modes, "in_channels": draw.channels(),
                 "out_channels": draw.channels(), "hidden_channels": draw.width(),
                 "n_layers": layers, **layer_arguments(draw, dim),
                 **weight_arguments(draw, factorization, separable)}
    case = {"class": "TFNO" if factorization and draw.chance(0.8) else "FNO",
            "arguments": arguments}
    if factorization == "Tucker" and draw.chance(0.1):
        arguments["fixed_rank_modes"] = True
    elif case["class"] == "TFNO" and factorization == "Tucker" and draw.chance(0.2):
        del arguments["factorization"], arguments["rank"]  # its defaults
    if draw.chance(0.3):
        arguments["lifting_channel_ratio"] = draw.choice([1, 1.5, 3])
        arguments["projection_channel_ratio"] = draw.choice([0.5, 1, 4])
    if draw.chance(0.2):
        arguments["use_channel_mlp"] = False
    elif draw.chance(0.4):
        arguments["channel_mlp_skip"] = draw.choice(SKIPS)
    if draw.chance(0.2):
        arguments["stabilizer"] = "tanh"
    if adaptive:
        arguments["norm"] = "ada_in"
        arguments["ada_in_features"] = draw.randint(1, 2 if draw.small else 6)
        if draw.small:  # its MLPs are 512 wide
            arguments.update(hidden_channels=2, n_layers=1)
    elif not draw.small and draw.chance(0.1):
        del arguments["n_layers"]
    if complex_data:
        # Between layers, it takes GELU for complex fields whatever it is told.
        arguments["complex_data"] = True
        arguments.pop("non_linearity", None)
    if draw.chance(0.25):
        arguments["max_n_modes"] = [
            m + draw.randint(0, 3) if axis + 1 < dim or complex_data else
            m // 2 + 1 + draw.randint(0, 2) for axis, m in enumerate(modes)]
    if draw.chance(0.15):
        case["set_n_modes"] = [draw.randint(1, m) for m in modes]
    if complex_data and draw.chance(0.25):  # it cannot carry complex skips to another grid
        scales = True
        arguments["fno_skip"] = arguments["channel_mlp_skip"] = None
    if scales:
        arguments["resolution_scaling_factor"] = scaling(draw, dim, arguments.get("n_layers", 4))
        arguments.pop("domain_padding", None)  # it finds no margin to cut off
    case["input_shape"] = [draw.randint(1, 2), arguments["in_channels"], *draw.grid(dim, modes)]
    if not complex_data and "domain_padding" not in arguments and draw.chance(0.15):
        case["output_shape"] = draw.grid(dim, modes)
        if draw.chance(0.5):  # of each layer
            case["output_shape"] = [draw.grid(dim, modes)
                                    for _ in range(arguments.get("n_layers", 4))]
    return case


def uno_case(draw, dim, factorization=None):
    layers = draw.randint(2, 3 if draw.small else 5)
    modes = [draw.modes(dim) for _ in range(layers)]
    arguments = {"in_channels": draw.channels(), "out_channels": draw.channels(),
                 "hidden_channels": draw.width(), "lifting_channels": draw.randint(2, 6),
                 "projection_channels": draw.randint(2, 6), "n_layers": layers,
                 "uno_out_channels": [draw.width() for _ in range(layers)],
                 "uno_n_modes": modes,
                 "uno_scalings": [[draw.choice([0.5, 1.0, 1.0, 2.0]) for _ in range(dim)]
                                  for _ in range(layers)],
                 "channel_mlp_skip": draw.choice(["linear", "linear", None]),
                 **layer_arguments(draw, dim), **weight_arguments(draw, factorization, False)}
    if arguments.get("fno_skip", "linear") is not None:
        arguments["fno_skip"] = "linear"  # the others keep the channels
    totals = [math.prod(factors) for factors in zip(*arguments["uno_scalings"])]
    if any(total % 1 for total in totals):  # where it rounds margins and fields one by one
        arguments.pop("domain_padding", None)
    if draw.chance(0.3):
        to = draw.randint(1, layers - 1)
        arguments["horizontal_skips_map"] = {str(to): draw.randint(0, to - 1)}
    if draw.chance(0.3):
        arguments["horizontal_skip"] = draw.choice(["identity", "soft-gating"])
    if arguments.get("norm") and arguments.get("preactivation"):
        arguments["norm"] = "instance_norm"  # the others are made for the channels of the result
    return {"class": "UNO", "arguments": arguments,
            "input_shape": [draw.randint(1, 2), arguments["in_channels"],
                            *draw.grid(dim, modes[0])]}


FAMILIES = {
    "FNO, dense": fno_case,
    "FNO, dense, another grid": lambda draw, dim: fno_case(draw, dim, scales=True),
    "FNO, separable": lambda draw, dim: fno_case(draw, dim, separable=True),
    "FNO, adaptive norm": lambda draw, dim: fno_case(draw, dim, adaptive=True),
    "FNO, complex": lambda draw, dim: fno_case(draw, dim, complex_data=True),
    "TFNO, Tucker": lambda draw, dim: fno_case(draw, dim, "Tucker"),
    "TFNO, CP": lambda draw, dim: fno_case(draw, dim, "CP"),
    "TFNO, TT": lambda draw, dim: fno_case(draw, dim, "TT"),
    "TFNO, separable": lambda draw, dim: fno_case(
        draw, dim, draw.choice(["Tucker", "CP", "TT"]), separable=True),
    "TFNO, complex": lambda draw, dim: fno_case(
        draw, dim, draw.choice(["Tucker", "CP", "TT"]), complex_data=True),
    "UNO, dense": uno_case,
    "UNO, factorised": lambda draw, dim: uno_case(draw, dim, draw.choice(["Tucker", "CP", "TT"])),
}


def made(case):
    """The model of a case."""
    arguments = dict(case["arguments"])
    if "non_linearity" in arguments:
        arguments["non_linearity"] = getattr(F, arguments["non_linearity"])
    box = arguments.get("positional_embedding")
    if isinstance(box, dict):
        arguments["positional_embedding"] = GridEmbeddingND(
            in_channels=arguments["in_channels"], dim=len(box["grid_boundaries"]), **box)
    if "horizontal_skips_map" in arguments:
        arguments["horizontal_skips_map"] = {
            int(to): source for to, source in arguments["horizontal_skips_map"].items()}
    features = arguments.pop("ada_in_features", None)
    if features is not None:
        del arguments["norm"]  # FNO tells its blocks of no features
    with contextlib.redirect_stdout(io.StringIO()):  # UNO prints its skips
        model = CLASSES[case["class"]](**arguments)
    if features is not None:
        names = ("n_modes", "n_layers", "use_channel_mlp", "channel_mlp_dropout",
                 "channel_mlp_expansion", "stabilizer", "preactivation", "fno_skip",
                 "channel_mlp_skip", "complex_data", "max_n_modes", "rank", "separable",
                 "factorization", "implementation", "non_linearity")
        defaults = {"n_layers": 4, "channel_mlp_skip": "soft-gating", "implementation": "factorized"}
        width = arguments["hidden_channels"]
        model.fno_blocks = FNOBlocks(width, width, norm="ada_in", ada_in_features=features, **{
            name: arguments.get(name, defaults.get(name)) for name in names
            if name in arguments or name in defaults})
    if "set_n_modes" in case:
        model.n_modes = tuple(case["set_n_modes"])
    return model.eval()


def filled(model):
    """Gives a value of its own to what begins as a constant, and size to what begins too small: else
    mistakes there would not be seen."""
    generator = torch.Generator().manual_seed(torch.initial_seed())
    state = model.state_dict()
    for name, tensor in state.items():
        if not torch.is_tensor(tensor) or not (tensor.is_floating_point() or tensor.is_complex()):
            continue
        noise = torch.rand(tensor.shape, generator=generator)
        if name.endswith("running_var"):
            tensor.copy_(0.5 + noise)
        elif tensor.numel() > 0 and (tensor == tensor.flatten()[0]).all():
            tensor.add_(noise - 0.5)
    for module in model.modules():  # a tensor train begins far smaller than other weights
        weight = getattr(module, "weight", None)
        if type(weight).__name__.startswith("ComplexTT"):
            size = (2 / (module.in_channels + module.out_channels)) ** 0.5
            with torch.no_grad():
                factor = (size / weight.to_tensor().abs().square().mean().sqrt()) ** (
                    1 / len(weight.factors))
                for each in weight.factors:
                    each.mul_(factor)
    return model


@contextlib.contextmanager
def double_precision():
    """Exchanges the single precision that is written into the library for double: torch.cfloat,
    Tensor.float and the type that complex layers are told by default."""
    cfloat, narrow = torch.cfloat, torch.Tensor.float
    defaults = complex_layers.apply_complex.__defaults__
    torch.cfloat, torch.Tensor.float = torch.complex128, torch.Tensor.double
    complex_layers.apply_complex.__defaults__ = (torch.complex128,)
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)
        complex_layers.apply_complex.__defaults__ = defaults
        torch.cfloat, torch.Tensor.float = cfloat, narrow


def widened(tensor):
    return tensor.to(torch.complex128 if tensor.is_complex() else torch.float64)


def in_double(model):
    """A copy in double precision."""
    model = copy.deepcopy(model)
    for tensor in [*model.parameters(), *model.buffers()]:
        if tensor.is_floating_point() or tensor.is_complex():
            tensor.data = widened(tensor.data)
    return model


def answer(model, case, x, embedding):
    if embedding is not None:
        model.fno_blocks.set_ada_in_embeddings(embedding)
    call = {}
    if "output_shape" in case:
        shape = case["output_shape"]
        is_each = isinstance(shape[0], list)
        call["output_shape"] = [tuple(each) for each in shape] if is_each else tuple(shape)
    with torch.no_grad():
        y = model(x, **call).numpy()
    if not np.isfinite(y).all():
        raise ArithmeticError("the answer is not finite")
    return y


def write_case(case, seed, folder):
    """Makes the model of a case, asks it, and writes both."""
    torch.manual_seed(seed)
    model = filled(made(case))
    x = torch.randn(case["input_shape"],
                    dtype=torch.cfloat if case["arguments"].get("complex_data") else torch.float32)
    features = case["arguments"].get("ada_in_features")
    embedding = None if features is None else torch.randn(features)
    with double_precision():
        exactly = answer(in_double(model), case, widened(x),
                         None if embedding is None else widened(embedding))
    y = answer(model, case, x, embedding)
    if exactly.dtype not in (np.float64, np.complex128):
        raise TypeError(f"the answer in double is {exactly.dtype}")

    folder.mkdir(parents=True)
    (folder / "case.json").write_text(json.dumps(case) + "\n")
    torch.save(model.state_dict(), folder / "model.pt")
    if embedding is not None:
        np.save(folder / "embedding.npy", embedding.numpy())
    np.save(folder / "input.npy", x.numpy())
    np.save(folder / "output.npy", y)
    np.save(folder / "output_float64.npy", exactly)


def write_cases(folder, count, seed, small):
    """Writes `count` cases, the families and dimensions in turn; returns the reasons of those that
    there are not."""
    refused = Counter()
    written, attempt = 0, 0
    families = list(FAMILIES.items())
    while written < count:
        if attempt > 20 * count + 100:
            sys.exit("the library refuses nearly everything:\n" + "\n".join(refused))
        family, make = families[written % len(families)]
        dim = written // len(families) % 3 + 1
        draw = Draw(seed * 1_000_003 + attempt)
        draw.small = small
        attempt += 1
        case = {"family": family, "semantics": SEMANTICS, **make(draw, dim)}
        try:
            write_case(case, seed + attempt, folder / f"{written:04}")
            written += 1
        except Exception as error:  # whatever it fails with, the reason is printed
            lines = str(error).strip().splitlines()
            reason = f"{type(error).__name__}: {lines[0] if lines else ''}"
            reason = re.sub(r"\d+", "#", reason)[:100]
            refused[f"{family}: {reason}"] += 1
    return refused


def zip_folder(folder, path):
    """Packs a folder; equal files give equal archives."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                about = zipfile.ZipInfo(file.relative_to(folder).as_posix())
                about.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(about, file.read_bytes())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", type=Path, help="a folder that is not there yet, or a .zip")
    parser.add_argument("--cases", type=int, default=300, help="how many (300)")
    parser.add_argument("--seed", type=int, default=1, help="of everything random (1)")
    parser.add_argument("--small", action="store_true", help="few channels, modes and points")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)

    with tempfile.TemporaryDirectory() as temporary:
        packed = options.target.suffix == ".zip"
        folder = Path(temporary) if packed else options.target
        refused = write_cases(folder, options.cases, options.seed, options.small)
        manifest = {
            "families": list(FAMILIES), "cases": options.cases, "semantics": SEMANTICS,
            "versions": {name: version(name) for name in ("torch", "neuraloperator",
                                                          "tensorly-torch", "tensorly")},
            "command": f"tools/make_fidelity_cases.py --cases {options.cases} "
                       f"--seed {options.seed}{' --small' if options.small else ''}",
            "refused": dict(sorted(refused.items()))}
        (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
        if packed:
            zip_folder(folder, options.target)
    print(f"{options.cases} cases; {sum(refused.values())} more the library refused or failed on"
          + (":" if refused else ""))
    for reason, times in sorted(refused.items()):
        print(f"  {times:4}  {reason}")


if __name__ == "__main__":
    main()
