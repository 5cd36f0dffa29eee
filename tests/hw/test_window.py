"""The window: segments go in chunk by chunk and are seen, shifted, by the pixel lanes."""

import random
from dataclasses import dataclass
from typing import Any

import pytest
from amaranth.sim import SimulatorContext

from isomac_hw.parameters import AcceleratorParameters
from isomac_hw.segment import SEGMENT_TAGS
from isomac_hw.window import Window
from tests.hw.bench import parameters, simulate


@dataclass(frozen=True)
class Segment:
    """Rows of words, of which a job uses the first ``taps`` kernel columns of a stride."""

    rows: list[list[int]]
    taps: int
    stride: int
    tags: int


class Bench:
    """Feeds segments on one side and uses them up on the other, as eagerly as is asked for.

    ``feed`` and ``use`` are the probabilities with which a chunk is offered and a step is made.
    """

    def __init__(self, p: AcceleratorParameters, *, seed: int, feed: float = 1, use: float = 1):
        self.p, self.feed, self.use = p, feed, use
        self.random = random.Random(seed)
        self.dut = Window(p)
        self.word_bits = 8 * p.channel_lanes

    def segment(self, *, taps: int | None = None) -> Segment:
        """A random segment; without ``taps`` of any length."""
        p = self.p
        stride = self.random.randrange(len(p.strides))
        reach = (p.tile_columns - 1) * p.strides[stride]
        taps = taps or self.random.randint(1, p.window_columns - reach)
        rows = [
            [self.random.getrandbits(self.word_bits) for _ in range(reach + taps)]
            for _ in range(p.tile_rows)
        ]
        return Segment(rows, taps, stride, self.random.getrandbits(SEGMENT_TAGS.size))

    def chunks(self, segment: Segment) -> list[dict[str, Any]]:
        """What the loader offers for a segment; words behind its end are noise."""
        p = self.p
        count = -(-len(segment.rows[0]) // p.banks)
        out = []
        for row, words in enumerate(segment.rows):
            noise = [self.random.getrandbits(self.word_bits) for _ in range(p.banks)]
            padded = words + noise
            for chunk in range(count):
                end = chunk == count - 1 and row == p.tile_rows - 1
                out.append(
                    {
                        "words": padded[chunk * p.banks : (chunk + 1) * p.banks],
                        "chunk": chunk,
                        "row": row,
                        "segment_end": end,
                        "tags": segment.tags if end else self.random.getrandbits(SEGMENT_TAGS.size),
                    }
                )
        return out

    def run(self, segments: list[Segment]) -> int:
        """Returns the number of cycles until the last segment is used up."""
        cycles = 0

        async def testbench(ctx: SimulatorContext) -> None:
            nonlocal cycles
            dut = self.dut
            queue = [chunk for segment in segments for chunk in self.chunks(segment)]
            strides = len(self.p.strides)
            complete = 0  # segments that the load half has completed
            using: Segment | None = None
            shifts = swapped = 0
            # What the lanes must show, a cycle later.
            due: tuple[Segment, int] | None = None
            waiting: dict[str, Any] | None = None
            while swapped < len(segments) or using is not None or due is not None:
                offers = bool(queue) and self.random.random() < self.feed
                self.offer(ctx, queue[0] if offers else None)
                full = complete > swapped
                assert ctx.get(dut.full) == full
                if full:
                    tags = ctx.get(dut.full_tags)
                    assert tags.as_bits() == segments[swapped].tags
                # The job may be another one in the cycle after the last step.
                ctx.set(dut.stride, using.stride if using else self.random.randrange(strides))
                if due is not None:
                    self.check_lanes(ctx, *due)
                due = (using, shifts) if using is not None else None
                step = self.random.random() < self.use
                used_up = using is None or (step and shifts == using.taps - 1)
                swap = full and used_up
                shift = using is not None and step
                ctx.set(dut.swap, swap)
                # The last step of a segment may shift, whether or not another one follows.
                ctx.set(dut.shift, shift)
                # One chunk may wait inside for room; while it does the loader stands still.
                assert ctx.get(dut.advance) == (waiting is None)
                await ctx.tick()
                cycles += 1
                if waiting is None and offers:
                    waiting = queue.pop(0)
                if waiting is not None and (not full or swap):
                    complete += waiting["segment_end"]
                    waiting = None
                if swap:
                    using, shifts, swapped = segments[swapped], 0, swapped + 1
                elif used_up:
                    using = None
                elif shift:
                    shifts += 1

        simulate(self.dut, testbench)
        return cycles

    def offer(self, ctx: SimulatorContext, chunk: dict[str, Any] | None) -> None:
        dut = self.dut
        ctx.set(dut.valid, chunk is not None)
        if chunk is None:
            # Whatever is not valid does not count.
            chunk = {
                "words": [self.random.getrandbits(self.word_bits) for _ in range(self.p.banks)],
                "chunk": self.random.getrandbits(len(dut.chunk)),
                "row": self.random.getrandbits(len(dut.row)),
                "segment_end": self.random.randrange(2),
                "tags": self.random.getrandbits(SEGMENT_TAGS.size),
            }
        for j, word in enumerate(chunk["words"]):
            ctx.set(dut.words[j].as_value(), word)
        for name in ("chunk", "row", "segment_end"):
            ctx.set(getattr(dut, name), chunk[name])
        ctx.set(dut.tags.as_value(), chunk["tags"])

    def check_lanes(self, ctx: SimulatorContext, segment: Segment, shifts: int) -> None:
        p = self.p
        for row, words in enumerate(segment.rows):
            for column in range(p.tile_columns):
                lane = self.dut.lanes[row * p.tile_columns + column].as_value()
                assert ctx.get(lane) == words[column * p.strides[segment.stride] + shifts]


SIZES = [
    {},
    {"banks": 1},
    {"banks": 16, "activation_depth": 96},
    {"tile_rows": 1, "tile_columns": 1, "window_columns": 1},
    {"tile_columns": 1, "window_columns": 3, "banks": 2, "strides": (1,)},
    {"tile_rows": 3, "tile_columns": 2, "strides": (1, 2, 3), "window_columns": 7},
]


@pytest.mark.parametrize("changes", SIZES)
@pytest.mark.parametrize(("feed", "use"), [(1, 1), (0.4, 1), (1, 0.4), (0.5, 0.5)])
def test_segments(changes: dict[str, Any], feed: float, use: float) -> None:
    bench = Bench(parameters(**changes), seed=1, feed=feed, use=use)
    bench.run([bench.segment() for _ in range(12)])


@pytest.mark.parametrize(
    ("changes", "taps", "chunks"),
    [
        # A segment of one chunk that is used for one step: a swap in every cycle.
        ({"tile_rows": 1, "tile_columns": 1, "window_columns": 1, "strides": (1,)}, 1, 1),
        ({"tile_rows": 1, "tile_columns": 2, "window_columns": 4, "strides": (1,)}, 3, 1),
        ({"tile_rows": 2, "tile_columns": 1, "window_columns": 5, "strides": (1,)}, 5, 4),
        ({"tile_rows": 3, "tile_columns": 1, "window_columns": 2, "strides": (1,)}, 2, 3),
    ],
)
def test_back_to_back(changes: dict[str, Any], taps: int, chunks: int) -> None:
    """Loading one segment and using the one before take place in the same cycles."""
    bench = Bench(parameters(**changes), seed=2)
    count = 10
    cycles = bench.run([bench.segment(taps=taps) for _ in range(count)])
    # Load the first one, swap it in, use the last one, and see its last words.
    assert cycles == chunks + 1 + (count - 1) * max(chunks, taps) + taps + 1
