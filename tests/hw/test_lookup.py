"""Tables behind the requantizers."""

import random

import pytest
from amaranth.sim import SimulatorContext

from isomac_hw.lookup import ENTRIES, Lookup
from tests.hw.bench import simulate


def tables(count: int) -> list[int]:
    generator = random.Random(count)
    return [generator.getrandbits(8) for _ in range(count * ENTRIES)]


@pytest.mark.parametrize(("lanes", "count"), [(1, 1), (3, 2), (2, 3)])
@pytest.mark.parametrize("loaded", [False, True])
def test_bytes_through_tables_and_past_them(lanes: int, count: int, loaded: bool) -> None:
    content = tables(count)
    dut = Lookup(
        lanes=lanes,
        tables=count,
        image="lookup.hex",
        init=() if loaded else content,
        loadable=loaded,
    )
    generator = random.Random(7)

    async def testbench(ctx: SimulatorContext) -> None:
        if loaded:
            ctx.set(dut.write_enable, 1)
            for address, value in enumerate(content):
                ctx.set(dut.write_address, address)
                ctx.set(dut.write_data, value)
                await ctx.tick()
            ctx.set(dut.write_enable, 0)
        for table in [None, *range(count), None, 0]:
            ctx.set(dut.enable, table is not None)
            ctx.set(dut.table, table or 0)
            sent: list[list[int]] = []
            for byte in range(-128, 128):
                row = [byte] + [generator.randint(-128, 127) for _ in range(lanes - 1)]
                for lane, value in enumerate(row):
                    ctx.set(dut.bytes[lane], value)
                sent.append(row)
                await ctx.tick()
                for lane, value in enumerate(sent[-Lookup.LATENCY]):
                    found = ctx.get(dut.results[lane])
                    if table is None:
                        assert found == value
                    else:
                        assert found % 256 == content[table * ENTRIES + value % 256]

    simulate(dut, testbench)
