"""Inputs that look like what the networks of the suite are made for: seeded, never the same twice.

Images are scenes of a smooth background, blobs in front of it and patches of texture, spectrograms
are ridges that wander in frequency over a noise floor. Their values spread over the whole range.
"""

import math
from typing import Literal

import torch
from torch.nn import functional

#: Which inputs: no input is in both.
Split = Literal["calibration", "test"]
SEEDS: dict[Split, int] = {"calibration": 1, "test": 2}


def images(count: int, split: Split, *, channels: int, height: int, width: int) -> torch.Tensor:
    """Return images in [0, 1], float32 (count, channels, height, width).

    The channels of an image resemble each other, as colours do.
    """
    generator = torch.Generator().manual_seed(SEEDS[split])
    y, x = torch.meshgrid(torch.linspace(0, 1, height), torch.linspace(0, 1, width), indexing="ij")
    scene = []
    for _ in range(count):
        image = _colour(channels, generator) * _field(height, width, 3, generator)
        for _ in range(6):
            centre_y, centre_x = torch.rand(2, generator=generator)
            radius_y, radius_x = 0.05 + 0.25 * torch.rand(2, generator=generator)
            distance = ((y - centre_y) / radius_y) ** 2 + ((x - centre_x) / radius_x) ** 2
            mask = torch.sigmoid(12 * (1 - distance))
            angle = math.pi * float(torch.rand((), generator=generator))
            waves = 6 + 30 * float(torch.rand((), generator=generator))
            texture = torch.sin(waves * (y * math.sin(angle) + x * math.cos(angle)))
            image = image * (1 - mask) + mask * _colour(channels, generator) * (1 + 0.3 * texture)
        image = image + 0.15 * _field(height, width, 12, generator)
        scene.append(image + 0.02 * torch.randn(image.shape, generator=generator))
    return _stretch(torch.stack(scene), 0.01).clamp(0, 1)


def spectrograms(count: int, split: Split, *, frames: int, bands: int) -> torch.Tensor:
    """Return logarithmic spectrograms, float32 (count, 1, frames, bands), centred at 0.

    Three ridges with a loudness of their own each wander over the bands; where they fade is noise.
    """
    generator = torch.Generator().manual_seed(SEEDS[split])
    band = torch.arange(bands)
    result = []
    for _ in range(count):
        energy = torch.full((frames, bands), 0.02)
        for _ in range(3):
            centre = _line(frames, 5, generator) * (bands - 1)
            loudness = _line(frames, 4, generator) ** 2
            spread = bands * (0.05 + 0.1 * float(torch.rand((), generator=generator)))
            ridge = torch.exp(-(((band - centre[:, None]) / spread) ** 2))
            energy = energy + loudness[:, None] * ridge
        noise = 0.3 * torch.randn(energy.shape, generator=generator)
        result.append(torch.log(energy) + noise)
    stacked = torch.stack(result)[:, None]
    return (stacked - stacked.mean()) / stacked.std()


def _colour(channels: int, generator: torch.Generator) -> torch.Tensor:
    """A brightness, tinted a little from channel to channel, (channels, 1, 1)."""
    brightness = 0.2 + 0.8 * torch.rand(1, generator=generator)
    tint = 0.7 + 0.6 * torch.rand(channels, generator=generator)
    return (brightness * tint)[:, None, None]


def _field(height: int, width: int, detail: int, generator: torch.Generator) -> torch.Tensor:
    """A smooth random field, about 0 to 1, with `detail` random points along each side."""
    points = torch.rand(1, 1, detail, detail, generator=generator)
    return functional.interpolate(points, (height, width), mode="bicubic", align_corners=True)[0, 0]


def _line(length: int, detail: int, generator: torch.Generator) -> torch.Tensor:
    """A smooth random line in [0, 1]."""
    points = torch.rand(1, 1, detail, generator=generator)
    return functional.interpolate(points, length, mode="linear", align_corners=True)[0, 0]


def _stretch(values: torch.Tensor, share: float) -> torch.Tensor:
    """Map each sample linearly so that all but a share at either end lies in [0, 1]."""
    flat = values.flatten(1).sort(dim=1).values
    low = flat[:, int(share * flat.shape[1])]
    high = flat[:, int((1 - share) * flat.shape[1]) - 1]
    shape = (-1, *[1] * (values.ndim - 1))
    return (values - low.reshape(shape)) / (high - low).reshape(shape)
