#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The networks of models/unet.hpp and models/dsno.hpp in PyTorch, of the same members by the same
names, with no more work than there: what no state differs in is computed once.

With arguments CASE FILE... it reads what `nop_worker answer CASE FILE` wrote and prints how many
parameters and flops the same network has here, and how far its answer is from the one in the file.
"""

import json
import math
import struct
import sys
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from worker import parse_case


def group_norm(channels):
    return nn.GroupNorm(max(1, min(channels // 4, 32)), channels, 1e-6)


class TimeEmbedding(nn.Module):
    def __init__(self, waves, channels):
        super().__init__()
        steps = torch.arange(waves // 2) / (waves // 2 - 1)
        self.register_buffer("frequencies", 1000 * 10000**-steps, persistent=False)
        self.first = nn.Linear(waves, channels)
        self.second = nn.Linear(channels, channels)

    def forward(self, times):
        angles = times[..., None] * self.frequencies
        waves = torch.stack([angles.sin(), angles.cos()], -1).flatten(-2)
        return self.second(F.silu(self.first(waves)))


class ResidualBlock(nn.Module):
    """Of fields in one state or in as many as there are embeddings, [batch or 1, states, number]."""

    def __init__(self, inside, outside, embedding, resampling=None):
        super().__init__()
        self.first_norm = group_norm(inside)
        self.first = nn.Conv2d(inside, outside, 3, padding=1)
        self.modulation = nn.Linear(embedding, 2 * outside)
        self.second_norm = group_norm(outside)
        self.second = nn.Conv2d(outside, outside, 3, padding=1)
        self.skip = nn.Conv2d(inside, outside, 1) if inside != outside else nn.Identity()
        self.resampling = resampling

    def resampled(self, x):
        if self.resampling == "down":
            return F.avg_pool2d(x, 2)
        return F.interpolate(x, scale_factor=2, mode="nearest") if self.resampling == "up" else x

    def forward(self, x, embedding, batch):
        scale, shift = self.modulation(F.silu(embedding))[..., None, None].chunk(2, 2)
        h = self.second_norm(self.first(self.resampled(F.silu(self.first_norm(x)))))
        h = F.silu(h.unflatten(0, (batch, -1)) * (1 + scale) + shift).flatten(0, 1)
        past = self.skip(self.resampled(x)).unflatten(0, (batch, -1))
        return (past + self.second(h).unflatten(0, (batch, -1))).flatten(0, 1)


class SelfAttention(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.norm = group_norm(channels)
        self.query_key_value = nn.Conv2d(channels, 3 * channels, 1)
        self.projection = nn.Conv2d(channels, channels, 1)

    def forward(self, x):
        points = self.query_key_value(self.norm(x)).flatten(2).unflatten(1, (3, 1, -1))
        query, key, value = points.transpose(3, 4).unbind(1)
        seen = F.scaled_dot_product_attention(query, key, value)
        return x + self.projection(seen.transpose(2, 3).reshape(x.shape))


class Stage(nn.Module):
    def __init__(self, inside, outside, embedding, attends=False, resampling=None):
        super().__init__()
        self.block = ResidualBlock(inside, outside, embedding, resampling)
        self.attention = SelfAttention(outside) if attends else nn.Identity()

    def forward(self, x, embedding, batch):
        return self.attention(self.block(x, embedding, batch))


class UNet(nn.Module):
    """That of bench/unet_work.cpp: blocks of 2 x 2 points enter as channels, two levels of one block,
    attention on the second."""

    places = 7

    def __init__(self, width):
        super().__init__()
        told = 4 * width
        self.embedding = TimeEmbedding(width, told)
        self.first = nn.Conv2d(4, width, 3, padding=1)
        self.down = nn.ModuleList([Stage(width, width, told),
                                   Stage(width, width, told, resampling="down"),
                                   Stage(width, width, told, attends=True)])
        self.middle = nn.ModuleList([Stage(width, width, told, attends=True),
                                     Stage(width, width, told)])
        self.up = nn.ModuleList([Stage(2 * width, width, told, attends=True),
                                 Stage(2 * width, width, told, attends=True),
                                 Stage(width, width, told, resampling="up"),
                                 Stage(2 * width, width, told), Stage(2 * width, width, told)])
        self.last_norm = group_norm(width)
        self.last = nn.Conv2d(width, 4, 3, padding=1)

    def forward(self, x, times, states=None, between=None):
        """At a time each, [batch]; or, with what goes on between blocks, at all of the times:
        `states(place)` are those that are wanted there, `between(place, h)` goes on."""
        batch, place = len(x), 0
        embedding = self.embedding(times[:, None] if states is None else times[None])

        def stage(module, h):
            nonlocal place
            told = embedding if states is None else embedding[:, states(place)]
            h = module(h, told, batch)
            if module.block.resampling or between is None:
                return h
            place += 1
            return between(place - 1, h)

        h = self.first(F.pixel_unshuffle(x, 2))
        skips = [h]
        for module in self.down:
            h = stage(module, h)
            skips.append(h)
        h = stage(self.middle[0], h)
        told = embedding if states is None else embedding[:, states(place)]
        h = self.middle[1](h, told, batch)
        for module in self.up:
            if not module.block.resampling:
                h = torch.cat([h, in_states(skips.pop(), batch, len(h) // batch)], 1)
            h = stage(module, h)
        return F.pixel_shuffle(self.last(F.silu(self.last_norm(h))), 2)


def in_states(x, batch, states):
    """A field in another number of states: one is that of all, and of several one is the last."""
    if len(x) == batch * states:
        return x
    x = x.unflatten(0, (batch, -1))
    x = x[:, -1:] if states == 1 else x.expand(-1, states, -1, -1, -1)
    return x.flatten(0, 1)


class TemporalConv(nn.Module):
    """By real sums along the few states and a real product for each frequency."""

    def __init__(self, channels, modes, states):
        super().__init__()
        self.weight = nn.Parameter(torch.rand(modes, channels, channels, dtype=torch.complex64)
                                   / channels**2)
        kept = min(modes, states // 2 + 1)
        waves, back, self.pairs = [], [], []
        for k in range(kept):
            angle = 2 * math.pi * k * torch.arange(states, dtype=torch.float64) / states
            pair = 0 < 2 * k < states
            self.pairs.append(pair)
            waves += [angle.cos(), -angle.sin()] if pair else [angle.cos()]
            back += [2 * angle.cos(), -2 * angle.sin()] if pair else [angle.cos()]
        self.register_buffer("waves", torch.stack(waves).float(), persistent=False)
        self.register_buffer("back", torch.stack(back, 1).float() / states, persistent=False)

    def forward(self, x, first):
        """[batch, states, channel, ...], answered from the state `first` on."""
        batch, _, channels = x.shape[:3]
        spectrum = (self.waves @ x.flatten(2)).unflatten(2, (channels, -1))
        mixed, row = [], 0
        for pair, weight in zip(self.pairs, self.weight.transpose(1, 2)):
            matrix, rows = weight.real, 1
            if pair:
                matrix, rows = torch.cat([torch.cat([weight.real, -weight.imag], 1),
                                          torch.cat([weight.imag, weight.real], 1)]), 2
            part = spectrum[:, row:row + rows].flatten(1, 2)
            mixed.append((matrix @ part).view(batch, rows, -1))
            row += rows
        y = self.back[first:] @ torch.cat(mixed, 1)
        return x[:, first:] + F.leaky_relu(y, 0.01).view(batch, -1, *x.shape[2:])


class Dsno(nn.Module):
    def __init__(self, width, states, shared, separate, only_last):
        super().__init__()
        self.backbone = UNet(width)
        roots = torch.arange(states - 1, -1, -1) / states
        self.register_buffer("times", roots**2, persistent=False)
        self.shared, self.end, self.only_last = shared, UNet.places - separate, only_last
        self.temporal = nn.ModuleList(
            [TemporalConv(width, 2, states) for _ in range(shared, self.end)])

    def states(self, place):
        if place < self.shared:
            return slice(0, 1)
        return slice(-1, None) if self.only_last and place >= self.end else slice(None)

    def forward(self, noise):
        def between(place, h):
            if place < self.shared or place >= self.end:
                return h
            first = len(self.times) - 1 if self.only_last and place + 1 == self.end else 0
            h = h.unflatten(0, (len(noise), -1))
            return self.temporal[place - self.shared](h, first).flatten(0, 1)

        y = self.backbone(noise, self.times, self.states, between)
        return y if self.only_last else y.unflatten(0, (len(noise), -1))


class TimedUNet(UNet):
    """A U-Net with a time for each of its samples."""

    def __init__(self, width, batch):
        super().__init__(width)
        self.register_buffer("times", torch.full((batch,), 0.5), persistent=False)

    def forward(self, x):
        return super().forward(x, self.times)


def network(case, only_last):
    """Of a case of the kind unet or dsno."""
    if case.kind == "unet":
        return TimedUNet(case.channels, case.batch)
    return Dsno(case.channels, case.states, case.shared, case.separate, only_last)


def read_safetensors(path):
    data = Path(path).read_bytes()
    size, = struct.unpack_from("<Q", data)
    tensors = json.loads(data[8:8 + size])
    tensors.pop("__metadata__", None)
    return {name: torch.frombuffer(bytearray(data[8 + size:]), dtype=torch.float32,
                                   count=math.prod(about["shape"]),
                                   offset=about["data_offsets"][0]).view(about["shape"])
            for name, about in tensors.items()}


def as_here(value, own):
    """Complex numbers are pairs there, and a map of channels is a convolution of one point here."""
    if own.is_complex():
        return torch.view_as_complex(value)
    return value[..., None, None] if own.dim() == value.dim() + 2 else value


def main():
    from torch.utils.flop_counter import FlopCounterMode

    for name, path in zip(sys.argv[1::2], sys.argv[2::2]):
        net, tensors = network(parse_case(name), only_last=True), read_safetensors(path)
        own = net.state_dict()
        net.load_state_dict({key.removeprefix("net."): as_here(value, own[key.removeprefix("net.")])
                             for key, value in tensors.items() if key.startswith("net.")})
        counter = FlopCounterMode(display=False)
        with torch.no_grad(), counter:
            y = net(tensors["x"])
        numbers = sum(p.numel() * (2 if p.is_complex() else 1) for p in net.parameters())
        error = (y - tensors["y"]).abs().max() / tensors["y"].abs().max()
        print(json.dumps({"parameters": numbers, "flops": counter.get_total_flops(),
                          "error": float(error)}))


if __name__ == "__main__":
    main()
