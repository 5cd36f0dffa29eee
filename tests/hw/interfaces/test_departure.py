"""The departure of the output: nothing is lost or withdrawn, and the last word is known."""

import random

import pytest
from amaranth.sim import SimulatorContext

from isomac_hw.interfaces.departure import Departure
from tests.hw.bench import simulate


@pytest.mark.parametrize("stall", [0, 0.5, 0.9])
@pytest.mark.parametrize("words", [1, 2, 5])
def test_frames_of_any_size(words: int, stall: float) -> None:
    dut = Departure(8)
    source = random.Random(words)
    inferences = 4
    sent: list[int] = []
    got: list[tuple[int, int]] = []
    dones: list[int] = []

    async def bench(ctx: SimulatorContext) -> None:
        ctx.set(dut.words, words)
        for inference in range(inferences):
            queue = [source.randrange(256) for _ in range(words)]
            sent.extend(queue)
            core_done = False
            cycles = 0
            while len(dones) <= inference:
                ctx.set(dut.i.valid, bool(queue) and source.random() >= stall)
                ctx.set(dut.i.payload, queue[0] if queue else 0)
                ctx.set(dut.o.ready, source.random() >= stall)
                ctx.set(dut.core_done, not queue and not core_done)
                core_done |= not queue
                offered = (ctx.get(dut.o.valid), ctx.get(dut.o.payload), ctx.get(dut.last))
                taken = ctx.get(dut.i.valid) and ctx.get(dut.i.ready)
                left = offered[0] and ctx.get(dut.o.ready)
                if left:
                    got.append(offered[1:])
                if ctx.get(dut.done):
                    dones.append(len(got))
                await ctx.tick()
                if taken:
                    queue.pop(0)
                if offered[0] and not left:
                    assert (1, *offered[1:]) == (
                        ctx.get(dut.o.valid),
                        ctx.get(dut.o.payload),
                        ctx.get(dut.last),
                    )
                cycles += 1
                assert cycles < 1000

    simulate(dut, bench)
    assert [word for word, _ in got] == sent
    assert [last for _, last in got] == ([0] * (words - 1) + [1]) * inferences
    # Never before the last word has left.
    assert dones == [words * (number + 1) for number in range(inferences)]


def test_a_word_passes_in_each_cycle() -> None:
    dut = Departure(8)

    async def bench(ctx: SimulatorContext) -> None:
        ctx.set(dut.o.ready, 1)
        ctx.set(dut.i.valid, 1)
        for value in range(20):
            ctx.set(dut.i.payload, value)
            assert ctx.get(dut.i.ready)
            await ctx.tick()
            assert ctx.get(dut.o.valid)
            assert ctx.get(dut.o.payload) == value

    simulate(dut, bench)


def test_the_end_of_an_inference_restarts_the_count() -> None:
    """The count may be wrong, and may change with the network; 0 means that nobody knows."""
    dut = Departure(8)

    async def frame(ctx: SimulatorContext, length: int) -> list[int]:
        lasts = []
        ctx.set(dut.o.ready, 1)
        for _ in range(length):
            ctx.set(dut.i.valid, 1)
            await ctx.tick()
            lasts.append(ctx.get(dut.last))
        ctx.set(dut.i.valid, 0)
        ctx.set(dut.core_done, 1)
        await ctx.tick()
        ctx.set(dut.core_done, 0)
        await ctx.tick()
        return lasts

    async def bench(ctx: SimulatorContext) -> None:
        for words, length, expected in (
            (3, 4, [0, 0, 1, 0]),
            (3, 2, [0, 0]),
            (2, 2, [0, 1]),
            (0, 3, [0, 0, 0]),
            (1, 1, [1]),
        ):
            ctx.set(dut.words, words)
            assert await frame(ctx, length) == expected

    simulate(dut, bench)


def test_clear_forgets_the_word_and_the_count() -> None:
    dut = Departure(8)

    async def bench(ctx: SimulatorContext) -> None:
        ctx.set(dut.words, 2)
        ctx.set(dut.i.valid, 1)
        ctx.set(dut.core_done, 1)
        await ctx.tick()
        ctx.set(dut.clear, 1)
        assert not ctx.get(dut.done)
        await ctx.tick()
        ctx.set(dut.clear, 0)
        ctx.set(dut.core_done, 0)
        assert not ctx.get(dut.o.valid)
        assert not ctx.get(dut.done)
        await ctx.tick()
        assert ctx.get(dut.o.valid)
        assert not ctx.get(dut.last)
        assert not ctx.get(dut.done)

    simulate(dut, bench)
