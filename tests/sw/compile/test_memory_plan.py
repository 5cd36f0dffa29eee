"""The memory plan: nobody's words are overwritten while they are needed."""

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from isomac.compile.lowering import Lowered, lower
from isomac.compile.memory_plan import plan_memory
from isomac.graph.graph import Graph
from tests.sw.compile.networks import WITH_SOFTMAX, random_lowered
from tests.sw.small_graphs import convolution, graph, tensor
from tests.sw.small_operations import CONCATENATE, add

SEEDS = range(60)


def lifetimes(lowered: Lowered) -> dict[str, set[int]]:
    """Steps in which each buffer is needed, from the first to the last one that touches it."""
    touched: dict[str, set[int]] = {name: set() for name in lowered.buffers}
    for view in lowered.inputs:
        touched[view.buffer].add(0)
    for step, work in enumerate(lowered.work, start=1):
        for view in (*work.reads, work.destination):
            touched[view.buffer].add(step)
    for view in lowered.outputs:
        touched[view.buffer].add(len(lowered.work) + 1)
    return {name: set(range(min(at), max(at) + 1)) for name, at in touched.items()}


@pytest.mark.parametrize("seed", SEEDS)
def test_live_buffers_do_not_overlap(seed: int) -> None:
    lowered, shape = random_lowered(seed, WITH_SOFTMAX)
    plan = plan_memory(lowered, shape.banks)
    alive = lifetimes(lowered)
    assert set(plan.base) == set(lowered.buffers)
    words = {name: range(base, base + lowered.buffers[name]) for name, base in plan.base.items()}
    for one, other in itertools.combinations(words, 2):
        if alive[one] & alive[other]:
            assert not set(words[one]) & set(words[other]), (one, other)
    for name, steps in alive.items():
        assert plan.alive[name] == (min(steps), max(steps))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_depth_is_what_the_buffers_reach(seed: int) -> None:
    lowered, shape = random_lowered(seed, WITH_SOFTMAX)
    plan = plan_memory(lowered, shape.banks)
    assert plan.words == max(base + lowered.buffers[name] for name, base in plan.base.items())
    assert all(base % shape.banks == 0 for base in plan.base.values())
    # No plan can do with less than what is alive at a time.
    alive = lifetimes(lowered)
    for step in range(len(lowered.work) + 2):
        assert plan.words >= sum(lowered.buffers[name] for name in alive if step in alive[name])


@pytest.mark.parametrize("seed", SEEDS)
def test_each_buffer_lies_as_low_as_the_larger_ones_allow(seed: int) -> None:
    lowered, shape = random_lowered(seed)
    plan = plan_memory(lowered, shape.banks)
    alive = lifetimes(lowered)

    def rank(name: str) -> tuple[Any, ...]:
        return -lowered.buffers[name], plan.alive[name], name

    taken: list[tuple[set[int], set[int]]] = []
    for name in sorted(lowered.buffers, key=rank):
        size = lowered.buffers[name]
        occupied = set[int]().union(*(words for words, steps in taken if steps & alive[name]))
        lowest = next(
            base
            for base in itertools.count(0, shape.banks)
            if not occupied & set(range(base, base + size))
        )
        assert plan.base[name] == lowest
        taken.append((set(range(lowest, lowest + size)), alive[name]))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_in_which_buffers_were_made_does_not_matter(seed: int) -> None:
    lowered, shape = random_lowered(seed)
    backwards = replace(lowered, buffers=dict(reversed(lowered.buffers.items())))
    assert plan_memory(lowered, shape.banks) == plan_memory(backwards, shape.banks)


def chain(length: int) -> Graph:
    """Return convolutions of equal size one after the other, from `x` to `t<length - 1>`."""
    layers = [
        convolution(name=f"c{n}", inputs=(f"t{n - 1}" if n else "x",), output=f"t{n}")
        for n in range(length)
    ]
    return graph(*layers)


def test_a_chain_goes_back_and_forth_between_two_places() -> None:
    plan = plan_memory(lower(chain(5), 2), 1)
    assert plan.words == 32
    assert sorted(set(plan.base.values())) == [0, 16]


def test_a_branch_keeps_what_it_reads_later() -> None:
    long_way = convolution(name="again", inputs=("y",), output="w")
    lowered = lower(graph(convolution(), long_way, add(inputs=("w", "x"))), 2)
    plan = plan_memory(lowered, 1)
    assert plan.alive["x"] == (0, 3)
    assert plan.words == 48


def test_of_equal_buffers_the_one_that_is_needed_first_lies_lowest() -> None:
    long_lived = add(inputs=("y", "x"))
    inputs = graph(
        convolution(inputs=("w",)), long_lived, inputs=("x", "w"), tensors=(tensor("w"),)
    )
    plan = plan_memory(lower(inputs, 2), 1)
    assert plan.alive["x"] == (0, 2)
    assert plan.alive["w"] == (0, 1)
    assert (plan.base["w"], plan.base["x"]) == (0, 16)


def test_an_output_lives_until_the_departure() -> None:
    lowered = lower(graph(*chain(3).operations, outputs=("t0", "t2")), 2)
    plan = plan_memory(lowered, 1)
    assert plan.alive["t0"] == (1, 4)
    assert plan.alive["t2"] == (3, 4)
    assert plan.words == 48


def test_parts_of_a_concatenation_share_its_buffer() -> None:
    other = convolution(name="other", inputs=("y",), output="w")
    both = type(CONCATENATE)(name="both", inputs=("y", "w"), output="z")
    lowered = lower(graph(convolution(), other, both, tensors=(tensor("z", (4, 4, 4)),)), 2)
    plan = plan_memory(lowered, 4)
    assert set(plan.base) == {"x", "z"}
    assert plan.alive["z"] == (1, 3)
    assert plan.words == 16 + 32


@pytest.mark.parametrize("banks", [1, 2, 8])
def test_small_buffers_begin_with_a_bank_each(banks: int) -> None:
    weight = np.ones((1, 1, 1, 1), np.int8)
    one = convolution(
        weight=weight,
        bias=np.zeros(1, np.int32),
        multiplier=np.ones(1, np.int64),
        shift=np.ones(1, np.int64),
        padding=(0, 0, 0, 0),
    )
    small = graph(one, tensors=(tensor("x", (1, 1, 1)), tensor("y", (1, 1, 1))))
    plan = plan_memory(lower(small, 1), banks)
    assert sorted(plan.base.values()) == [0, banks]
    assert plan.words == banks + 1
