"""Adaptive average pool: a plane-wise job for each rectangle of outputs with equal windows."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, product

import numpy as np

from isomac.compile.context import Context, lowers
from isomac.compile.layout import Layout
from isomac.compile.means import window_means
from isomac.compile.work import Work
from isomac.graph.operators.adaptive_average_pool import AdaptiveAveragePool


@dataclass(frozen=True)
class _Run:
    """Successive outputs along one axis, whose windows have one size and one distance."""

    output: int
    count: int
    start: int
    size: int
    stride: int


@lowers(AdaptiveAveragePool)
def lower(operation: AdaptiveAveragePool, context: Context) -> None:
    """As few jobs as equal windows and equal rescalings allow: nine for a pool with a border."""
    source = context.map_view(operation)
    _, height, width = context.map_shape(operation.output)
    layout = Layout(context.word_channels, height, width, source.layout.slots)
    destination = context.new_view(operation.output, layout)
    work: list[Work] = [
        window_means(
            operation,
            context,
            source,
            destination,
            kernel=(rows.size, columns.size),
            multiplier=int(operation.multiplier[rows.output, columns.output]),
            shift=int(operation.shift[rows.output, columns.output]),
            stride=(rows.stride, columns.stride),
            origin=(rows.start, columns.start),
            output_origin=(rows.output, columns.output),
            output_size=(rows.count, columns.count),
        )
        for rows, columns in product(_runs(operation, 0), _runs(operation, 1))
    ]
    context.emit(operation, work, destination)


def _runs(operation: AdaptiveAveragePool, axis: int) -> Iterator[_Run]:
    """The outputs along an axis, cut where size, distance or rescaling of the windows change."""
    spans = (operation.rows, operation.columns)[axis]
    constants = np.stack([operation.multiplier, operation.shift])
    lines = np.moveaxis(constants, 1 + axis, 0).reshape(len(spans), -1)
    sizes = [stop - start for start, stop in spans]
    keys = [(size, line.tobytes()) for size, line in zip(sizes, lines, strict=True)]
    for (size, _), group in groupby(range(len(spans)), key=keys.__getitem__):
        yield from _even(spans, list(group), size)


def _even(spans: tuple[tuple[int, int], ...], outputs: list[int], size: int) -> Iterator[_Run]:
    """Runs of one distance; windows that do not move ahead stand alone."""
    starts = [spans[output][0] for output in outputs]
    first = 0
    while first < len(outputs):
        count = 1
        stride = starts[first + 1] - starts[first] if first + 1 < len(outputs) else 1
        if stride > 0:
            while (
                first + count < len(outputs)
                and starts[first + count] == starts[first] + count * stride
            ):
                count += 1
        yield _Run(outputs[first], count, starts[first], size, stride if count > 1 else 1)
        first += count
