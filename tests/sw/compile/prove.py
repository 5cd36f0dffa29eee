"""A program on the core in Amaranth's simulator, against the golden model and the cycle model."""

import numpy as np
import numpy.typing as npt

from isomac.compile.program import Program
from isomac.fuzz.generator.graphs import random_inputs
from isomac.golden.evaluate import evaluate
from tests.core_bench import CoreRun, from_words, run_back_to_back, run_program, to_words

Tensors = dict[str, npt.NDArray[np.int8]]

#: Cycles between the last output word of an inference and the first input word of the next one, if
#: that was started before.
GAP = 4


def draw(program: Program, seed: int, count: int) -> tuple[list[list[int]], list[Tensors]]:
    """Return random inputs as words of the input stream, and every tensor of the graph for each."""
    graph = program.graph
    batch = random_inputs(graph, np.random.default_rng(seed), count)
    values = {name: array.numpy() for name, array in evaluate(graph, batch).items()}
    words = [
        [
            word
            for name, (view, _) in zip(graph.inputs, program.inputs, strict=True)
            for word in to_words(view, batch[name][index])
        ]
        for index in range(count)
    ]
    return words, [{name: array[index] for name, array in values.items()} for index in range(count)]


def check_output(program: Program, words: list[int], tensors: Tensors) -> None:
    """Require that the output words hold the outputs of the graph, one behind the other."""
    for name, (view, _) in zip(program.graph.outputs, program.outputs, strict=True):
        count = view.layout.words
        found, words = from_words(view, words[:count]), words[count:]
        assert (found == tensors[name].reshape(found.shape)).all(), name
    assert words == []


def check_run(program: Program, run: CoreRun, tensors: Tensors) -> None:
    """Require that every layer wrote each of its words once, and the bytes of the golden model."""
    assert run.error == 0
    check_output(program, run.output, tensors)
    for layer, writes in zip(program.layers, run.writes, strict=True):
        if layer.view is None or layer.tensor is None:
            # The arrival of an input is not traced, the departure writes nothing.
            assert writes == {}
            continue
        addresses = range(layer.base, layer.base + layer.view.layout.words)
        assert sorted(writes) == list(addresses), layer.name
        found = from_words(layer.view, [writes[address] for address in addresses])
        assert (found == tensors[layer.tensor].reshape(found.shape)).all(), layer.name


def prove(program: Program, seed: int = 0, count: int = 2) -> None:
    """Run some inputs one after the other without a reset, with and without stalls.

    Without stalls every layer takes the cycles that were predicted.
    """
    words, tensors = draw(program, seed, count)
    cycles = [layer.predicted_cycles for layer in program.layers]
    for run, expected in zip(run_program(program, words), tensors, strict=True):
        check_run(program, run, expected)
        assert run.layer_cycles == cycles
        assert run.cycles == program.predicted_cycles
    for run, expected in zip(
        run_program(program, words[:1], stall_seed=seed + 1), tensors[:1], strict=True
    ):
        check_run(program, run, expected)


def prove_back_to_back(program: Program, seed: int = 0, count: int = 3) -> None:
    """Run inputs right behind each other.

    Nothing of an inference is hidden, unless the next input may arrive while the array works.
    """
    words, tensors = draw(program, seed, count)
    outputs, cycles = run_back_to_back(program, words)
    for output, expected in zip(outputs, tensors, strict=True):
        check_output(program, output, expected)
    one_by_one = count * program.predicted_cycles + (count - 1) * GAP
    if program.parameters.overlap_input:
        assert cycles < one_by_one
    else:
        assert cycles == one_by_one
