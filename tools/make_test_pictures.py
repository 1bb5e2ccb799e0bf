#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes tests/data/pictures: 300 pictures of 8 x 8, of discs and squares, and which is which."""

from pathlib import Path

import numpy as np

random = np.random.default_rng(0)
row, column = np.mgrid[0:8, 0:8]
labels = random.integers(0, 2, 300).astype(np.uint8)
images = np.zeros((300, 8, 8), np.uint8)
for image, label in zip(images, labels):
    y, x = random.uniform(2.5, 4.5, 2)
    size = random.uniform(1.5, 3)
    away = [np.hypot(row - y, column - x), np.maximum(abs(row - y), abs(column - x))][label]
    image[:] = np.clip(255 * (size - away + 0.5), 0, 255)
folder = Path(__file__).parents[1] / "tests" / "data" / "pictures"
np.save(folder / "images.npy", images)
np.save(folder / "labels.npy", labels)
