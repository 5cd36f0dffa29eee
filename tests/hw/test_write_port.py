"""The write port: words and rows reach the memory a cycle later, or not at all."""

import random

import pytest
from amaranth.sim import SimulatorContext

from isomac_hw.write_port import WritePort
from tests.hw.bench import simulate

WORD_BITS, ADDRESS_BITS = 16, 6


@pytest.mark.parametrize(("banks", "depth"), [(1, 21), (2, 20), (8, 24), (8, 64)])
def test_words_and_rows(banks: int, depth: int) -> None:
    """Against a list of what each cycle asks for; about half of it lies beyond the memory."""
    dut = WritePort(word_bits=WORD_BITS, banks=banks, depth=depth, address_bits=ADDRESS_BITS)
    generator = random.Random(banks)
    seen = {"word": 0, "row": 0, "overrun": 0, "disabled": 0}

    async def testbench(ctx: SimulatorContext) -> None:
        # Of the cycle before: bank -> word, the row, and whether it was a single word.
        due: tuple[dict[int, int], int, bool] = ({}, 0, False)
        for _ in range(2000):
            words, row, single = due
            mask = ctx.get(dut.write_mask)
            assert mask == sum(1 << bank for bank in words)
            assert ctx.get(dut.word_written) == single
            if words:
                assert ctx.get(dut.write_address) // banks == row
            for bank, word in words.items():
                assert ctx.get(dut.write_data[bank]) == word
            if single:
                # For whoever looks on: the whole address, and the word at every place.
                assert {ctx.get(dut.write_data[bank]) for bank in range(banks)} == set(
                    words.values()
                )
                assert ctx.get(dut.write_address) % banks in words

            valid = generator.random() < 0.4
            enable = generator.random() < 0.8
            word_address, row_address = (generator.randrange(1 << ADDRESS_BITS) for _ in range(2))
            word = generator.getrandbits(WORD_BITS)
            row_words = [generator.getrandbits(WORD_BITS) for _ in range(banks)]
            row_mask = generator.choice([0, generator.getrandbits(banks)])
            for port, value in (
                (dut.word_valid, valid),
                (dut.word_address, word_address),
                (dut.word_data, word),
                (dut.row_mask, row_mask),
                (dut.row_address, row_address),
                (dut.enable, enable),
            ):
                ctx.set(port, value)
            for bank, value in enumerate(row_words):
                ctx.set(dut.row_data[bank], value)
            if valid:
                address, words = word_address, {word_address % banks: word}
            else:
                address = row_address
                words = {b: row_words[b] for b in range(banks) if row_mask >> b & 1}
            overrun = bool(words) and address >= depth
            assert ctx.get(dut.overrun) == overrun
            written = {} if overrun or not enable else words
            due = (written, address // banks, valid and bool(written))
            seen["word"] += valid and bool(written)
            seen["row"] += not valid and bool(written)
            seen["overrun"] += overrun
            seen["disabled"] += bool(words) and not enable
            await ctx.tick()

    simulate(dut, testbench)
    if depth == 1 << ADDRESS_BITS:
        assert not seen.pop("overrun")
    assert min(seen.values()) > 50, seen
