"""Dense work: the convolution rebuilt from the words of its jobs."""

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from isomac.compile.dense import DenseOperation
from isomac.compile.layout import Layout
from isomac.compile.work import ArrayWork, Segmentation, View
from tests.sw.compile.works import random_layout


@dataclass(frozen=True)
class Case:
    """A grouped convolution and the planes that it reads."""

    lanes: int
    source: Layout
    weight: npt.NDArray[np.int8]
    groups: int

    def operation(self, **changes: Any) -> DenseOperation:
        """Return the operation, with constants that differ from channel to channel."""
        outputs = len(self.weight)
        fields: dict[str, Any] = {
            "source": View("source", 0, self.source),
            "destination": View("destination", 0, Layout.dense(outputs, 1, 1, self.lanes)),
            "weight": self.weight,
            "bias": np.arange(outputs, dtype=np.int32) * 1000,
            "multiplier": np.arange(outputs) + 5,
            "shift": np.arange(outputs) % 60 + 1,
            "groups": self.groups,
            "input_zero_point": 3,
            "zero_point": 0,
            "quant_min": -128,
            "quant_max": 127,
        }
        return DenseOperation(**{**fields, **changes})

    def full_weight(self) -> npt.NDArray[np.int8]:
        """Weights of every output for every input, zero between groups."""
        outputs, group_inputs = self.weight.shape[:2]
        full = np.zeros((outputs, self.source.channels, *self.weight.shape[2:]), np.int8)
        for output in range(outputs):
            first = output // (outputs // self.groups) * group_inputs
            full[output, first : first + group_inputs] = self.weight[output]
        return full


def random_case(rng: np.random.Generator) -> Case:
    """Return a convolution with one to all groups on a layout with gaps or without."""
    lanes = int(rng.integers(1, 6))
    source = random_layout(rng, lanes, 1, 1, most_planes=4)
    divisors = [n for n in range(1, source.channels + 1) if source.channels % n == 0]
    groups = int(rng.choice(divisors))
    outputs = groups * int(rng.integers(1, 5))
    shape = (outputs, source.channels // groups, *rng.integers(1, 4, 2))
    weight = rng.integers(-128, 128, shape, np.int8)
    # A zero would not show where it came from.
    weight[weight == 0] = 1
    return Case(lanes, source, weight, groups)


def rebuilt(
    work: ArrayWork, kernel: Segmentation, source: Layout, columns: int
) -> npt.NDArray[np.int8]:
    """The weights of a job's output slots for all input slots, from its words in order of use."""
    lanes = source.word_channels
    words = iter(work.constants(kernel).weights)
    slots = source.planes * lanes
    full = np.zeros((work.channel_tiles * lanes, slots, kernel.kernel_rows, columns), np.int8)
    for tile, y, group, block in itertools.product(
        range(work.channel_tiles),
        range(kernel.kernel_rows),
        range(kernel.columns),
        range(work.blocks),
    ):
        low = work.first_byte if block == 0 else 0
        high = work.last_byte if block == work.blocks - 1 else lanes - 1
        taps = kernel.taps_last if group == kernel.columns - 1 else kernel.taps
        for tap, byte in itertools.product(range(taps), range(low, high + 1)):
            slot = (work.source_plane + block) * lanes + byte
            rows = slice(tile * lanes, (tile + 1) * lanes)
            full[rows, slot, y, group * kernel.taps + tap] = next(words)
    assert next(words, None) is None
    return full


@pytest.mark.parametrize("seed", range(120))
def test_the_words_are_the_convolution(seed: int) -> None:
    rng = np.random.default_rng(seed)
    case = random_case(rng)
    outputs, _, rows, columns = case.weight.shape
    taps = int(rng.integers(1, columns + 1))
    groups = -(-columns // taps)
    kernel = Segmentation(rows, groups, taps, columns - (groups - 1) * taps)
    operation = case.operation()
    found = np.zeros((outputs, case.source.channels, rows, columns), np.int8)
    covered: list[int] = []
    for work in operation.work():
        weight = rebuilt(work, kernel, case.source, columns)
        first = work.destination_plane * case.lanes
        count = (work.channel_tiles - 1) * case.lanes + work.last_channels
        chosen = range(first, first + count)
        covered += chosen
        found[first : first + count] = weight[:count][:, list(case.source.slots)]
        # Slots without a channel, of the inputs and of the outputs.
        gaps = sorted(set(range(weight.shape[1])) - set(case.source.slots))
        assert not weight[count:].any()
        assert not weight[:, gaps].any()
        constants = work.constants(kernel)
        for name in ("multiplier", "shift"):
            assert getattr(constants, name).tolist() == getattr(operation, name)[chosen].tolist()
    assert covered == list(range(outputs))
    assert (found == case.full_weight()).all()


@pytest.mark.parametrize("seed", range(60))
def test_a_job_reads_what_its_groups_need_and_no_more(seed: int) -> None:
    """From the first byte of the first group to the last of the last; no two jobs read the same."""
    rng = np.random.default_rng(seed)
    case = random_case(rng)
    lanes, slots = case.lanes, case.source.slots
    group_outputs = len(case.weight) // case.groups
    group_inputs = case.weight.shape[1]
    jobs = case.operation().work()
    ranges = []
    for work in jobs:
        first = work.destination_plane * lanes
        last = first + (work.channel_tiles - 1) * lanes + work.last_channels - 1
        low = slots[first // group_outputs * group_inputs]
        high = slots[(last // group_outputs + 1) * group_inputs - 1]
        assert work.source_plane * lanes + work.first_byte == low
        assert (work.source_plane + work.blocks - 1) * lanes + work.last_byte == high
        ranges.append((low, high))
    assert all(one != other for one, other in itertools.pairwise(ranges))
    assert [work.destination_plane for work in jobs] == list(
        itertools.accumulate([0, *(work.channel_tiles for work in jobs[:-1])])
    )


def test_without_groups_there_is_one_job() -> None:
    weight = np.ones((9, 7, 1, 1), np.int8)
    (work,) = Case(4, Layout.dense(7, 1, 1, 4), weight, 1).operation().work()
    assert (work.channel_tiles, work.last_channels, work.blocks) == (3, 1, 2)
    assert (work.first_byte, work.last_byte) == (0, 2)


def test_groups_as_wide_as_words_are_jobs_of_their_own() -> None:
    weight = np.ones((8, 4, 1, 1), np.int8)
    jobs = Case(4, Layout.dense(8, 1, 1, 4), weight, 2).operation().work()
    assert [(work.source_plane, work.blocks) for work in jobs] == [(0, 1), (1, 1)]


def test_extremes_and_bias() -> None:
    """The zero point is in the bias; the extremes are those of all channels of a job."""
    weight = np.array([[[[1]], [[-2]]], [[[100]], [[3]]]], np.int8)
    (work,) = Case(2, Layout.dense(2, 1, 1, 2), weight, 1).operation().work()
    constants = work.constants(Segmentation(1, 1, 1, 1))
    assert constants.bias.tolist() == [0 - 3 * (1 - 2), 1000 - 3 * 103]
    assert constants.raw_min == -128 * 103
    assert constants.raw_max == 127 * 103
    assert constants.total_min == 1000 - 3 * 103 - 128 * 103
    assert constants.total_max == 1000 - 3 * 103 + 127 * 103


def test_each_job_has_extremes_of_its_own_channels() -> None:
    weight = np.array([[[[1]]], [[[100]]]], np.int8)
    small, large = Case(1, Layout.dense(2, 1, 1, 1), weight, 2).operation().work()
    kernel = Segmentation(1, 1, 1, 1)
    assert small.constants(kernel).raw_max == 128 - 1
    assert large.constants(kernel).raw_max == 127 * 100
