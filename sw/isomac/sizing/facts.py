"""The parameters of many accelerators for one network, faster than by compiling each of them.

Most parameters follow from the constants of the network, and making those takes nearly all the time
of a compilation. But how wide they are does not depend on the shape, and how many rows they take is
a matter of counting: so they are made once, and each shape gets along with numbers.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from isomac.compile.compiler import Builder
from isomac.compile.context import Layer
from isomac.compile.geometry import Geometry, window_columns
from isomac.compile.lowering import Lowered, lower
from isomac.compile.requirements import Requirements, derive_parameters
from isomac.compile.shape import ArrayShape
from isomac.compile.work import ArrayWork, Constants, Segmentation
from isomac.graph.accumulator import signed_bits
from isomac.graph.graph import Graph
from isomac_hw.job import Job
from isomac_hw.parameters import AcceleratorParameters

#: Words of M channels for which the constants are made: the wider, the fewer pieces they are in.
_LANES = 64


@dataclass(frozen=True)
class _Widths:
    """Extremes of the constants of one layer, and what tells them from those of others."""

    raw: tuple[int, int]
    bias: tuple[int, int]
    total: tuple[int, int]
    multiplier: int
    shift: tuple[int, int]
    weights: tuple[bytes, ...]
    rows: tuple[bytes, ...]

    @classmethod
    def of(cls, work: list[ArrayWork]) -> _Widths:
        constants = [item.constants(_whole(item)) for item in work]
        used = [c.shift[c.shift > 0] for c in constants]
        return cls(
            raw=(min(c.raw_min for c in constants), max(c.raw_max for c in constants)),
            bias=(
                min(int(c.bias.min()) for c in constants),
                max(int(c.bias.max()) for c in constants),
            ),
            total=(min(c.total_min for c in constants), max(c.total_max for c in constants)),
            multiplier=max(int(c.multiplier.max()) for c in constants),
            shift=(min(int(s.min()) for s in used), max(int(s.max()) for s in used)),
            weights=tuple(
                _digest(c.weights[:, 0] if item.weight_restart else c.weights)
                for item, c in zip(work, constants, strict=True)
            ),
            rows=tuple(
                _digest(*(v[:1] if item.weight_restart else v for v in _row_values(c)))
                for item, c in zip(work, constants, strict=True)
            ),
        )


def _row_values(constants: Constants) -> tuple[npt.NDArray[np.int64], ...]:
    return constants.bias, constants.multiplier, constants.shift


def _digest(*arrays: npt.NDArray[Any]) -> bytes:
    found = hashlib.sha256()
    for array in arrays:
        found.update(repr(array.shape).encode() + array.tobytes())
    return found.digest()


def _whole(work: ArrayWork) -> Segmentation:
    """The kernel in whole rows."""
    taps = work.kernel[1] if work.dilation[1] == 1 else 1
    columns = work.kernel[1] // taps
    return Segmentation(work.kernel[0], columns, taps, taps)


@dataclass(frozen=True)
class _Needs(Requirements):
    """Requirements whose constants were summed up before."""

    widths: tuple[_Widths, ...]

    @cached_property
    def accumulator_bits(self) -> int:
        return max(signed_bits(*w.raw) for w in self.widths)

    @cached_property
    def bias_bits(self) -> int:
        return max(signed_bits(*w.bias) for w in self.widths)

    @cached_property
    def sum_bits(self) -> int:
        return max(signed_bits(*w.total) for w in self.widths)

    @cached_property
    def multiplier_bits(self) -> int:
        second = (w.multiplier_b.bit_length() for w in self.work if isinstance(w, ArrayWork))
        return max(1, *(w.multiplier.bit_length() for w in self.widths), *second)

    @cached_property
    def shifts(self) -> tuple[int, int]:
        return min(w.shift[0] for w in self.widths), max(w.shift[1] for w in self.widths)


class Facts:
    """What is known of one network on whatever array.

    Parameters
    ----------
    graph
        The network.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._lowered: dict[int, Lowered] = {}
        self._widths: dict[str, _Widths] = {}
        self._learn(self.lowered(_LANES))

    def lowered(self, lanes: int) -> Lowered:
        """The network as work for words of so many channels."""
        if lanes not in self._lowered:
            self._lowered[lanes] = lower(self.graph, lanes)
        return self._lowered[lanes]

    def builder(self, shape: ArrayShape) -> Builder:
        """Jobs and cycles on an array of this shape."""
        lowered = self.lowered(shape.channel_lanes)
        work = [item for item in lowered.work if isinstance(item, ArrayWork)]
        window = window_columns(work, shape)
        builder = Builder(lowered, shape, window, bases={})
        builder.bases = self._count(lowered, shape, list(builder.geometry.values()))[0]
        return builder

    def parameters(self, builder: Builder, *, bare: bool = False) -> AcceleratorParameters:
        """The parameters that `isomac.compile.compiler.compile_graph` derives.

        `bare` leaves the jobs out: a program of one job that has no fields, and all else as it is.
        """
        lowered, shape = builder.lowered, builder.shape
        self._learn(lowered)
        geometry = list(builder.geometry.values())
        _, weights, rows = self._count(lowered, shape, geometry)
        made: dict[int, list[Job]] = {}

        def jobs(address_range: int) -> list[Job]:
            if bare:
                return []
            # Only their number is asked for with the smallest range.
            if address_range == 1 and made:
                return next(iter(made.values()))
            if address_range not in made:
                made[address_range] = [job for row in builder.jobs(address_range) for job in row]
            return made[address_range]

        count = len(lowered.work) + len(lowered.inputs) + len(lowered.outputs)
        needs = _Needs(
            shape=shape,
            window_columns=builder.window,
            strides=builder.strides,
            input_channels=builder.input_channels,
            overlap_input=False,
            lane_sum=any(item.lane_sum for item in geometry),
            work=lowered.work,
            constants=[],
            activation_words=builder.plan.words,
            weight_words=weights,
            requant_rows=rows,
            lookup_tables=len(builder.tables),
            jobs=lambda address_range: (
                [Job(kind=0)] * count if address_range == 1 else jobs(address_range)
            ),
            widths=tuple(self._widths[layer.name] for layer in lowered.layers if self._has(layer)),
        )
        return derive_parameters(needs, "fixed")

    @staticmethod
    def _has(layer: Layer) -> bool:
        return any(isinstance(work, ArrayWork) for work in layer.work)

    def _learn(self, lowered: Lowered) -> None:
        """Sum up the constants of layers that were not there before: copies that some M need."""
        for layer in lowered.layers:
            work = [item for item in layer.work if isinstance(item, ArrayWork)]
            if work and layer.name not in self._widths:
                self._widths[layer.name] = _Widths.of(work)

    def _count(
        self, lowered: Lowered, shape: ArrayShape, geometry: list[Geometry]
    ) -> tuple[dict[int, tuple[int, int]], int, int]:
        """First weight word and row of each work, and how many there are of both.

        Equal constants are stored once, as in `isomac.compile.constants.ConstantImages`.
        """
        self._learn(lowered)
        bases: dict[int, tuple[int, int]] = {}
        places: dict[object, int] = {}
        words = rows = 0
        left = iter(geometry)
        for layer in lowered.layers:
            work = [item for item in layer.work if isinstance(item, ArrayWork)]
            for index, item in enumerate(work):
                known = self._widths[layer.name]
                # With another M a layer may be cut into other jobs, which are like no others then.
                same = len(known.rows) == len(work)
                kernel = next(left).segmentation
                weights: object = known.weights[index] if same else (layer.name, index)
                constants: object = known.rows[index] if same else (layer.name, index)
                length = _weight_words(item, kernel, shape.channel_lanes)
                weight_key = ("weights", weights, length if item.weight_restart else kernel)
                row_key = ("rows", constants, item.channel_tiles)
                if weight_key not in places:
                    places[weight_key] = words
                    words += length
                if row_key not in places:
                    places[row_key] = rows
                    rows += item.channel_tiles * shape.drain_steps
                bases[id(item)] = places[weight_key], places[row_key]
        return bases, words, rows


def _weight_words(work: ArrayWork, kernel: Segmentation, lanes: int) -> int:
    """Words of M weights of a job."""
    pixels = work.kernel[0] * work.kernel[1]
    if work.weight_restart:
        return min(pixels, kernel.steps)
    if not work.dense:
        return work.channel_tiles * pixels
    used = (work.blocks - 1) * lanes + work.last_byte - work.first_byte + 1
    return work.channel_tiles * pixels * used
