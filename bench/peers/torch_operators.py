#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The spectral convolution and the Fourier neural operator in PyTorch, by the formulas of the
reference library and of the same members, by the same names, as ours.

With arguments DEVICE CASE FILE... it reads what `answer CASE FILE` of our worker wrote and prints
how many parameters the same network has here, and how far its answer is from the one in the file.
"""

import itertools
import json
import math
import struct
import sys
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from worker import parse_case


def with_real_first(spectrum):
    """With no imaginary part of the first coefficients, of which the last transform would make
    anything. torch.compile takes a whole product for it, since it refuses to write into parts of
    complex numbers."""
    if not torch.compiler.is_compiling():
        spectrum[..., 0].imag.zero_()
        return spectrum
    kept = torch.ones(spectrum.shape[-1], 2, device=spectrum.device)
    kept = F.pad(kept[1:], (0, 0, 1, 0)) + F.pad(kept[:1, :1], (0, 1, 0, spectrum.shape[-1] - 1))
    return torch.view_as_complex(torch.view_as_real(spectrum) * kept)


class SpectralConv(nn.Module):
    """The whole transform, the corners of it that are kept times their weights, and the whole
    inverse. Weights are pairs of real numbers, which the fused optimizer of PyTorch asks for."""

    def __init__(self, channels, modes, is_complex=False):
        super().__init__()
        self.is_complex = is_complex
        stored = [*modes[:-1], modes[-1] if is_complex else modes[-1] // 2 + 1]
        self.weight = nn.Parameter(torch.randn(channels, channels, *stored, 2) / channels)
        self.bias = nn.Parameter(torch.randn(channels) / channels)
        # Of each axis: where its modes are in the weight, and where among the frequencies.
        negative = [m // 2 for m in modes]
        axes = [[(slice(0, n), slice(-n, None)), (slice(n, m), slice(0, m - n))]
                for n, m in zip(negative, modes)]
        if not is_complex:
            axes[-1] = [(slice(0, stored[-1]), slice(0, stored[-1]))]
        self.corners = [tuple(zip(*corner)) for corner in itertools.product(*axes)]

    def forward(self, x):
        grid, weight = x.shape[2:], torch.view_as_complex(self.weight)
        axes = list(range(2, x.dim()))
        transform = torch.fft.fftn if self.is_complex else torch.fft.rfftn
        spectrum = transform(x, dim=axes, norm="forward")
        mixed = torch.zeros_like(spectrum)
        for own, there in self.corners:
            mixed[(..., *there)] = torch.einsum("bi...,io...->bo...", spectrum[(..., *there)],
                                                weight[(..., *own)])
        if self.is_complex:
            y = torch.fft.ifftn(mixed, dim=axes, norm="forward")
        else:
            if len(axes) > 1:
                mixed = torch.fft.ifftn(mixed, dim=axes[:-1], norm="forward")
            mixed = with_real_first(mixed)
            y = torch.fft.irfft(mixed, n=grid[-1], dim=-1, norm="forward")
        return y + self.bias.view(-1, *[1] * len(grid))


class Mlp(nn.Sequential):
    """Two maps of the channels."""

    def __init__(self, channels, hidden, outputs):
        super().__init__(nn.Conv1d(channels, hidden, 1), nn.Conv1d(hidden, outputs, 1))

    def forward(self, x):
        return self[1](F.gelu(self[0](x)))


class Skip(nn.Module):
    def __init__(self, channels, kind):
        super().__init__()
        self.kind = kind
        if kind == "linear":
            self.weight = nn.Parameter(torch.randn(channels, channels, 1) / channels)
        else:
            self.gate = nn.Parameter(torch.ones(channels))

    def forward(self, x):
        return F.conv1d(x, self.weight) if self.kind == "linear" else self.gate.view(-1, 1) * x


class FourierLayer(nn.Module):
    def __init__(self, channels, modes, is_last):
        super().__init__()
        self.is_last = is_last
        self.convolution = SpectralConv(channels, modes)
        self.skip = Skip(channels, "linear")
        self.mlp = Mlp(channels, channels // 2, channels)
        self.mlp_skip = Skip(channels, "gate")

    def forward(self, x):
        points = x.flatten(2)
        y = self.convolution(x).flatten(2) + self.skip(points)
        y = self.mlp(y if self.is_last else F.gelu(y)) + self.mlp_skip(points)
        return (y if self.is_last else F.gelu(y)).view(x.shape)


class Fno(nn.Module):
    """The reference library's of four layers, as it makes it by default."""

    def __init__(self, width, modes, grid, depth=4):
        super().__init__()
        axes = torch.meshgrid(*[torch.arange(n) / n for n in grid], indexing="ij")
        self.register_buffer("coordinates", torch.stack(axes)[None], persistent=False)
        self.lifting = Mlp(1 + len(grid), 2 * width, width)
        self.layers = nn.Sequential(*(FourierLayer(width, modes, layer + 1 == depth)
                                      for layer in range(depth)))
        self.projection = Mlp(width, 2 * width, 1)

    def forward(self, x):
        shape = (len(x), -1, *x.shape[2:])
        x = torch.cat([x, self.coordinates.expand(shape)], 1)
        x = self.layers(self.lifting(x.flatten(2)).view(shape))
        return self.projection(x.flatten(2)).view(shape)


def network(case, is_complex=False):
    if case.kind == "sc":
        return SpectralConv(case.channels, case.modes, is_complex)
    if case.kind == "fno" and not is_complex:
        return Fno(case.channels, case.modes, case.grid)
    raise ValueError(f"no such kind here: {case.kind}")


def numbers_of(net):
    return sum(parameter.numel() for parameter in net.parameters())


def read_safetensors(path):
    """{name: tensor}; complex numbers as pairs."""
    data = Path(path).read_bytes()
    size, = struct.unpack_from("<Q", data)
    tensors = json.loads(data[8:8 + size])
    tensors.pop("__metadata__", None)
    result = {}
    for name, about in tensors.items():
        begin, end = about["data_offsets"]
        shape = list(about["shape"])
        if end - begin == 8 * math.prod(shape):
            shape.append(2)
        result[name] = torch.frombuffer(bytearray(data[8 + size + begin:8 + size + end]),
                                        dtype=torch.float32).view(shape)
    return result


def compare(case_name, path, device):
    """How many parameters, and how far the answer is from that of the file."""
    name, _, element = case_name.partition("/")
    is_complex = element == "complex_float"
    tensors = read_safetensors(path)
    x, y = tensors.pop("x").to(device), tensors.pop("y").to(device)
    net = network(parse_case(name), is_complex).to(device)
    own = net.state_dict()
    given = {key.removeprefix("net."): value for key, value in tensors.items()}
    net.load_state_dict({key: value.reshape(own[key].shape) for key, value in given.items()})
    with torch.no_grad():
        answer = net(torch.view_as_complex(x) if is_complex else x)
    answer = torch.view_as_real(answer) if is_complex else answer
    return {"case": case_name, "parameters": numbers_of(net),
            "error": float((answer - y).abs().max() / y.abs().max())}


def main():
    device, *rest = sys.argv[1:]
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    for name, path in zip(rest[::2], rest[1::2]):
        print(json.dumps(compare(name, path, device)), flush=True)


if __name__ == "__main__":
    main()
