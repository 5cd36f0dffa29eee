"""The memory plan: where each buffer lies in the activation memory, from when it is alive."""

from collections.abc import Mapping
from dataclasses import dataclass

from isomac.compile.lowering import Lowered


@dataclass(frozen=True)
class MemoryPlan:
    """First word of each buffer, and the words needed.

    Members
    -------
    base
        First word of each buffer.
    words
        Depth of the memory that holds them.
    alive
        First and last step in which each buffer is needed: step 0 is the arrival of the input, step
        k the k-th work, the last one the departure of the output.
    """

    base: Mapping[str, int]
    words: int
    alive: Mapping[str, tuple[int, int]]


def plan_memory(lowered: Lowered, banks: int, *, overlap_input: bool = False) -> MemoryPlan:
    """Place the buffers, largest first, each at the lowest address that is free while it lives.

    Input and output of one work never overlap, since a job reads while it writes. Every buffer
    begins in bank 0, which the arrival of an input needs. With `overlap_input` the next input may
    arrive at any time, so that its buffer is never another's.
    """
    alive = dict(lowered.alive)
    if overlap_input:
        for view in lowered.inputs:
            alive[view.buffer] = (0, len(lowered.work) + 1)

    base: dict[str, int] = {}
    words = 1
    for buffer in sorted(alive, key=lambda name: (-lowered.buffers[name], alive[name], name)):
        size = lowered.buffers[buffer]
        first, last = alive[buffer]
        others = sorted(
            (start, start + lowered.buffers[name])
            for name, start in base.items()
            if alive[name][0] <= last and first <= alive[name][1]
        )
        address = 0
        for start, end in others:
            if address + size <= start:
                break
            address = max(address, -(-end // banks) * banks)
        base[buffer] = address
        words = max(words, address + size)
    return MemoryPlan(base, words, alive)
