"""The loader between a memory with the promised latency and a window that stalls it."""

import random
from typing import Any

import pytest
from amaranth.sim import SimulatorContext

from isomac_hw.loader import Loader
from isomac_hw.parameters import AcceleratorParameters
from tests.hw.bench import JobRow, ReadPath, parameters, simulate
from tests.hw.nest import Chunk, Nest, window_nest

#: Cycles from ``start`` to the first chunk, without stalls.
LATENCY = 3
PAD = -77


def run(
    p: AcceleratorParameters,
    windows: list[dict[str, Any]],
    *,
    seed: int | None = None,
) -> int:
    """Load windows of maps one after the other; with a seed, ``advance`` is low at random.

    Returns
    -------
    int
        The number of cycles with an overrun.
    """
    row = JobRow()
    dut = Loader(p, row.view)
    generator = random.Random(seed)
    address_range = 1 << p.address_bits
    word_bits = 8 * p.channel_lanes
    memory = [generator.getrandbits(word_bits) for _ in range(p.activation_depth)]
    pad_word = int.from_bytes(bytes([PAD & 255] * p.channel_lanes))
    overruns = 0

    def expected(nest: Nest, size: tuple[int, int], chunk: Chunk) -> list[int | None]:
        """The words of a chunk; None for those beyond the memory."""
        words: list[int | None] = []
        for j in range(p.banks):
            if 0 <= chunk.y < size[0] and 0 <= chunk.x + j < size[1]:
                address = (chunk.address + j) % address_range
                words.append(memory[address] if address < len(memory) else None)
            else:
                words.append(pad_word)
        return words

    async def testbench(ctx: SimulatorContext) -> None:
        nonlocal overruns
        path = ReadPath(memory, banks=p.banks, word_bits=word_bits, address_bits=p.address_bits)

        async def tick() -> None:
            enable, address = ctx.get(dut.read_enable), ctx.get(dut.read_address)
            assert enable == ctx.get(dut.advance)
            await ctx.tick()
            for j, word in enumerate(path.tick(enable, address)):
                ctx.set(dut.read_data[j].as_value(), word)

        for window in windows:
            nest = window_nest(p, **window)
            size = window["size"]
            row.set(
                ctx,
                nest.job(address_range, input_height=size[0], input_width=size[1], pad_value=PAD),
            )
            ctx.set(dut.start, 1)
            ctx.set(dut.advance, 1)
            await tick()
            ctx.set(dut.start, 0)
            chunks = nest.chunks()
            reach_beyond = sum(None in expected(nest, size, chunk) for chunk in chunks)
            overruns_before = overruns
            taken = cycles = 0
            while taken < len(chunks):
                ctx.set(dut.advance, seed is None or generator.random() < 0.6)
                overruns += ctx.get(dut.overrun)
                cycles += 1
                if ctx.get(dut.valid):
                    chunk = chunks[taken]
                    found = [ctx.get(dut.words[j].as_value()) for j in range(p.banks)]
                    wanted = expected(nest, size, chunk)
                    assert found == [
                        f if w is None else w for f, w in zip(found, wanted, strict=True)
                    ]
                    assert (ctx.get(dut.chunk), ctx.get(dut.row)) == (chunk.chunk, chunk.row)
                    assert ctx.get(dut.segment_end) == chunk.segment_end
                    assert ctx.get(dut.tags) == dut.tags.shape().const(chunk.tags)
                    taken += ctx.get(dut.advance)
                await tick()
            for _ in range(4):
                assert not ctx.get(dut.valid)
                assert not ctx.get(dut.overrun)
                await tick()
            assert overruns - overruns_before == reach_beyond
            if seed is None:
                # Cycle 1 is the one after ``start``; nothing stalled from then on.
                assert cycles == LATENCY - 1 + len(chunks)

    simulate(dut, testbench)
    return overruns


WINDOWS: list[dict[str, Any]] = [
    {"size": (5, 8), "kernel": (3, 3), "padding": (1, 1, 1, 1)},
    {"size": (4, 4), "kernel": (3, 2), "stride": (2, 2), "channel_tiles": 2, "base": 50},
    {"size": (4, 5), "kernel": (2, 2), "dilation": (2, 3), "padding": (2, 3, 0, 0), "blocks": 2},
    {"size": (1, 1), "kernel": (1, 1)},
    {"size": (1, 1), "kernel": (3, 3), "padding": (2, 2, 2, 2), "base": 99},
]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"banks": 1},
        {"banks": 2, "tile_rows": 1},
        {"banks": 8, "activation_depth": 104, "channel_lanes": 1, "requant_lanes": 1},
    ],
)
@pytest.mark.parametrize("seed", [None, 1])
def test_padding(changes: dict[str, Any], seed: int | None) -> None:
    p = parameters(**{"input_channels": (1,), **changes})
    assert run(p, WINDOWS, seed=seed) == 0


def test_channel_tiles_read_their_own_planes() -> None:
    window = {"size": (3, 3), "kernel": (2, 2), "channel_tiles": 2, "depthwise": True, "base": 7}
    assert run(parameters(), [window]) == 0


@pytest.mark.parametrize(
    ("base", "overruns"),
    [
        # The padding above the map begins below address 0; the last row ends with the memory.
        (0, False),
        (60, False),
        (61, True),
        (99, True),
        (100, True),
        # Addresses wrap, so that the map lies partly in the memory again.
        (250, True),
    ],
)
@pytest.mark.parametrize("seed", [None, 3])
def test_overrun(base: int, overruns: bool, seed: int | None) -> None:
    window = {"size": (5, 8), "kernel": (3, 3), "padding": (1, 1, 1, 1), "base": base}
    assert (run(parameters(), [window], seed=seed) > 0) == overruns


def test_overrun_at_the_end_of_a_job() -> None:
    """What is left in the pipeline behind the last chunk is no word that is read."""
    assert run(parameters(), [{"size": (2, 3), "kernel": (1, 1), "base": 99}] * 2) > 0
