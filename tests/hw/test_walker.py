"""The walker against nested loops."""

import random
from typing import Any

import pytest
from amaranth.sim import SimulatorContext

from isomac_hw.job import JobLayout
from isomac_hw.parameters import AcceleratorParameters
from isomac_hw.walker import Walker
from tests.hw.bench import LAYOUT, JobRow, parameters, simulate
from tests.hw.nest import LOOPS, Nest, window_nest

#: One pixel lane, one bank.
SINGLE = {
    "tile_rows": 1,
    "tile_columns": 1,
    "banks": 1,
    "strides": (1,),
    "window_columns": 1,
}


def random_nest(generator: random.Random, p: AcceleratorParameters) -> Nest:
    """Loops of one to three turns with any steps that the fields of a job can express."""
    counts = {name: generator.choice([1, 1, 2, 3]) for name in LOOPS} | {"row": p.tile_rows}
    counts["chunk"] = generator.randint(1, -(-p.window_columns // p.banks))

    def steps(names: tuple[str, ...]) -> dict[str, int]:
        return {name: generator.randint(-9, 9) for name in names}

    return Nest(
        counts=counts,
        address={name: generator.randrange(256) for name in LOOPS} | {"chunk": p.banks},
        y=steps(("row", "kernel_row", "tile_row")),
        x=steps(LOOPS) | {"chunk": p.banks},
        base=generator.randrange(256),
        start_y=generator.randint(-20, 20),
        start_x=generator.randint(-20, 20),
    )


def run(
    p: AcceleratorParameters, nests: list[Nest], *, seed: int | None, layout: JobLayout = LAYOUT
) -> Walker:
    """Walk the nests one after the other; with a seed, ``advance`` is low at random."""
    row = JobRow(layout)
    dut = Walker(p, row.view)
    address_range = 1 << p.address_bits
    generator = random.Random(seed)

    async def testbench(ctx: SimulatorContext) -> None:
        for nest in nests:
            row.set(ctx, nest.job(address_range))
            assert not ctx.get(dut.valid)
            ctx.set(dut.start, 1)
            ctx.set(dut.advance, generator.randrange(2))
            await ctx.tick()
            ctx.set(dut.start, 0)
            for chunk in nest.chunks():
                advance = False
                while not advance:
                    advance = seed is None or generator.random() < 0.5
                    ctx.set(dut.advance, advance)
                    assert ctx.get(dut.valid)
                    assert ctx.get(dut.address) == chunk.address % address_range
                    assert (ctx.get(dut.y), ctx.get(dut.x)) == (chunk.y, chunk.x)
                    assert (ctx.get(dut.chunk), ctx.get(dut.row)) == (chunk.chunk, chunk.row)
                    assert ctx.get(dut.segment_end) == chunk.segment_end
                    assert ctx.get(dut.tags) == dut.tags.shape().const(chunk.tags)
                    await ctx.tick()

    simulate(dut, testbench)
    return dut


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"banks": 1},
        {"tile_rows": 1, "tile_columns": 1, "strides": (1,), "window_columns": 1},
        {"tile_rows": 3, "banks": 16, "activation_depth": 96},
    ],
)
def test_random_nests(changes: dict[str, Any]) -> None:
    generator = random.Random(1)
    p = parameters(**changes)
    run(p, [random_nest(generator, p) for _ in range(3)], seed=None)
    run(p, [random_nest(generator, p) for _ in range(2)], seed=2)


@pytest.mark.parametrize("name", LOOPS)
def test_one_loop_alone(name: str) -> None:
    p = parameters(tile_rows=3 if name == "row" else 1, window_columns=20)
    counts = dict.fromkeys(LOOPS, 1) | {"row": p.tile_rows, name: 3}
    run(p, [Nest(counts, {name: 7, "chunk": p.banks}, x={"chunk": p.banks})], seed=None)


@pytest.mark.parametrize(
    ("changes", "window"),
    [
        ({}, {"size": (5, 8), "kernel": (3, 3), "padding": (1, 1, 1, 1), "blocks": 2}),
        ({}, {"size": (7, 7), "kernel": (3, 2), "stride": (2, 2), "channel_tiles": 2}),
        ({}, {"size": (9, 9), "kernel": (3, 3), "dilation": (2, 3), "depthwise": True}),
        # Padding on one side alone: the map and its corner tell nothing of how far the kernel goes.
        (SINGLE, {"size": (2, 2), "kernel": (40, 1), "padding": (0, 0, 39, 0)}),
        (SINGLE, {"size": (2, 2), "kernel": (1, 40), "padding": (0, 0, 0, 39)}),
        (SINGLE, {"size": (2, 2), "kernel": (2, 2), "dilation": (1, 90), "padding": (0, 0, 1, 90)}),
        (SINGLE, {"size": (2, 2), "kernel": (2, 2), "dilation": (90, 1), "padding": (0, 0, 90, 1)}),
        (SINGLE, {"size": (2, 2), "kernel": (9, 9), "padding": (8, 8, 0, 0)}),
        (SINGLE, {"size": (2, 2), "kernel": (1, 1), "padding": (20, 20, 0, 0)}),
        ({}, {"size": (2, 2), "kernel": (90, 1), "padding": (0, 0, 89, 0)}),
        ({}, {"size": (2, 2), "kernel": (1, 90), "padding": (0, 0, 0, 89)}),
    ],
)
def test_coordinates_fit_the_narrowest_layout(
    changes: dict[str, Any], window: dict[str, Any]
) -> None:
    """A fixed accelerator for one job has no bit to spare, and coordinates must not wrap."""
    p = parameters(**changes)
    nest = window_nest(p, **window)
    job = nest.job(
        1 << p.address_bits, input_height=window["size"][0], input_width=window["size"][1]
    )
    run(p, [nest], seed=None, layout=JobLayout.derive([job], fixed=True))


@pytest.mark.parametrize("kernel_rows", [1, 2])
def test_coordinates_of_a_line(kernel_rows: int) -> None:
    """The rows of the tile, and the kernel rows of a shared sum, walk along a short line."""
    p = parameters(tile_rows=8)
    steps = {"chunk": p.banks, "row": 3, "kernel_row": 24}
    nest = Nest(
        dict.fromkeys(LOOPS, 1) | {"row": 8, "kernel_row": kernel_rows}, address=steps, x=steps
    )
    job = nest.job(1 << p.address_bits, input_height=1, input_width=1 + 24 * (kernel_rows - 1))
    run(p, [nest], seed=None, layout=JobLayout.derive([job], fixed=True))
