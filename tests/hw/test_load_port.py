"""The load port against dictionaries of rows."""

import random
from dataclasses import dataclass, field

import pytest
from amaranth.sim import SimulatorContext

from isomac_hw.load_port import LOAD_BITS, LoadPort, LoadTarget
from tests.hw.bench import simulate

TARGETS = [
    LoadTarget("one bit", 1, 5),
    LoadTarget("one word", 32, 3),
    LoadTarget("three words", 70, 4),
    LoadTarget("one row", 33, 1),
    LoadTarget("many rows", 1, 300),
]


@dataclass
class Packet:
    """Rows for a target, and what the port does with them."""

    target: int
    rows: list[int]
    count: int | None = None
    error: bool = False
    writes: dict[int, int] = field(init=False)

    def __post_init__(self) -> None:
        self.writes = {} if self.error else dict(enumerate(self.rows))

    def words(self) -> list[int]:
        if self.target >= len(TARGETS):
            return [self.target]
        out = [self.target, len(self.rows) if self.count is None else self.count]
        if not self.error:
            for row in self.rows:
                out += [
                    row >> LOAD_BITS * piece & (1 << LOAD_BITS) - 1
                    for piece in range(TARGETS[self.target].pieces)
                ]
        return out


def run(packets: list[Packet], *, seed: int = 1, offer: float = 1, enable: float = 1) -> None:
    """Send the packets; a word is offered and taken with these probabilities."""
    dut = LoadPort(TARGETS)
    generator = random.Random(seed)

    async def testbench(ctx: SimulatorContext) -> None:
        for packet in packets:
            words = packet.words()
            found: list[tuple[int, int, int]] = []
            error_after: list[int] = []
            sent = 0
            # A write comes in the cycle after its last word.
            extra = 2
            while sent < len(words) or extra:
                extra -= sent == len(words)
                valid = sent < len(words) and generator.random() < offer
                ctx.set(dut.i.valid, valid)
                ctx.set(dut.i.payload, words[sent] if valid else generator.getrandbits(32))
                enabled = generator.random() < enable
                ctx.set(dut.enable, enabled)
                assert ctx.get(dut.i.ready) == enabled
                mask = ctx.get(dut.write_enable)
                if mask:
                    target = mask.bit_length() - 1
                    assert mask == 1 << target
                    width = TARGETS[target].width
                    data = ctx.get(dut.write_data) & (1 << width) - 1
                    found.append((target, ctx.get(dut.write_address), data))
                if ctx.get(dut.error):
                    error_after.append(sent)
                await ctx.tick()
                sent += valid and enabled
            assert found == [(packet.target, row, data) for row, data in packet.writes.items()]
            # In the cycle of the word that is wrong, the last one of its packet.
            assert error_after == ([len(words) - 1] if packet.error else [])

    simulate(dut, testbench)


def packet(generator: random.Random, target: int, rows: int) -> Packet:
    width = TARGETS[target].width
    return Packet(target, [generator.getrandbits(width) for _ in range(rows)])


@pytest.mark.parametrize(("offer", "enable"), [(1, 1), (0.5, 1), (1, 0.5), (0.6, 0.6)])
def test_packets(offer: float, enable: float) -> None:
    generator = random.Random(1)
    packets = [
        packet(generator, target, rows)
        for target, memory in enumerate(TARGETS)
        for rows in sorted({0, 1, memory.depth})
    ]
    generator.shuffle(packets)
    run(packets, offer=offer, enable=enable)


@pytest.mark.parametrize("target", [5, 6, 7, 8, 256, (1 << 32) - 1])
def test_a_target_that_there_is_not(target: int) -> None:
    generator = random.Random(2)
    run([packet(generator, 2, 2), Packet(target, [], error=True), packet(generator, 1, 2)])


@pytest.mark.parametrize(
    ("target", "count"),
    [(0, 6), (1, 4), (2, 5), (3, 2), (0, 256), (1, 1 << 31), (2, (1 << 32) - 1)],
)
def test_more_rows_than_there_are(target: int, count: int) -> None:
    generator = random.Random(3)
    run(
        [
            packet(generator, 0, 1),
            Packet(target, [], count=count, error=True),
            packet(generator, 2, 4),
        ]
    )


@pytest.mark.parametrize(("width", "pieces"), [(1, 1), (32, 1), (33, 2), (64, 2), (65, 3)])
def test_pieces(width: int, pieces: int) -> None:
    assert LoadTarget("rows", width, 1).pieces == pieces
