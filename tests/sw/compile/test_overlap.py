"""How early the next job may start: never too early, and no later than it must."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from isomac.compile.geometry import Geometry, window_columns
from isomac.compile.overlap import launch_delay
from isomac.compile.shape import ArrayShape
from isomac.compile.work import ArrayWork
from isomac_hw.output_stage import output_latency
from tests.sw.compile.machine import Trace, run_job
from tests.sw.compile.nest import Tile, tiles
from tests.sw.compile.works import KINDS, random_shape, random_work

#: Each kind of work behind each other one.
PAIRS = list(itertools.product(KINDS, KINDS))
SEEDS = range(12)


class Pair:
    """Two works, of which the second reads what the first writes, or something else."""

    def __init__(self, seed: int, kinds: tuple[str, str], *, related: bool = True):
        rng = np.random.default_rng(seed)
        self.shape: ArrayShape = random_shape(rng)
        lanes = self.shape.channel_lanes
        self.first: ArrayWork = random_work(rng, lanes, kinds[0], size=7)
        source = self.first.destination if related else None
        self.second: ArrayWork = random_work(rng, lanes, kinds[1], size=7, source=source)
        if related:
            self.second = mixed(self.second, rng)
        self.geometry = tuple(self._geometry(work) for work in (self.first, self.second))
        self.tiles: tuple[list[Tile], ...] = tuple(
            tiles(work, geometry, self.shape)
            for work, geometry in zip((self.first, self.second), self.geometry, strict=True)
        )
        self.delay = launch_delay(
            self.first,
            self.geometry[0],
            self.second,
            self.geometry[1],
            self.shape,
            output_latency(()),
        )

    def _geometry(self, work: ArrayWork) -> Geometry:
        return Geometry.of(work, self.shape, window_columns([self.first, self.second], self.shape))

    def run(self, delay: int) -> tuple[Trace, Trace]:
        """Run both with this delay of the second launch."""
        first = run_job(self.tiles[0], 1, 0)
        return first, run_job(self.tiles[1], first.last_step + delay, first.end + 1)

    def too_early(self, delay: int) -> list[int]:
        """Words of the first work that the second reads before they are written."""
        first, second = self.run(delay)
        return [
            chunk.word + i
            for cycle, chunk in second.reads
            for i, inside in enumerate(chunk.inside)
            if inside and chunk.buffer == self.first.destination.buffer
            # A word that is written in a cycle can be addressed in the next.
            if first.writes.get(chunk.word + i, -1) >= cycle
        ]


def mixed(work: ArrayWork, rng: np.random.Generator) -> ArrayWork:
    """Return the work with its buffers "destination" and "output", operands in any order."""
    work = replace(work, destination=replace(work.destination, buffer="output"))
    if work.second is not None and rng.random() < 0.5:
        work = replace(work, source=work.second, second=work.source)
    return work


@pytest.mark.parametrize("kinds", PAIRS)
def test_no_word_is_read_before_it_is_written(kinds: tuple[str, str]) -> None:
    for seed in SEEDS:
        pair = Pair(seed, kinds)
        assert pair.too_early(pair.delay) == []


def latest_writes(pair: Pair) -> dict[int, int]:
    """Cycles from the first work's last step to each write, if all tiles drain as late as can be.

    That is one right behind the other, the last of them after the last step.
    """
    words = [word for tile in pair.tiles[0] for word in tile.words]
    behind = sum(word.steps for word in pair.tiles[0][-1].words)
    out = {}
    for word in reversed(words):
        out[word.word] = behind + output_latency(())
        behind -= word.steps
    return out


@pytest.mark.parametrize("kinds", PAIRS)
def test_the_delay_is_the_least_that_is_always_safe(kinds: tuple[str, str]) -> None:
    """A chunk is addressed no earlier than its place in the walk says."""
    for seed in SEEDS:
        pair = Pair(seed, kinds)
        written = latest_writes(pair)
        chunks = [c for tile in pair.tiles[1] for part in tile.segments for c in part.chunks]
        delays = [
            written.get(chunk.word + i, 0) - index
            for index, chunk in enumerate(chunks)
            for i, inside in enumerate(chunk.inside)
            if inside and chunk.buffer == pair.first.destination.buffer
        ]
        assert pair.delay == max([1, *delays])
        assert pair.delay <= max(written.values())


def test_a_cycle_less_is_too_early_more_often_than_not() -> None:
    """What is assumed of the worst case happens."""
    pairs = [Pair(seed, kinds) for kinds in PAIRS for seed in range(4)]
    waiting = [pair for pair in pairs if pair.delay > 1]
    assert len(waiting) > 50
    assert 2 * sum(bool(pair.too_early(pair.delay - 1)) for pair in waiting) > len(waiting)


@pytest.mark.parametrize("kind", KINDS)
def test_work_that_reads_something_else_need_not_wait(kind: str) -> None:
    for seed in SEEDS:
        assert Pair(seed, ("dense", kind), related=False).delay == 1


def test_both_operands_of_an_add_count() -> None:
    """Each of them alone makes the add wait for the last word."""
    pair = next(
        pair
        for seed in itertools.count()
        if (pair := Pair(seed, ("add", "add"), related=False)).shape.pixel_lanes > 1
    )
    copy = replace(pair.first, source=replace(pair.first.source, buffer="other"))
    geometry = pair.geometry[0]
    out = pair.first.destination
    for reader in (replace(copy, source=out), replace(copy, second=out)):
        assert (
            launch_delay(pair.first, geometry, reader, geometry, pair.shape, output_latency(())) > 1
        )
