# amaranth: UnusedElaboratable=no
"""The activation memory against a flat list: every alignment, held stages, masked writes."""

import random

import pytest
from amaranth.sim import SimulatorContext

from isomac_hw.activation_memory import ActivationMemory
from tests.hw.bench import simulate

WORD_BITS = 6


class Twin:
    """A flat list of words behind the two stages of the read path; None is a word not known."""

    def __init__(self, depth: int, banks: int):
        self.words: list[int | None] = [0] * depth
        self.banks = banks
        self.stages: list[list[int | None]] = [[None] * banks] * ActivationMemory.READ_LATENCY

    def tick(self, address: int | None, row: int, written: dict[int, int]) -> None:
        """One cycle: read at ``address`` unless held, and write words of ``row`` by bank."""
        if address is not None:
            found: list[int | None] = []
            for place in range(address, address + self.banks):
                known = place < len(self.words) and not (
                    place // self.banks == row and place % self.banks in written
                )
                found.append(self.words[place] if known else None)
            self.stages = [found, *self.stages[:-1]]
        for bank, word in written.items():
            self.words[row * self.banks + bank] = word


def check(ctx: SimulatorContext, dut: ActivationMemory, twin: Twin) -> int:
    """Compare the words that are known; returns how many."""
    words = [ctx.get(dut.read_data[j]) for j in range(twin.banks)]
    expected = twin.stages[-1]
    assert words == [w if e is None else e for w, e in zip(words, expected, strict=True)]
    return sum(e is not None for e in expected)


@pytest.mark.parametrize(
    ("banks", "rows"), [(1, 5), (1, 1), (2, 1), (2, 4), (4, 3), (8, 1), (8, 3)]
)
def test_every_alignment(banks: int, rows: int) -> None:
    depth = banks * rows
    dut = ActivationMemory(word_bits=WORD_BITS, depth=depth, banks=banks, address_bits=6)
    generator = random.Random(depth)

    async def testbench(ctx: SimulatorContext) -> None:
        twin = Twin(depth, banks)
        every_bank = (1 << banks) - 1
        for row in range(rows):
            words = {bank: generator.getrandbits(WORD_BITS) for bank in range(banks)}
            ctx.set(dut.write_mask, every_bank)
            # Any address of the row names it.
            ctx.set(dut.write_address, row * banks + generator.randrange(banks))
            for bank, word in words.items():
                ctx.set(dut.write_data[bank], word)
            await ctx.tick()
            twin.tick(None, row, words)
        ctx.set(dut.write_mask, 0)
        ctx.set(dut.read_enable, 1)
        checked = 0
        for address in [*range(depth), 0]:
            ctx.set(dut.read_address, address)
            await ctx.tick()
            twin.tick(address, 0, {})
            checked += check(ctx, dut, twin)
        # All words that begin at some address, less those of the last one beyond the depth.
        assert checked == depth * banks - banks * (banks - 1) // 2

    simulate(dut, testbench)


@pytest.mark.parametrize("banks", [1, 2, 4, 8])
def test_holds_and_writes(banks: int) -> None:
    rows = 3
    depth = rows * banks
    dut = ActivationMemory(word_bits=WORD_BITS, depth=depth, banks=banks, address_bits=7)
    generator = random.Random(banks)

    async def testbench(ctx: SimulatorContext) -> None:
        twin = Twin(depth, banks)
        checked = 0
        for _ in range(400):
            address = generator.randrange(depth) if generator.random() < 0.6 else None
            mask = generator.getrandbits(banks) & generator.getrandbits(banks)
            row = generator.randrange(rows)
            written = {
                bank: generator.getrandbits(WORD_BITS) for bank in range(banks) if mask >> bank & 1
            }
            ctx.set(dut.read_enable, address is not None)
            ctx.set(dut.read_address, generator.randrange(depth) if address is None else address)
            ctx.set(dut.write_mask, mask)
            ctx.set(dut.write_address, row * banks + generator.randrange(banks))
            for bank in range(banks):
                ctx.set(dut.write_data[bank], written.get(bank, generator.getrandbits(WORD_BITS)))
            await ctx.tick()
            twin.tick(address, row, written)
            checked += check(ctx, dut, twin)
        assert checked > 200 * banks // 2

    simulate(dut, testbench)


def test_a_word_written_is_read_in_the_next_cycle() -> None:
    dut = ActivationMemory(word_bits=WORD_BITS, depth=8, banks=4, address_bits=4)

    async def testbench(ctx: SimulatorContext) -> None:
        ctx.set(dut.write_mask, 0b1000)
        ctx.set(dut.write_address, 4)
        ctx.set(dut.write_data[3], 45)
        await ctx.tick()
        ctx.set(dut.write_mask, 0)
        ctx.set(dut.read_enable, 1)
        ctx.set(dut.read_address, 7)
        await ctx.tick().repeat(ActivationMemory.READ_LATENCY)
        assert ctx.get(dut.read_data[0]) == 45

    simulate(dut, testbench)


@pytest.mark.parametrize("depth", [8, 12])
def test_words_before_address_zero_are_followed_by_word_zero(depth: int) -> None:
    """A chunk may begin in the padding above a map that lies at the start of the memory."""
    dut = ActivationMemory(word_bits=WORD_BITS, depth=depth, banks=4, address_bits=5)

    async def testbench(ctx: SimulatorContext) -> None:
        ctx.set(dut.write_mask, 0b1111)
        for j in range(4):
            ctx.set(dut.write_data[j], 20 + j)
        await ctx.tick()
        ctx.set(dut.write_mask, 0)
        ctx.set(dut.read_enable, 1)
        for below in (1, 2, 3):
            ctx.set(dut.read_address, 32 - below)
            await ctx.tick().repeat(ActivationMemory.READ_LATENCY)
            words = [ctx.get(dut.read_data[j]) for j in range(below, 4)]
            assert words == list(range(20, 24 - below))

    simulate(dut, testbench)


def test_depth_is_a_multiple_of_the_banks() -> None:
    with pytest.raises(ValueError, match=r"^Depth must be a multiple of the 4 banks, not 6$"):
        ActivationMemory(word_bits=8, depth=6, banks=4, address_bits=3)
