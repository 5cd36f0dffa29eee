"""A case of the random proof: a graph and inputs, and what co-simulation needs to know of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from isomac.bundle.manifest import manifest
from isomac.bundle.vectors import vectors
from isomac.compile.compiler import compile_for
from isomac.errors import IsomacError
from isomac.fuzz.generator.draws import Draws
from isomac.fuzz.generator.graphs import STEPS, Choices, random_graph, random_inputs
from isomac.fuzz.shapes import FuzzShape
from isomac.graph.graph import Graph
from isomac_cosim.batch_case import Case
from isomac_hw.core_memories import memory_targets

#: Longer programs cost more time than they are likely to show.
CYCLES_MAX = 50_000
#: Probabilities of corner cases among the constants of a graph.
_EXTREMES = (0.0, 0.25, 0.25, 1.0)
#: The softmax of each method, which stands for all of them on hardware that has it.
_SOFTMAX = {"division": "Softmax", "newton": "NewtonSoftmax"}
#: Most inputs of a case, which run without a reset between them.
INPUTS_MAX = 3
#: Convolutions first, as the simplest, and the more often those that matter more.
_OPERATORS = (
    *["Convolution"] * 5,
    *(name for name in STEPS if name != "Convolution"),
    *("Add", "AveragePool", "Concatenate", "MaxPool"),
)


@dataclass(frozen=True, repr=False)
class FuzzCase:
    """A graph and int8 inputs (N, *shape) by name."""

    graph: Graph
    inputs: dict[str, npt.NDArray[np.int8]]

    def __repr__(self) -> str:
        return f"FuzzCase({len(self.graph.operations)} operations)"


def draw_case(draws: Draws, shape: FuzzShape) -> FuzzCase:
    """Return a random case that is likely to fit the hardware of a shape."""
    softmax = _SOFTMAX[shape.softmax_method]
    choices = Choices(
        steps=(1, draws.integer(1, 10)),
        operators=tuple(softmax if name in _SOFTMAX.values() else name for name in _OPERATORS),
        max_size=draws.integer(1, 16),
        max_channels=draws.integer(1, 32),
        max_kernel=draws.integer(1, 7),
        max_inputs=1 if shape.overlap_input else 3,
        max_outputs=3,
        maps_from_reshape=draws.integer(1, 5) == 5,  # hardware can do only few of them
        one_softmax=(shape.reciprocal_bits, shape.softmax_shift),
        extreme=_EXTREMES[draws.integer(0, len(_EXTREMES) - 1)],
    )
    graph = random_graph(draws, choices)
    count = draws.integer(1, INPUTS_MAX)
    seed = draws.integer(0, 2**32 - 1)
    return FuzzCase(graph, random_inputs(graph, np.random.default_rng(seed), count))


def cosim_case(case: FuzzCase, shape: FuzzShape, name: str) -> Case:
    """Compile a case and evaluate it with the golden model.

    Raises
    ------
    IsomacError
        If the graph does not fit the hardware, or would run for too long.
    """
    parameters = shape.parameters
    program = compile_for(case.graph, parameters)
    if program.predicted_cycles > CYCLES_MAX:
        raise IsomacError(f"the program would run for more than {CYCLES_MAX} cycles")
    return Case(
        name=name,
        manifest=manifest(program, generator="isomac fuzz", reasons={}, files={}),
        images={
            target.name: getattr(program.images, target.name)
            for target in memory_targets(parameters)
        },
        arrays=vectors(program, case.inputs),
    )
