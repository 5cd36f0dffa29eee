# amaranth: UnusedElaboratable=no
"""The input job: a dense stream of bytes becomes words of the memory."""

import random
from dataclasses import dataclass

import pytest
from amaranth.sim import SimulatorContext

from isomac_hw.input_store import InputStore, Packing
from tests.hw.bench import simulate

ADDRESS_BITS = 9


@dataclass(frozen=True)
class Plane:
    """A job: so many pixels with the channels of a packing."""

    packing: int
    pixels: int
    base: int


class Bench:
    """The store between a stream that may pause and a memory in which every word is noted."""

    def __init__(self, lanes: int, banks: int, channels: list[int], *, seed: int):
        self.packings = [Packing(lanes, banks, count) for count in channels]
        self.lanes, self.banks = lanes, banks
        self.random = random.Random(seed)
        self.dut = InputStore(packings=self.packings, address_bits=ADDRESS_BITS, count_bits=10)

    def run(self, planes: list[Plane], *, offer: float = 1, grant: float = 1) -> None:
        """Run the jobs; a stream word and the write port are there with these probabilities."""

        async def testbench(ctx: SimulatorContext) -> None:
            ctx.set(self.dut.i.valid, 1)
            assert not ctx.get(self.dut.i.ready)
            for plane in planes:
                await self.run_plane(ctx, plane, offer, grant)

        simulate(self.dut, testbench)

    def start(self, ctx: SimulatorContext, plane: Plane, stream_words: int) -> None:
        dut = self.dut
        ctx.set(dut.start, 1)
        ctx.set(dut.base, plane.base)
        ctx.set(dut.words, plane.pixels - 1)
        ctx.set(dut.stream_words, stream_words - 1)
        ctx.set(dut.packing, plane.packing)

    async def run_plane(
        self, ctx: SimulatorContext, plane: Plane, offer: float, grant: float
    ) -> None:
        dut, packing = self.dut, self.packings[plane.packing]
        pixels = [self.random.randbytes(packing.channels) for _ in range(plane.pixels)]
        stream = b"".join(pixels)
        stream += self.random.randbytes(-len(stream) % self.lanes)
        words = [stream[i : i + self.lanes] for i in range(0, len(stream), self.lanes)]
        assert packing.stream_words(plane.pixels) == len(words)
        expected = {
            (plane.base + index) % (1 << ADDRESS_BITS): int.from_bytes(pixel, "little")
            for index, pixel in enumerate(pixels)
        }

        self.start(ctx, plane, len(words))
        ctx.set(dut.i.valid, 0)
        await ctx.tick()
        ctx.set(dut.start, 0)
        # Taken over at the start; the packing stays.
        for signal in (dut.base, dut.words, dut.stream_words):
            ctx.set(signal, self.random.getrandbits(len(signal)))

        found: dict[int, int] = {}
        accepted = cycles = 0
        finished = False
        while not finished:
            # More words than the job has are on offer, but only its own may be taken.
            valid = self.random.random() < offer
            word = words[accepted] if accepted < len(words) else self.random.randbytes(self.lanes)
            granted = self.random.random() < grant
            ctx.set(dut.i.valid, valid)
            ctx.set(dut.grant, granted)
            ctx.set(dut.i.payload, int.from_bytes(word, "little"))
            finished = bool(ctx.get(dut.done))
            assert granted or not ctx.get(dut.write_mask)
            self.note_writes(ctx, found)
            assert finished == (len(found) == len(pixels))
            accepted += bool(valid and ctx.get(dut.i.ready))
            cycles += 1
            assert cycles < 1000
            await ctx.tick()
        assert found == expected
        assert accepted == len(words)
        if offer == grant == 1:
            # The first word is accepted in the cycle after the start.
            assert cycles == packing.cycles(plane.pixels)
        ctx.set(dut.i.valid, 1)
        for _ in range(2):
            assert not any(ctx.get(s) for s in (dut.i.ready, dut.write_mask, dut.done))
            await ctx.tick()

    def note_writes(self, ctx: SimulatorContext, found: dict[int, int]) -> None:
        mask = ctx.get(self.dut.write_mask)
        row = ctx.get(self.dut.write_address) // self.banks * self.banks
        for bank in range(self.banks):
            if mask >> bank & 1:
                assert row + bank not in found
                found[row + bank] = ctx.get(self.dut.write_data[bank])


#: Lanes, banks, and the channels of the packings.
SIZES = [
    (1, 1, [1]),
    (4, 1, [1, 3, 4]),
    (4, 4, [1, 2, 3, 4]),
    (5, 2, [1, 2, 3, 5]),
    (8, 8, [1, 3, 8]),
    (16, 4, [1, 3, 10]),
]


@pytest.mark.parametrize(("lanes", "banks", "channels"), SIZES)
@pytest.mark.parametrize(("offer", "grant"), [(1, 1), (0.4, 1), (1, 0.4), (0.7, 0.5)])
def test_planes(lanes: int, banks: int, channels: list[int], offer: float, grant: float) -> None:
    bench = Bench(lanes, banks, channels, seed=lanes)
    planes = [
        Plane(packing, pixels, banks * bench.random.randrange(512 // banks))
        for packing in range(len(channels))
        for pixels in (1, banks, banks + 1, 23)
    ]
    bench.random.shuffle(planes)
    bench.run(planes, offer=offer, grant=grant)


@pytest.mark.parametrize(("lanes", "banks", "channels"), SIZES)
def test_words_are_taken_until_a_group_waits(lanes: int, banks: int, channels: list[int]) -> None:
    """Without the write port the gearbox fills up, and then the stream has to wait."""
    bench = Bench(lanes, banks, channels, seed=3)
    dut = bench.dut

    async def testbench(ctx: SimulatorContext) -> None:
        for index, packing in enumerate(bench.packings):
            pixels = 4 * lanes * banks
            bench.start(ctx, Plane(index, pixels, 0), packing.stream_words(pixels))
            ctx.set(dut.grant, 0)
            await ctx.tick()
            ctx.set(dut.start, 0)
            ctx.set(dut.i.valid, 1)
            level = 0
            while level <= packing.group_bytes:
                assert ctx.get(dut.i.ready)
                level += lanes
                await ctx.tick()
            assert level <= packing.capacity
            for _ in range(3):
                assert not ctx.get(dut.i.ready)
                assert not ctx.get(dut.write_mask)
                await ctx.tick()
            # With the port the job goes on where it was; a start would do so from the beginning.
            ctx.set(dut.grant, 1)
            assert ctx.get(dut.write_mask)

    simulate(dut, testbench)


def test_addresses_wrap() -> None:
    """What lies beyond the memory is the core's to notice."""
    Bench(4, 4, [2], seed=1).run([Plane(0, 11, (1 << ADDRESS_BITS) - 4)])


@pytest.mark.parametrize("pixels", [1, 9])
@pytest.mark.parametrize("stream_words", [1, 2, 20])
@pytest.mark.parametrize("packing", [0, 1, 2, 3])
@pytest.mark.parametrize("offset", [0, 1])
def test_a_job_that_contradicts_itself_ends(
    pixels: int, stream_words: int, packing: int, offset: int
) -> None:
    """Numbers of words that do not fit together, a packing that there is not, an odd address."""
    bench = Bench(4, 2, [1, 3, 4], seed=2)
    dut = bench.dut

    async def testbench(ctx: SimulatorContext) -> None:
        bench.start(ctx, Plane(packing, pixels, 10 + offset), stream_words)
        await ctx.tick()
        ctx.set(dut.start, 0)
        ctx.set(dut.i.valid, 1)
        ctx.set(dut.grant, 1)
        found: dict[int, int] = {}
        for _ in range(60):
            bench.note_writes(ctx, found)
            if ctx.get(dut.done):
                break
            await ctx.tick()
        else:
            raise AssertionError("the job did not end")
        assert set(found) <= set(range(10, 10 + offset + pixels))
        await ctx.tick()
        assert not ctx.get(dut.i.ready)

    simulate(dut, testbench)


@pytest.mark.parametrize(
    ("lanes", "banks", "channels", "group"),
    [(4, 4, 4, 1), (4, 4, 3, 2), (4, 4, 1, 4), (4, 2, 1, 2), (16, 8, 3, 8), (16, 1, 3, 1)],
)
def test_groups(lanes: int, banks: int, channels: int, group: int) -> None:
    packing = Packing(lanes, banks, channels)
    assert packing.group == group
    assert packing.group_bytes == group * channels


@pytest.mark.parametrize("channels", [0, 5])
def test_channels_are_checked(channels: int) -> None:
    with pytest.raises(ValueError, match=rf"^Packed channels must be in 1\.\.4, not {channels}$"):
        Packing(4, 1, channels)
