"""The array against sums and maxima in plain Python."""

import random
from dataclasses import dataclass
from typing import Any

import pytest
from amaranth.sim import SimulatorContext

from isomac_hw.mac_array import MacArray
from isomac_hw.parameters import AcceleratorParameters
from tests.hw.bench import parameters, simulate

EXTREMES = (-128, -127, -1, 0, 1, 127)


@dataclass(frozen=True)
class Step:
    """A word for each pixel lane, the byte to broadcast, and a weight for each channel lane."""

    words: list[list[int]]
    byte: int
    weights: list[int]


@dataclass(frozen=True)
class Tile:
    """The steps of one sum, and what the job says."""

    steps: list[Step]
    dense: bool
    reduce_max: bool

    def sums(self) -> list[list[int]]:
        """By pixel lane and channel lane."""
        first = self.steps[0]
        return [
            [self._sum(lane, channel) for channel in range(len(first.weights))]
            for lane in range(len(first.words))
        ]

    def _sum(self, lane: int, channel: int) -> int:
        products = [
            step.words[lane][step.byte if self.dense else channel] * step.weights[channel]
            for step in self.steps
        ]
        return max(products) if self.reduce_max else sum(products)


def random_tile(
    generator: random.Random, p: AcceleratorParameters, steps: int, *, dense: bool, reduce_max: bool
) -> Tile:
    def value() -> int:
        return generator.choice([generator.choice(EXTREMES), generator.randint(-128, 127)])

    def word() -> list[int]:
        return [value() for _ in range(p.channel_lanes)]

    return Tile(
        [
            Step(
                [word() for _ in range(p.pixel_lanes)], generator.randrange(p.channel_lanes), word()
            )
            for _ in range(steps)
        ],
        dense,
        reduce_max,
    )


def run(p: AcceleratorParameters, tiles: list[Tile], *, seed: int, issue: float = 1) -> None:
    """Issue all steps, with probability ``issue`` in a cycle, and watch the shadows throughout."""
    dut = MacArray(p)
    generator = random.Random(seed)

    def noise() -> int:
        return generator.randint(-128, 127)

    def put(ctx: SimulatorContext, tile: Tile | None, index: int) -> None:
        """A step at the inputs, or anything."""
        step = tile.steps[index] if tile else None
        ctx.set(dut.issue, step is not None)
        ctx.set(dut.byte, step.byte if step else generator.randrange(p.channel_lanes))
        ctx.set(dut.first, index == 0 if tile else generator.randrange(2))
        ctx.set(dut.last, index == len(tile.steps) - 1 if tile else generator.randrange(2))
        ctx.set(dut.dense, tile.dense if tile else generator.randrange(2))
        ctx.set(dut.reduce_max, tile.reduce_max if tile else generator.randrange(2))

    async def testbench(ctx: SimulatorContext) -> None:
        waiting = [(tile, index) for tile in tiles for index in range(len(tile.steps))]
        due: dict[int, Tile] = {}  # cycle in which the sums must be on the shadows
        shown: list[list[int]] | None = None
        cycle = 0
        # The step whose words are due, and the one whose weights are.
        with_words: Step | None = None
        with_weights: Step | None = None
        while waiting or cycle <= max(due) + 2:
            tile, index = None, 0
            if waiting and generator.random() < issue:
                tile, index = waiting.pop(0)
                if index == len(tile.steps) - 1:
                    due[cycle + MacArray.LATENCY + 1] = tile
            put(ctx, tile, index)
            for channel in range(p.channel_lanes):
                weight = with_weights.weights[channel] if with_weights else noise()
                ctx.set(dut.weights[channel], weight)
                for lane in range(p.pixel_lanes):
                    value = with_words.words[lane][channel] if with_words else noise()
                    ctx.set(dut.lanes[lane][channel], value)
            with_weights, with_words = with_words, tile.steps[index] if tile else None
            if cycle in due:
                shown = due[cycle].sums()
            assert ctx.get(dut.loaded) == (cycle + 1 in due)
            if shown is not None:
                shadows = [
                    [ctx.get(dut.shadow[lane][channel]) for channel in range(p.channel_lanes)]
                    for lane in range(p.pixel_lanes)
                ]
                assert shadows == shown
            await ctx.tick()
            cycle += 1

    simulate(dut, testbench)


@pytest.mark.parametrize(
    ("features", "modes"),
    [
        (("dense",), [(True, False)]),
        (("depthwise",), [(False, False)]),
        (("depthwise", "max"), [(False, False), (False, True)]),
        (("dense", "depthwise"), [(True, False), (False, False)]),
        (
            ("dense", "depthwise", "max"),
            [(True, False), (False, False), (False, True), (True, True)],
        ),
    ],
)
@pytest.mark.parametrize("issue", [1, 0.5])
def test_tiles(features: tuple[str, ...], modes: list[tuple[bool, bool]], issue: float) -> None:
    p = parameters(
        features=features, tile_rows=1, tile_columns=2, channel_lanes=3, input_channels=(1,)
    )
    generator = random.Random(1)
    tiles = []
    for steps in (1, 1, 4, 2, 1, 8):
        # The tile after this one may belong to another job.
        dense, reduce_max = generator.choice(modes)
        tiles.append(random_tile(generator, p, steps, dense=dense, reduce_max=reduce_max))
    for dense, reduce_max in modes:
        tiles.append(random_tile(generator, p, 3, dense=dense, reduce_max=reduce_max))
    run(p, tiles, seed=2, issue=issue)


@pytest.mark.parametrize(
    "changes",
    [
        {"tile_rows": 1, "tile_columns": 1, "channel_lanes": 1, "requant_lanes": 1},
        {"tile_rows": 2, "tile_columns": 3, "channel_lanes": 2},
        {"tile_rows": 1, "tile_columns": 1, "channel_lanes": 8},
    ],
)
def test_sizes(changes: dict[str, Any]) -> None:
    p = parameters(**changes, input_channels=(1,))
    generator = random.Random(3)
    tiles = [
        random_tile(generator, p, steps, dense=dense, reduce_max=False)
        for steps in (3, 1)
        for dense in (True, False)
    ]
    run(p, tiles, seed=4)


@pytest.mark.parametrize(("activation", "weight"), [(-128, -128), (127, -128), (-128, 127)])
def test_sums_fill_the_accumulator(activation: int, weight: int) -> None:
    """32 products of 2**14 are the first sum that does not fit 20 bits."""
    p = parameters(tile_rows=1, tile_columns=1, channel_lanes=2, input_channels=(1,))
    step = Step([[activation] * 2], 1, [weight] * 2)
    tile = Tile([step] * 31, dense=True, reduce_max=False)
    assert abs(tile.sums()[0][0]) > 1 << p.accumulator_bits - 2
    run(p, [tile, Tile([step], dense=False, reduce_max=True)], seed=5)


def test_maxima_of_negative_products() -> None:
    p = parameters(tile_rows=1, tile_columns=1, channel_lanes=2, input_channels=(1,))
    values = [[-3, -128], [-2, -127], [-4, -128]]
    tile = Tile([Step([v], 0, [1, 1]) for v in values], dense=False, reduce_max=True)
    assert tile.sums() == [[-2, -127]]
    run(p, [tile], seed=6)
