"""AXI4-Lite, channel by channel: any order, any stall, both directions at once."""

import random
from dataclasses import dataclass, field
from typing import Any

import pytest
from amaranth.sim import SimulatorContext

from isomac_hw.interfaces.axi_lite import AxiLite
from tests.hw.bench import simulate

REQUESTS = {"aw": ("awaddr",), "w": ("wdata", "wstrb"), "ar": ("araddr",)}


@dataclass
class Initiator:
    """Offers requests and takes responses in an order and with pauses of its own, and checks both.

    The registers behind it refuse writes to odd numbers, and read as a function of their number.
    """

    dut: AxiLite
    seed: int
    stalls: dict[str, float]
    queues: dict[str, list[tuple[int, ...]]] = field(default_factory=dict)
    offers: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(REQUESTS, False))
    written: list[tuple[int, ...]] = field(default_factory=list)
    responses: list[int] = field(default_factory=list)
    data: list[int] = field(default_factory=list)
    cycles: int = 0

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def goes(self, channel: str) -> bool:
        return self.random.random() >= self.stalls.get(channel, 0)

    async def cycle(self, ctx: SimulatorContext) -> None:
        dut = self.dut

        def get(name: str) -> Any:
            return ctx.get(getattr(dut, name))

        for channel, names in REQUESTS.items():
            queue = self.queues.get(channel, [])
            self.offers[channel] = bool(queue) and (self.offers[channel] or self.goes(channel))
            ctx.set(getattr(dut, f"{channel}valid"), self.offers[channel])
            for name, value in zip(names, queue[0] if queue else (0, 0), strict=False):
                ctx.set(getattr(dut, name), value)
        for channel in ("b", "r"):
            ctx.set(getattr(dut, f"{channel}ready"), self.goes(channel))
        ctx.set(dut.ready, self.goes("registers"))
        ctx.set(dut.refused, get("write_index") % 2)
        ctx.set(dut.read_data, get("read_index") * 3 + 1)
        if get("write_enable"):
            assert get("ready")
            self.written.append((get("write_index"), get("write_data"), get("write_strobe")))
        taken = [c for c in REQUESTS if self.offers[c] and get(f"{c}ready")]
        held = {}
        for channel, names in {"b": ("bresp",), "r": ("rresp", "rdata")}.items():
            values = tuple(get(name) for name in names)
            if get(f"{channel}valid") and get(f"{channel}ready"):
                (self.responses if channel == "b" else self.data).append(values[-1])
            elif get(f"{channel}valid"):
                held[channel] = (names, values)
        await ctx.tick()
        for channel in taken:
            self.queues[channel].pop(0)
            self.offers[channel] = False
        for channel, (names, values) in held.items():
            assert get(f"{channel}valid"), "a response was withdrawn"
            assert tuple(get(name) for name in names) == values, "a response changed"
        self.cycles += 1
        assert self.cycles < 5000, "the bus hangs"


STALLS = [
    {},
    dict.fromkeys(("aw", "w", "ar", "b", "r", "registers"), 0.5),
    {"aw": 0.95},
    {"w": 0.95},
    {"b": 0.95, "r": 0.95},
    {"registers": 0.9},
]


@pytest.mark.parametrize("stalls", STALLS, ids=lambda stalls: "-".join(stalls) or "none")
def test_every_access_is_answered_once_and_in_order(stalls: dict[str, float]) -> None:
    source = random.Random(5)
    addresses = [source.randrange(4096) for _ in range(40)]
    reads = [source.randrange(4096) for _ in range(40)]
    data = [(source.getrandbits(32), source.randrange(16)) for _ in addresses]
    bus = Initiator(AxiLite(), 3, stalls)

    async def bench(ctx: SimulatorContext) -> None:
        bus.queues = {
            "aw": [(address,) for address in addresses],
            "w": list(data),
            "ar": [(address,) for address in reads],
        }
        while len(bus.responses) < len(addresses) or len(bus.data) < len(reads):
            await bus.cycle(ctx)
        for _ in range(5):
            await bus.cycle(ctx)

    simulate(bus.dut, bench)
    indices = [address // 4 for address in addresses]
    assert bus.written == [(index, *rest) for index, rest in zip(indices, data, strict=True)]
    assert bus.responses == [2 * (index % 2) for index in indices]
    assert bus.data == [address // 4 * 3 + 1 for address in reads]
    if not stalls:
        # A write and a read in every second cycle.
        assert bus.cycles <= 2 * len(addresses) + 10


@pytest.mark.parametrize("first", ["aw", "w"])
def test_either_half_of_a_write_may_come_first(first: str) -> None:
    bus = Initiator(AxiLite(), 1, {})
    halves: dict[str, tuple[int, ...]] = {"aw": (0x18,), "w": (7, 0xF)}
    second = {"aw": "w", "w": "aw"}[first]

    async def bench(ctx: SimulatorContext) -> None:
        bus.queues = {first: [halves[first]]}
        for _ in range(10):
            await bus.cycle(ctx)
        assert bus.queues[first] == [], "a half must not wait for the other"
        assert bus.written == bus.responses == []
        bus.queues[second] = [halves[second]]
        for _ in range(10):
            await bus.cycle(ctx)
        assert bus.written == [(6, 7, 0xF)]
        assert bus.responses == [0]

    simulate(bus.dut, bench)


def test_reads_go_on_while_a_write_waits() -> None:
    """A response that nobody takes holds up its own direction alone."""
    stalls = {"b": 1.0}
    bus = Initiator(AxiLite(), 1, stalls)

    async def bench(ctx: SimulatorContext) -> None:
        bus.queues = {"aw": [(0,)] * 4, "w": [(1, 15)] * 4, "ar": [(8,)] * 4}
        for _ in range(20):
            await bus.cycle(ctx)
        assert bus.data == [7] * 4
        # The first is done and waits for its response to be taken; no other is.
        assert len(bus.written) == 1
        stalls["b"] = 0
        for _ in range(20):
            await bus.cycle(ctx)
        assert len(bus.written) == len(bus.responses) == 4

    simulate(bus.dut, bench)
