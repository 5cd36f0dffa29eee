"""Predicts accelerators for one network on one target, each of them once."""

from __future__ import annotations

from functools import cached_property

from isomac.compile.compiler import Builder
from isomac.compile.cycle_model import departure_cycles, input_cycles, softmax_cycles
from isomac.compile.shape import ArrayShape
from isomac.compile.work import SoftmaxWork
from isomac.resources import estimate
from isomac.sizing.facts import Facts
from isomac.sizing.point import Point
from isomac.targets import Target
from isomac_hw.parameters import AcceleratorParameters


class Sizer:
    """Predictions for one network on one target.

    Parameters
    ----------
    facts
        Of the network.
    target
        The FPGA.
    frequency
        MHz that the user asked for.
    """

    def __init__(self, facts: Facts, target: Target, frequency: float | None = None) -> None:
        self.facts, self.target, self.frequency = facts, target, frequency
        self._points: dict[ArrayShape, Point] = {}
        self._last: Builder | None = None

    @cached_property
    def macs(self) -> int:
        """Multiply-accumulates of an inference."""
        return self.facts.graph.macs

    def point(self, shape: ArrayShape) -> Point:
        """The prediction for a shape: cycles exact, resources estimated."""
        if shape not in self._points:
            builder = self._builder(shape)
            parameters = self.facts.parameters(builder)
            self._points[shape] = Point(
                shape=shape,
                parameters=parameters,
                target=self.target,
                macs=self.macs,
                cycles=inference_cycles(builder, parameters),
                estimate=estimate(parameters, self.target),
                asked_frequency=self.frequency,
            )
        return self._points[shape]

    def cycles(self, shape: ArrayShape) -> int:
        """Exact cycles, but for softmax."""
        if shape in self._points:
            return self._points[shape].cycles
        builder = self._builder(shape)
        arrivals = _stream_cycles(builder)
        return arrivals + sum(job.cycles for job in builder.scheduled)

    def _builder(self, shape: ArrayShape) -> Builder:
        """Jobs of a shape, those of the last one kept: it is often asked for again."""
        if self._last is None or self._last.shape != shape:
            self._last = self.facts.builder(shape)
        return self._last

    @property
    def predicted(self) -> int:
        """How many shapes were predicted."""
        return len(self._points)


def inference_cycles(builder: Builder, parameters: AcceleratorParameters) -> int:
    """Cycles from the first input word to the last output word; what a program predicts."""
    lowered = builder.lowered
    softmaxes = 0
    if parameters.softmax is not None:
        # No other job depends on them.
        layouts = [w.source.layout for w in lowered.work if isinstance(w, SoftmaxWork)]
        softmaxes = sum(
            softmax_cycles(parameters.softmax, layout.channels, layout.plane_words)
            for layout in layouts
        )
    return _stream_cycles(builder) + softmaxes + sum(job.cycles for job in builder.scheduled)


def _stream_cycles(builder: Builder) -> int:
    """Cycles of the arrival of the inputs and the departure of the outputs."""
    lowered = builder.lowered
    arrivals = sum(
        input_cycles(packing, view.layout.words, first=index == 0)
        for index, (packing, view) in enumerate(zip(builder.packings, lowered.inputs, strict=True))
    )
    return arrivals + departure_cycles([view.layout.words for view in lowered.outputs])
