# amaranth: UnusedElaboratable=no
"""The image memory: content, latency and writes against a list."""

import random

import pytest
from amaranth.sim import SimulatorContext

from isomac_hw.image_memory import ImageMemory
from tests.hw.bench import simulate


@pytest.mark.parametrize("loadable", [False, True])
@pytest.mark.parametrize(
    ("width", "depth", "given"), [(1, 1, 1), (7, 2, 0), (40, 5, 3), (8, 16, 16)]
)
def test_content(loadable: bool, width: int, depth: int, given: int) -> None:
    generator = random.Random(depth)
    init = [generator.getrandbits(width) for _ in range(given)]
    content = init + [0] * (depth - given)
    dut = ImageMemory(width=width, depth=depth, image="x.hex", init=init, loadable=loadable)
    addresses = [*range(depth), *(generator.randrange(depth) for _ in range(10))]

    async def testbench(ctx: SimulatorContext) -> None:
        for address in addresses:
            ctx.set(dut.address, address)
            await ctx.tick()
            assert ctx.get(dut.data) == content[address]

    simulate(dut, testbench)


@pytest.mark.parametrize("depth", [1, 6])
def test_writes(depth: int) -> None:
    generator = random.Random(depth)
    content = [generator.getrandbits(9) for _ in range(depth)]
    dut = ImageMemory(width=9, depth=depth, image="x.hex", init=content, loadable=True)

    async def testbench(ctx: SimulatorContext) -> None:
        for _ in range(100):
            write = generator.random() < 0.5
            address, target = generator.randrange(depth), generator.randrange(depth)
            word = generator.getrandbits(9)
            ctx.set(dut.address, address)
            ctx.set(dut.write_enable, write)
            ctx.set(dut.write_address, target)
            ctx.set(dut.write_data, word)
            await ctx.tick()
            if not (write and address == target):
                assert ctx.get(dut.data) == content[address]
            if write:
                content[target] = word

    simulate(dut, testbench)


@pytest.mark.parametrize("loadable", [False, True])
def test_write_port_only_where_loadable(loadable: bool) -> None:
    dut = ImageMemory(width=8, depth=4, image="x.hex", loadable=loadable)
    assert [name for name in dut.signature.members if name.startswith("write")] == (
        ["write_enable", "write_address", "write_data"] if loadable else []
    )


def test_an_image_that_is_too_long() -> None:
    with pytest.raises(ValueError, match=r"^Image x\.hex must have at most 2 words, not 3$"):
        ImageMemory(width=8, depth=2, image="x.hex", init=[1, 2, 3], loadable=False)
