"""Random valid integer graphs, to try an implementation of the integer graph on.

`random_graph(source)` makes a graph, `random_inputs(graph, rng, count)` a batch for it. The same
choices of the source, such as a numpy generator, give the same graph.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from isomac.fuzz.generator import recipes, steps
from isomac.fuzz.generator.builder import Builder
from isomac.fuzz.generator.constants import Constants
from isomac.fuzz.generator.draws import Draws, SeededDraws
from isomac.graph.graph import Graph
from isomac.graph.verify import verify

#: The step that appends each operator.
STEPS: dict[str, Callable[[Builder], None]] = {
    "AdaptiveAveragePool": steps.adaptive_average_pool,
    "Add": steps.add,
    "AlignedAdd": recipes.aligned_add,
    "AveragePool": steps.average_pool,
    "Clamp": steps.clamp,
    "Concatenate": steps.concatenate,
    "Convolution": steps.convolution,
    "Linear": steps.linear,
    "Lookup": recipes.lookup,
    "MaxPool": steps.max_pool,
    "NewtonSoftmax": recipes.newton_softmax,
    "Pad": recipes.pad,
    "Reshape": steps.reshape,
    "Scale": recipes.scale,
    "Softmax": steps.softmax,
}

#: Each operator, and the more often those that matter more.
_OFTEN = (*STEPS, *["Convolution"] * 4, "Add", "AveragePool", "Concatenate", "MaxPool")


@dataclass(frozen=True)
class Choices:
    """What a random graph may be like.

    Parameters
    ----------
    steps
        Smallest and largest number of steps. Most append one operation, some a branch that joins
        again.
    operators
        Names of the operators to choose from, the likelier the more often they appear. Convolutions
        and linear layers may appear beside them, as the branches of additions and concatenations
        and because `macs` asks for one; reshapes appear before linear layers.
    max_size
        Largest height and width of a map.
    max_channels
        Largest number of channels of a map. A vector that comes from a map may be longer.
    max_kernel
        Largest kernel of convolutions and pools.
    max_inputs
        Largest number of inputs of the graph; additions and concatenations read the further ones.
    max_outputs
        Largest number of outputs of the graph; the further ones are intermediate tensors.
    vector_input
        Whether the first input may be a vector.
    maps_from_reshape
        Whether a reshape may give a map, not only a vector.
    softmax_at_end
        Whether a softmax ends the graph.
    one_softmax
        Places of the reciprocal and shift of all softmax layers, which then have one table, as
        hardware has. None leaves them free.
    extreme
        Probability that a constant is a corner case, such as a zero point of -128.
    macs
        Whether there must be a convolution or a linear layer, as the compiler asks for.
    """

    steps: tuple[int, int] = (1, 6)
    operators: tuple[str, ...] = _OFTEN
    max_size: int = 9
    max_channels: int = 20
    max_kernel: int = 5
    max_inputs: int = 2
    max_outputs: int = 2
    vector_input: bool = True
    maps_from_reshape: bool = True
    softmax_at_end: bool = False
    one_softmax: tuple[int, int] | None = None
    extreme: float = 0.25
    macs: bool = True


def random_graph(source: np.random.Generator | Draws, choices: Choices | None = None) -> Graph:
    """Return a random graph that `verify` accepts."""
    choices = choices or Choices()
    draws = SeededDraws(source) if isinstance(source, np.random.Generator) else source
    constants = Constants(draws, choices.extreme)
    builder = Builder(
        constants,
        choices.max_size,
        choices.max_channels,
        choices.max_kernel,
        choices.max_inputs,
        choices.maps_from_reshape,
        choices.one_softmax,
    )
    channels = int(constants.one_of(1, 3, 4, 12, constants.between(1, choices.max_channels)))
    size = [int(constants.one_of(1, *[constants.between(1, choices.max_size)] * 3)) for _ in "yx"]
    shape = (min(channels, choices.max_channels), *size)
    if choices.vector_input and constants.chance(0.1):
        shape = shape[:1]
    builder.head = builder.add_input(shape)
    for _ in range(constants.between(*choices.steps)):
        operator = constants.one_of(*choices.operators)
        STEPS[operator](builder)
        if operator == "Softmax" and choices.softmax_at_end:
            break
    if choices.macs:
        _ensure_macs(builder)
    produced = [operation.output for operation in builder.operations]
    outputs = [builder.head.name]
    while len(outputs) < choices.max_outputs and constants.chance(0.2):
        name = str(constants.one_of(*produced))
        if name not in outputs:
            outputs.append(name)
    graph = Graph(
        name="random",
        tensors=tuple(builder.tensors),
        operations=tuple(builder.operations),
        inputs=tuple(builder.inputs),
        outputs=tuple(outputs),
    )
    verify(graph)
    return graph


def random_inputs(
    graph: Graph, rng: np.random.Generator, count: int
) -> dict[str, npt.NDArray[np.int8]]:
    """Return int8 (count, *shape) by name of input: random values and the extremes of int8."""
    batches = {}
    for name in graph.inputs:
        shape = graph.tensor(name).shape
        images = rng.integers(-128, 128, (count, *shape), np.int8)
        for image in images:
            kind = rng.integers(12)
            if kind == 0:
                image[...] = rng.choice([-128, 127])
            elif kind == 1:
                image[...] = rng.choice(np.array([-128, 127], np.int8), shape)
            elif kind == 2:
                image[...] = graph.tensor(name).zero_point
        batches[name] = images
    return batches


def _ensure_macs(builder: Builder) -> None:
    """Put a convolution or a linear layer at the front if there is none: the array asks for one."""
    weighted = ("Convolution", "Linear")
    if not any(type(operation).__name__ in weighted for operation in builder.operations):
        builder.head = builder.convolve(builder.head)
