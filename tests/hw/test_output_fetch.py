"""The output job between a memory with the promised latency and a stream that may wait."""

import random

import pytest
from amaranth.sim import SimulatorContext

from isomac_hw.activation_memory import ActivationMemory
from isomac_hw.output_fetch import OutputFetch
from tests.hw.bench import ReadPath, simulate

DEPTH, ADDRESS_BITS, WORD_BITS = 40, 7, 12
#: First word, and number of words.
Job = tuple[int, int]


def run(jobs: list[Job], *, seed: int, ready: float) -> int:
    """Send jobs one after the other; the stream is ready with this probability.

    Returns
    -------
    int
        The number of cycles with an overrun.
    """
    generator = random.Random(seed)
    memory = [generator.getrandbits(WORD_BITS) for _ in range(DEPTH)]
    dut = OutputFetch(word_bits=WORD_BITS, address_bits=ADDRESS_BITS, count_bits=6, depth=DEPTH)
    overruns = 0

    async def testbench(ctx: SimulatorContext) -> None:
        nonlocal overruns
        path = ReadPath(memory, banks=1, word_bits=WORD_BITS, address_bits=ADDRESS_BITS)

        async def tick() -> None:
            enable, address = ctx.get(dut.read_enable), ctx.get(dut.read_address)
            await ctx.tick()
            ctx.set(dut.read_data, path.tick(enable, address)[0])

        for base, count in jobs:
            ctx.set(dut.o.ready, generator.randrange(2))
            ctx.set(dut.start, 1)
            ctx.set(dut.base, base)
            ctx.set(dut.words, count - 1)
            assert not ctx.get(dut.o.valid)
            await tick()
            ctx.set(dut.start, 0)
            ctx.set(dut.base, generator.getrandbits(ADDRESS_BITS))
            ctx.set(dut.words, generator.getrandbits(6))
            sent = cycles = overruns_of_job = 0
            offered: int | None = None
            while sent < count:
                ctx.set(dut.o.ready, generator.random() < ready)
                valid, payload = ctx.get(dut.o.valid), ctx.get(dut.o.payload)
                # What was offered stays.
                assert offered is None or (valid, payload) == (1, offered)
                accepted = valid and ctx.get(dut.o.ready)
                offered = payload if valid and not accepted else None
                assert ctx.get(dut.done) == (accepted and sent == count - 1)
                overruns_of_job += ctx.get(dut.overrun)
                if accepted:
                    address = (base + sent) % (1 << ADDRESS_BITS)
                    assert address >= DEPTH or payload == memory[address]
                    sent += 1
                cycles += 1
                assert cycles < 1000
                await tick()
            beyond = any((base + i) % (1 << ADDRESS_BITS) >= DEPTH for i in range(count))
            assert (overruns_of_job > 0) == beyond
            overruns += overruns_of_job
            if ready == 1:
                # The first word in the cycle after the latency, and one a cycle from there on.
                assert cycles == ActivationMemory.READ_LATENCY + count
            ctx.set(dut.o.ready, 1)
            for _ in range(4):
                assert not any(ctx.get(s) for s in (dut.o.valid, dut.done, dut.overrun))
                await tick()

    simulate(dut, testbench)
    return overruns


@pytest.mark.parametrize("ready", [1, 0.7, 0.2])
@pytest.mark.parametrize("seed", [1, 2])
def test_words(ready: float, seed: int) -> None:
    generator = random.Random(seed)
    jobs = [(0, DEPTH), (DEPTH - 1, 1), (3, 2), (5, 3)]
    jobs += [(generator.randrange(20), generator.randint(1, 9)) for _ in range(4)]
    assert run(jobs, seed=seed, ready=ready) == 0


@pytest.mark.parametrize("ready", [1, 0.3])
@pytest.mark.parametrize("job", [(DEPTH, 1), (DEPTH - 1, 2), (DEPTH - 5, 9), (127, 1), (126, 5)])
def test_words_beyond_the_memory(job: Job, ready: float) -> None:
    assert run([job], seed=3, ready=ready) > 0


def test_one_cycle_of_overrun_a_word() -> None:
    assert run([(DEPTH - 3, 8)], seed=4, ready=1) == 5


def test_the_first_word_does_not_wait_for_the_stream() -> None:
    dut = OutputFetch(word_bits=WORD_BITS, address_bits=ADDRESS_BITS, count_bits=6, depth=DEPTH)

    async def testbench(ctx: SimulatorContext) -> None:
        ctx.set(dut.start, 1)
        await ctx.tick()
        ctx.set(dut.start, 0)
        for _ in range(ActivationMemory.READ_LATENCY):
            assert not ctx.get(dut.o.valid)
            await ctx.tick()
        for _ in range(3):
            assert ctx.get(dut.o.valid)
            assert not ctx.get(dut.read_enable)
            await ctx.tick()

    simulate(dut, testbench)
