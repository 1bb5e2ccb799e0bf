#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Times the same layer and model, written plainly in JAX and compiled by jit, for compare.py."""

import os

os.environ["JAX_PLATFORMS"] = "cpu"

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402

from worker import serve  # noqa: E402

RANDOM = np.random.default_rng(0)


def random(*shape):
    return jnp.asarray(RANDOM.standard_normal(shape) * 0.1, jnp.float32)


def random_weights(channels, modes):
    shape = (channels, channels, *modes[:-1], modes[-1] // 2 + 1)
    return (random(*shape) + 1j * random(*shape)).astype(jnp.complex64)


def spectral_conv(x, weights, modes):
    grid = x.shape[2:]
    axes = tuple(range(2, x.ndim))
    spectrum = jnp.fft.rfftn(x, axes=axes, norm="forward")
    kept = [np.r_[0:(m + 1) // 2, n - m // 2:n] for m, n in zip(modes[:-1], grid[:-1])]
    kept.append(np.arange(modes[-1] // 2 + 1))
    index = (slice(None), slice(None)) + np.ix_(*kept)
    mixed = jnp.einsum("bi...,io...->bo...", spectrum[index], weights)
    shape = (x.shape[0], weights.shape[1], *grid[:-1], grid[-1] // 2 + 1)
    whole = jnp.zeros(shape, mixed.dtype).at[index].set(mixed)
    return jnp.fft.irfftn(whole, s=grid, axes=axes, norm="forward")


def per_channel(values, like):
    return values.reshape((1, -1) + (1,) * (like.ndim - 2))


def linear(parameters, x):
    weight, bias = parameters
    return jnp.einsum("oi,bi...->bo...", weight, x) + per_channel(bias, x)


def gelu(x):
    return jax.nn.gelu(x, approximate=False)


def mlp(parameters, x):
    return linear(parameters[1], gelu(linear(parameters[0], x)))


def fno(parameters, x, modes):
    grid = x.shape[2:]
    coordinates = jnp.stack(jnp.meshgrid(*[jnp.arange(n) / n for n in grid], indexing="ij"))
    coordinates = jnp.broadcast_to(coordinates, (x.shape[0], *coordinates.shape)).astype(x.dtype)
    x = mlp(parameters["lifting"], jnp.concatenate([x, coordinates], 1))
    layers = parameters["layers"]
    for layer in layers:
        is_last = layer is layers[-1]
        skip = jnp.einsum("oi,bi...->bo...", layer["skip"], x)
        gated = x * per_channel(layer["gate"], x)
        x = spectral_conv(x, layer["weights"], modes) + per_channel(layer["bias"], x) + skip
        x = mlp(layer["mlp"], x if is_last else gelu(x)) + gated
        x = x if is_last else gelu(x)
    return mlp(parameters["projection"], x)


def fno_parameters(dimensions, width, modes):
    def linear_map(inputs, outputs):
        return random(outputs, inputs), random(outputs)

    return {
        "lifting": [linear_map(1 + dimensions, 2 * width), linear_map(2 * width, width)],
        "projection": [linear_map(width, 2 * width), linear_map(2 * width, 1)],
        "layers": [{"weights": random_weights(width, modes), "bias": random(width),
                    "skip": random(width, width), "gate": random(width),
                    "mlp": [linear_map(width, width // 2), linear_map(width // 2, width)]}
                   for _ in range(4)],
    }


def make_convolution(case, what):
    weights = random_weights(case.channels, case.modes)
    x, g = (random(case.batch, case.channels, *case.grid) for _ in range(2))

    def layer(x, weights):
        return spectral_conv(x, weights, case.modes)

    @jax.jit
    def forward_and_back(x, weights, g):
        result, pullback = jax.vjp(layer, x, weights)
        return result, pullback(g)

    if what == "fwd":
        forward = jax.jit(layer)
        return lambda: jax.block_until_ready(forward(x, weights))
    return lambda: jax.block_until_ready(forward_and_back(x, weights, g))


def make_model(case, what):
    parameters = fno_parameters(len(case.grid), case.channels, case.modes)
    x, y = (random(case.batch, 1, *case.grid) for _ in range(2))
    if what == "infer":
        infer = jax.jit(lambda parameters, x: fno(parameters, x, case.modes))
        return lambda: jax.block_until_ready(infer(parameters, x))

    def loss(parameters, x, y):
        return ((fno(parameters, x, case.modes) - y) ** 2).mean()

    def adam(p, m, v):
        return p - 1e-6 * m / (jnp.sqrt(v) + 1e-8)

    @jax.jit
    def step(parameters, first, second, x, y):
        value, gradient = jax.value_and_grad(loss)(parameters, x, y)
        gradient = jax.tree.map(jnp.conj, gradient)
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradient)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * jnp.abs(g) ** 2, second, gradient)
        return jax.tree.map(adam, parameters, first, second), first, second, value

    first = jax.tree.map(jnp.zeros_like, parameters)
    second = jax.tree.map(lambda p: jnp.zeros(p.shape, jnp.float32), parameters)
    return lambda: jax.block_until_ready(step(parameters, first, second, x, y))


def make(case, what):
    if (case.kind, what) in (("sc", "fwd"), ("sc", "fwdbwd")):
        return make_convolution(case, what)
    if (case.kind, what) in (("fno", "infer"), ("fno", "train")):
        return make_model(case, what)
    raise ValueError(f"no such case here: {case.kind}/{what}")


if __name__ == "__main__":
    serve(f"jax {jax.__version__}", make)
