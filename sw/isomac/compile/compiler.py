"""From a graph and an array to the program: jobs, constants, cycles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property

from isomac.compile import cycle_model
from isomac.compile.constants import ConstantImages, requant_rows, weight_rows
from isomac.compile.context import Layer
from isomac.compile.geometry import Geometry, lane_stride, window_columns
from isomac.compile.job_builder import (
    Placement,
    array_job,
    input_job,
    output_job,
    softmax_job,
)
from isomac.compile.lowering import Lowered, lower
from isomac.compile.memory_plan import plan_memory
from isomac.compile.program import Program, ProgramLayer, array_shape
from isomac.compile.requirements import Requirements, check_fits, derive_parameters
from isomac.compile.schedule import ScheduledJob, schedule
from isomac.compile.shape import ArrayShape
from isomac.compile.work import ArrayWork, SoftmaxWork, View
from isomac.errors import IsomacError
from isomac.graph.graph import Graph
from isomac_hw.core_memories import Images
from isomac_hw.input_store import Packing
from isomac_hw.job import Job, Kind
from isomac_hw.parameters import AcceleratorParameters
from isomac_hw.softmax_parameters import SoftmaxParameters


def compile_graph(
    graph: Graph, shape: ArrayShape, *, mode: str = "fixed", overlap_input: bool = False
) -> Program:
    """Compile a graph for hardware of this shape whose other parameters follow from the graph.

    With `overlap_input` the next input may arrive while the array works, in memory of its own.

    Raises
    ------
    IsomacError
        If the hardware cannot do an operation.
    """
    lowered = lower(graph, shape.channel_lanes)
    array_work = [work for work in lowered.work if isinstance(work, ArrayWork)]
    window = window_columns(array_work, shape)
    builder = Builder(lowered, shape, window, overlap_input=overlap_input)
    parameters = derive_parameters(builder.requirements(), mode)
    return builder.program(parameters)


def compile_for(graph: Graph, parameters: AcceleratorParameters) -> Program:
    """Compile a graph for programmable hardware that exists.

    Raises
    ------
    IsomacError
        If it does not fit; the sentence says what is short.
    """
    if parameters.mode != "programmable":
        raise IsomacError(
            "only programmable hardware runs other networks; this one has its program in ROM"
        )
    lowered = lower(graph, parameters.channel_lanes)
    builder = Builder(lowered, array_shape(parameters), parameters.window_columns, parameters)
    check_fits(builder.requirements(), parameters)
    return builder.program(parameters)


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))


class Builder:
    """Jobs, constants and cycles of a lowered graph on an array of one shape.

    `bases` are the first weight word and the first requantization row of each work, by its `id`,
    where they are known; the constants are then never made, and there can be no program.
    """

    def __init__(
        self,
        lowered: Lowered,
        shape: ArrayShape,
        window: int,
        hardware: AcceleratorParameters | None = None,
        *,
        overlap_input: bool = False,
        bases: dict[int, tuple[int, int]] | None = None,
    ):
        self.lowered, self.shape, self.window = lowered, shape, window
        self.overlap_input = hardware.overlap_input if hardware else overlap_input
        if self.overlap_input and len(lowered.inputs) > 1:
            raise IsomacError(
                f"only a network with one input can overlap its arrival, {lowered.graph} has "
                f"{len(lowered.inputs)}"
            )
        self.plan = plan_memory(lowered, shape.banks, overlap_input=self.overlap_input)
        self.lane_sum = hardware is None or hardware.has("lane_sum")
        self.features = hardware.features if hardware else None
        array_work = [work for work in lowered.work if isinstance(work, ArrayWork)]
        found = {lane_stride(work, shape) for work in array_work}
        self.strides = hardware.strides if hardware else tuple(sorted(found or {1}))
        missing = sorted(found - set(self.strides))
        if missing:
            raise IsomacError(
                f"the hardware has horizontal strides {_listed(self.strides)}, "
                f"the network needs {_listed(missing)}"
            )
        self.geometry = {
            id(work): Geometry.of(work, shape, window, lane_sum=self.lane_sum)
            for work in array_work
        }
        self.packings = [
            Packing(shape.channel_lanes, shape.banks, view.layout.packed_channels)
            for view in lowered.inputs
        ]
        channels = {packing.channels for packing in self.packings}
        self.input_channels = hardware.input_channels if hardware else tuple(sorted(channels))
        if not channels <= set(self.input_channels):
            raise IsomacError(
                f"the hardware takes inputs of {_listed(self.input_channels)} channels a word, "
                f"the network has {_listed(sorted(channels))}"
            )
        #: Different lookup tables, in the order of use.
        self.tables: dict[bytes, int] = {}
        for work in array_work:
            if work.table is not None:
                self.tables.setdefault(work.table.tobytes(), len(self.tables))
        self.images = ConstantImages(shape)
        self.all_constants = {}
        if bases is None:
            self.all_constants = {
                id(work): work.constants(self.geometry[id(work)].segmentation)
                for work in array_work
            }
            bases = {key: self.images.add(value) for key, value in self.all_constants.items()}
        self.bases = bases

    @cached_property
    def scheduled(self) -> list[ScheduledJob]:
        """Cycles and launches but for softmax, which changes no launch."""
        return self.schedule(None)

    def base(self, view: View) -> int:
        """First word of a view in the activation memory."""
        return self.plan.base[view.buffer] + view.offset

    def jobs(self, address_range: int) -> list[list[Job]]:
        """Jobs of each layer: one for each input, the layers with work, the departure."""
        rows = [
            [input_job(view, self.base(view), packing, self.input_channels)]
            for view, packing in zip(self.lowered.inputs, self.packings, strict=True)
        ]
        delays = iter(job.launch_delay for job in self.scheduled)
        rows += [
            [
                self._job(work, address_range, next(delays), ends_layer=work is layer.work[-1])
                for work in layer.work
            ]
            for layer in self._working()
        ]
        rows.append([output_job(view, self.base(view)) for view in self.lowered.outputs])
        if self.overlap_input:
            self._free_input(rows)
        for row in rows:
            if not row[-1].ends_layer:
                row[-1] = replace(row[-1], ends_layer=1)
        rows[-1][-1] = replace(rows[-1][-1], ends_program=1)
        return rows

    def _free_input(self, rows: list[list[Job]]) -> None:
        """Let the next input arrive behind the front of the last array job that reads this one.

        If another kind of job reads it after that, or none does, nothing arrives ahead.
        """
        buffer = self.lowered.inputs[0].buffer
        places = [
            (row, column, work)
            for row, layer in enumerate(self._working(), start=len(self.lowered.inputs))
            for column, work in enumerate(layer.work)
            if any(view.buffer == buffer for view in work.reads)
        ]
        leaves = any(view.buffer == buffer for view in self.lowered.outputs)
        last = places[-1] if places and not leaves else None
        for row, jobs in enumerate(rows):
            for column, job in enumerate(jobs):
                if job.kind == Kind.ARRAY:
                    frees = last is not None and (row, column) == last[:2]
                    rows[row][column] = replace(job, frees_input=int(frees))

    def _working(self) -> list[Layer]:
        return [layer for layer in self.lowered.layers if layer.work]

    def schedule(self, softmax: SoftmaxParameters | None) -> list[ScheduledJob]:
        """Cycles and launches of all work."""
        return schedule(
            self.lowered.work,
            self.shape,
            self.window,
            softmax,
            lane_sum=self.lane_sum,
            features=self.features,
            geometry=self.geometry,
        )

    def _job(
        self,
        work: ArrayWork | SoftmaxWork,
        address_range: int,
        launch_delay: int,
        *,
        ends_layer: bool,
    ) -> Job:
        source, destination = self.base(work.source), self.base(work.destination)
        if isinstance(work, SoftmaxWork):
            return softmax_job(work, source, destination)
        weight_base, requant_base = self.bases[id(work)]
        second = None if work.second is None else self.base(work.second)
        table = None if work.table is None else self.tables[work.table.tobytes()]
        placement = Placement(source, destination, second, weight_base, requant_base, table)
        geometry = self.geometry[id(work)]
        return array_job(
            *(work, geometry, self.shape, self.strides, placement, address_range),
            launch_delay=launch_delay,
            ends_layer=ends_layer,
        )

    def requirements(self) -> Requirements:
        """What the hardware must have."""
        return Requirements(
            shape=self.shape,
            window_columns=self.window,
            strides=self.strides,
            input_channels=self.input_channels,
            overlap_input=self.overlap_input,
            lane_sum=any(geometry.lane_sum for geometry in self.geometry.values()),
            work=self.lowered.work,
            constants=list(self.all_constants.values()),
            activation_words=self.plan.words,
            weight_words=len(self.images.weights),
            requant_rows=len(self.images.requant),
            lookup_tables=len(self.tables),
            jobs=lambda address_range: [job for row in self.jobs(address_range) for job in row],
        )

    def program(self, parameters: AcceleratorParameters) -> Program:
        """The program for hardware with these parameters."""
        p = parameters
        rows = self.jobs(1 << p.address_bits)
        jobs = tuple(job for row in rows for job in row)
        softmaxes = [work for work in self.lowered.work if isinstance(work, SoftmaxWork)]
        try:
            program_rows = [p.job_layout.pack(job) for job in jobs]
        except ValueError as error:
            raise IsomacError(f"the network does not fit the hardware: {error}") from None
        images = Images(
            program=program_rows,
            weights=weight_rows(self.images.weights),
            requant=requant_rows(
                self.images.requant,
                bias_bits=p.bias_bits,
                multiplier_bits=p.multiplier_bits,
                shift_min=p.shift_min,
                shift_bits=p.shift_bits,
            ),
            lookup=[byte for table in self.tables for byte in table],
            table=[int(value) for value in softmaxes[0].table] if softmaxes else [],
        )
        return Program(
            graph=self.lowered.graph,
            parameters=p,
            jobs=jobs,
            images=images,
            layers=self._layers(p),
            plan=self.plan,
            inputs=tuple((view, self.base(view)) for view in self.lowered.inputs),
            outputs=tuple((view, self.base(view)) for view in self.lowered.outputs),
        )

    def _layers(self, parameters: AcceleratorParameters) -> tuple[ProgramLayer, ...]:
        graph = self.lowered.graph
        layers = []
        for index, (name, view) in enumerate(zip(graph.inputs, self.lowered.inputs, strict=True)):
            cycles = cycle_model.input_cycles(
                self.packings[index], view.layout.words, first=index == 0
            )
            label = "input" if len(graph.inputs) == 1 else f"input {name}"
            layers.append(ProgramLayer(label, "input", "", 0, cycles, None, None, 0))
        scheduled = iter(job.cycles for job in self.schedule(parameters.softmax))
        for layer in self._working():
            cycles = sum(next(scheduled) for _ in layer.work)
            layers.append(
                ProgramLayer(
                    layer.name,
                    layer.label,
                    layer.source,
                    layer.macs,
                    cycles,
                    layer.tensor,
                    layer.view,
                    self.base(layer.view),
                )
            )
        departure = cycle_model.departure_cycles(
            [view.layout.words for view in self.lowered.outputs]
        )
        layers.append(ProgramLayer("output", "output", "", 0, departure, None, None, 0))
        return tuple(layers)
