"""The input unit: launched jobs, and the next input that arrives ahead of its job."""

import random
from dataclasses import dataclass, field

import pytest
from amaranth.sim import SimulatorContext

from isomac_hw.input_store import Packing
from isomac_hw.input_unit import InputUnit
from isomac_hw.job import Job, Kind
from tests.hw.bench import JobRow, simulate

LANES, BANKS = 4, 2
PACKINGS = [Packing(LANES, BANKS, 1), Packing(LANES, BANKS, 3)]
PIXELS, BASE, PACKING = 7, 20, 1
WORDS = PACKINGS[PACKING].stream_words(PIXELS)
JOB = Job(
    kind=Kind.INPUT, words=PIXELS - 1, stream_words=WORDS - 1, packing=PACKING, output_base=BASE
)


@dataclass
class Bench:
    """The unit, with a stream that offers bytes without end and a memory that notes what comes."""

    overlap: bool
    seed: int = 1
    taken: bytes = b""
    written: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.row = JobRow()
        self.dut = InputUnit(
            packings=PACKINGS, address_bits=8, job=self.row.view, overlap=self.overlap
        )

    async def tick(
        self,
        ctx: SimulatorContext,
        *,
        launch: bool = False,
        prefetch: bool = False,
        offer: float = 1,
    ) -> tuple[bool, bool, bool]:
        """One cycle; returns whether a word was taken, `accepted` and `done`."""
        dut = self.dut
        if launch:
            self.row.set(ctx, JOB)
        word = self.random.randbytes(LANES)
        valid = self.random.random() < offer
        ctx.set(dut.launch, launch)
        ctx.set(dut.prefetch, prefetch)
        ctx.set(dut.i.valid, valid)
        ctx.set(dut.i.payload, int.from_bytes(word, "little"))
        granted = self.random.random() < 0.7
        ctx.set(dut.grant, granted)
        takes = bool(valid and ctx.get(dut.i.ready))
        if takes:
            self.taken += word
        mask, address = ctx.get(dut.write_mask), ctx.get(dut.write_address)
        assert granted or not mask
        for bank in range(BANKS):
            if mask >> bank & 1:
                place = address // BANKS * BANKS + bank
                assert place not in self.written
                self.written[place] = ctx.get(dut.write_data[bank])
        found = takes, bool(ctx.get(dut.accepted)), bool(ctx.get(dut.done))
        await ctx.tick()
        return found

    async def until_done(self, ctx: SimulatorContext) -> int:
        """Wait for the launched job; returns the cycles from the one after the launch to `done`."""
        for cycle in range(100):
            takes, accepted, done = await self.tick(ctx, offer=0.7)
            assert accepted == (takes or done)
            if done:
                self.check_arrived()
                return cycle
        raise AssertionError("the input job did not end")

    def check_arrived(self) -> None:
        """Everything of one input is in memory, and nothing of the next was taken."""
        pixel = PACKINGS[PACKING].channels
        assert len(self.taken) == WORDS * LANES
        assert self.written == {
            BASE + index: int.from_bytes(self.taken[index * pixel : (index + 1) * pixel], "little")
            for index in range(PIXELS)
        }
        self.taken, self.written = b"", {}

    def show_another_job(self, ctx: SimulatorContext) -> None:
        """What the job's row holds while others run."""
        ctx.set(self.row.signal, self.random.getrandbits(len(self.row.signal)))

    async def idle(self, ctx: SimulatorContext, cycles: int) -> int:
        """Cycles without a launched job; returns the words taken."""
        words = 0
        for _ in range(cycles):
            takes, accepted, done = await self.tick(ctx)
            assert not accepted
            assert not done
            words += takes
        return words


@pytest.mark.parametrize("overlap", [False, True])
def test_launched_jobs(overlap: bool) -> None:
    bench = Bench(overlap)

    async def testbench(ctx: SimulatorContext) -> None:
        assert await bench.idle(ctx, 3) == 0
        for _ in range(3):
            assert await bench.tick(ctx, launch=True) == (False, False, False)
            assert await bench.until_done(ctx) > 0
            assert await bench.idle(ctx, 3) == 0

    simulate(bench.dut, testbench)


def test_without_overlap_nothing_arrives_ahead() -> None:
    bench = Bench(overlap=False)

    async def testbench(ctx: SimulatorContext) -> None:
        await bench.tick(ctx, launch=True)
        await bench.until_done(ctx)
        await bench.tick(ctx, prefetch=True)
        assert await bench.idle(ctx, 5) == 0

    simulate(bench.dut, testbench)


#: Cycles between the start ahead and the launch, after which all of the input is there.
LONG = 40


@pytest.mark.parametrize(
    "waits", [[0, 0, 0], [1, 4, 1], [LONG, LONG, LONG], [LONG, 0, LONG, 4, LONG, 1]]
)
def test_the_next_input_arrives_ahead(waits: list[int]) -> None:
    bench = Bench(overlap=True)

    async def testbench(ctx: SimulatorContext) -> None:
        await bench.tick(ctx, launch=True)
        await bench.until_done(ctx)
        for wait in waits:
            bench.show_another_job(ctx)
            await bench.idle(ctx, 2)
            await bench.tick(ctx, prefetch=True)
            words = await bench.idle(ctx, wait)
            assert (words > 0) == (wait > 0)
            if wait == LONG:
                assert words == WORDS
            _, accepted, done = await bench.tick(ctx, launch=True)
            assert not accepted
            assert not done
            waited = await bench.until_done(ctx)
            # The launch of an input that has arrived takes one cycle.
            assert (waited == 0) == (wait == LONG)
        # Without another start ahead nothing comes.
        assert await bench.idle(ctx, 5) == 0

    simulate(bench.dut, testbench)


@pytest.mark.parametrize("cycles", [0, 2, LONG])
def test_only_one_input_arrives_ahead(cycles: int) -> None:
    """A second start ahead, while the first is under way or waits for its launch, does nothing."""
    bench = Bench(overlap=True)

    async def testbench(ctx: SimulatorContext) -> None:
        await bench.tick(ctx, launch=True)
        await bench.until_done(ctx)
        await bench.tick(ctx, prefetch=True)
        await bench.idle(ctx, cycles)
        await bench.tick(ctx, prefetch=True)
        await bench.idle(ctx, LONG)
        await bench.tick(ctx, launch=True)
        await bench.until_done(ctx)
        assert await bench.idle(ctx, 5) == 0

    simulate(bench.dut, testbench)
