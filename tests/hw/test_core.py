"""The core with hand-made jobs: sound programs, each error, and random programs."""

import random
from dataclasses import replace

import pytest
from amaranth.sim import SimulatorContext

from isomac_hw.core_memories import Images
from isomac_hw.errors import ErrorCode
from isomac_hw.job import Job, JobLayout, Kind
from isomac_hw.output_stage import requantization
from isomac_hw.parameters import AcceleratorParameters
from tests.hw.core_driver import CoreDriver, Run, load_packet
from tests.hw.small_core import (
    BIASES,
    DEPTH,
    MULTIPLIERS,
    PIXELS,
    SHIFT,
    TARGET,
    WEIGHTS,
    WITH_SOFTMAX,
    array_job,
    expected,
    images,
    input_job,
    output_job,
    pixels,
    small,
    softmax_job,
    to_words,
)


@pytest.mark.parametrize("stall", [0, 0.5])
@pytest.mark.parametrize("mode", ["programmable", "fixed"])
@pytest.mark.parametrize("softmax", [False, True])
def test_inferences(
    monkeypatch: pytest.MonkeyPatch, mode: str, stall: float, softmax: bool
) -> None:
    p = small(mode=mode, **(WITH_SOFTMAX if softmax else {}))
    jobs = [input_job(), array_job(p), *([softmax_job()] if softmax else []), output_job()]
    if mode == "fixed":
        p = replace(p, job_layout=JobLayout.derive(jobs, fixed=True), program_depth=len(jobs))
    driver = CoreDriver(p, images(p, jobs), monkeypatch, stall=stall)
    generator = random.Random(2)

    async def testbench(ctx: SimulatorContext) -> None:
        for _ in range(3):
            values = pixels(generator)
            run = await driver.run(ctx, to_words(values))
            assert run.error == 0
            assert run.output == expected(p, values, softmax=softmax)
            assert run.accepted == PIXELS
            assert set(run.written) == set(range(PIXELS)) | set(range(TARGET, TARGET + PIXELS))
            assert len(run.layers) == len(jobs)
            assert sum(run.layers) == ctx.get(driver.core.cycles)
            # From the edge of the start three cycles to the launch, and one to the first word; from
            # the last word one to the end.
            if not stall:
                assert run.cycles == ctx.get(driver.core.cycles) + 4
            for _ in range(3):
                await driver.tick(ctx)
                assert not ctx.get(driver.core.done)
                assert ctx.get(driver.core.cycles) == sum(run.layers)

    driver.simulate(testbench)


def test_array_jobs_that_overlap(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one runs while the words of the first one are still to be written."""
    p = small(program_depth=5)
    jobs = [
        input_job(),
        array_job(p, launch_delay=1),
        array_job(p, output_base=2 * TARGET, zero_point=11, quant_max=60, dense=0, last_byte=0),
        output_job(ends_program=0),
        output_job(input_base=2 * TARGET),
    ]
    driver = CoreDriver(p, images(p, jobs), monkeypatch)
    values = pixels(random.Random(7))
    # Depthwise, with the weights of the first step alone.
    scaled = [
        [
            requantization(p).compute(
                byte * weight,
                bias=bias,
                multiplier=multiplier,
                shift_offset=SHIFT - p.shift_min,
                zero_point=11,
                quant_min=-128,
                quant_max=60,
            )
            for byte, weight, bias, multiplier in zip(
                pixel, WEIGHTS[0], BIASES, MULTIPLIERS, strict=True
            )
        ]
        for pixel in values
    ]

    async def testbench(ctx: SimulatorContext) -> None:
        for _ in range(2):
            run = await driver.run(ctx, to_words(values))
            assert run.error == 0
            assert run.output == expected(p, values) + to_words(scaled)
            assert len(run.layers) == len(jobs)
            assert sum(run.layers) == ctx.get(driver.core.cycles)

    driver.simulate(testbench)


@pytest.mark.parametrize(("stall", "seed"), [(0, 1), *((0.6, seed) for seed in range(4))])
def test_inferences_back_to_back(monkeypatch: pytest.MonkeyPatch, stall: float, seed: int) -> None:
    """A start while busy, and the next input that arrives behind the work on this one."""
    p = small(overlap_input=True)
    jobs = [input_job(), array_job(p, frees_input=1), output_job()]
    driver = CoreDriver(p, images(p, jobs), monkeypatch, stall=stall, seed=seed)
    generator = random.Random(3)
    maps = [pixels(generator) for _ in range(2)]

    async def testbench(ctx: SimulatorContext) -> None:
        driver.inputs = [word for values in maps for word in to_words(values)]
        await driver.start(ctx)
        await driver.tick(ctx)
        await driver.start(ctx)
        run = Run()
        dones = arrived_before_output = 0
        while dones < 2:
            assert run.cycles < 500
            assert ctx.get(driver.core.busy)
            if not run.output:
                arrived_before_output = max(arrived_before_output, run.accepted)
            await driver.tick(ctx, run)
            dones += ctx.get(driver.core.done)
        assert not ctx.get(driver.core.busy)
        assert run.output == [word for values in maps for word in expected(p, values)]
        assert stall or arrived_before_output > PIXELS

    driver.simulate(testbench)


def test_a_program_that_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    p = small()
    jobs = [input_job(), array_job(p), output_job()]
    driver = CoreDriver(p, Images(), monkeypatch)
    values = pixels(random.Random(4))

    async def testbench(ctx: SimulatorContext) -> None:
        await load_all(ctx, driver, images(p, jobs))
        run = await driver.run(ctx, to_words(values))
        assert run.output == expected(p, values)

    driver.simulate(testbench)


async def load_all(ctx: SimulatorContext, driver: CoreDriver, content: Images) -> None:
    for name in ("program", "weights", "requant"):
        await driver.load(ctx, load_packet(driver.p, name, getattr(content, name)))


def test_nothing_is_loaded_while_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    p = small()
    driver = CoreDriver(p, images(p, [input_job(), array_job(p), output_job()]), monkeypatch)

    async def testbench(ctx: SimulatorContext) -> None:
        await driver.start(ctx)
        await driver.tick(ctx)
        ctx.set(driver.core.load.valid, 1)
        ctx.set(driver.core.load.payload, 99)
        for _ in range(5):
            assert ctx.get(driver.core.busy)
            assert not ctx.get(driver.core.load.ready)
            await driver.tick(ctx)
        assert not ctx.get(driver.core.error)

    driver.simulate(testbench)


async def check_stopped(ctx: SimulatorContext, driver: CoreDriver, code: ErrorCode) -> None:
    """The core is silent and stays so, whatever is asked for; a reset brings it back."""
    core, p = driver.core, driver.p
    driver.inputs = [0] * 50
    ctx.set(core.load.valid, 1)
    # Word after word this would be a packet of one row for the weights.
    ctx.set(core.load.payload, 1)
    for index in range(40):
        assert ctx.get(core.error) == code
        assert not ctx.get(core.busy)
        assert not ctx.get(core.done)
        assert not any(ctx.get(s) for s in (core.i.ready, core.o.valid, core.load.ready))
        ctx.set(core.start, index % 2)
        await driver.tick(ctx)
    ctx.set(core.load.valid, 0)
    ctx.set(core.start, 0)
    await driver.reset(ctx)
    await load_all(ctx, driver, images(p, [input_job(), array_job(p), output_job()]))
    values = pixels(random.Random(5))
    run = await driver.run(ctx, to_words(values))
    assert (run.error, run.output) == (0, expected(p, values))


P = small()
SOFTMAX_P = small(**WITH_SOFTMAX)
LAST = DEPTH - 1
#: Jobs, and the error that they lead to.
FAULTS: dict[str, tuple[AcceleratorParameters, list[Job], ErrorCode]] = {
    "no such lane": (
        P,
        [input_job(), array_job(P, columns_last=2), output_job()],
        ErrorCode.ILLEGAL_JOB,
    ),
    "a window too small": (
        P,
        [input_job(), array_job(P, taps=3), output_job()],
        ErrorCode.ILLEGAL_JOB,
    ),
    "an output while the array writes": (
        P,
        [input_job(), array_job(P, launch_delay=1), output_job()],
        ErrorCode.ILLEGAL_JOB,
    ),
    "an array job that does not wait for the program's end": (
        P,
        [input_job(), array_job(P, launch_delay=1, ends_program=1), output_job()],
        ErrorCode.ILLEGAL_JOB,
    ),
    "an input inside of a row": (
        P,
        [input_job(output_base=1), array_job(P), output_job()],
        ErrorCode.ILLEGAL_JOB,
    ),
    "no such packing": (
        P,
        [input_job(packing=2), array_job(P), output_job()],
        ErrorCode.ILLEGAL_JOB,
    ),
    "a stream too short": (
        P,
        [input_job(stream_words=PIXELS - 2), array_job(P), output_job()],
        ErrorCode.ILLEGAL_JOB,
    ),
    "no such kind": (P, [input_job(), Job(kind=Kind.SOFTMAX)], ErrorCode.ILLEGAL_JOB),
    "no depthwise": (
        small(features=("dense",)),
        [input_job(), array_job(P, dense=0), output_job()],
        ErrorCode.ILLEGAL_JOB,
    ),
    "no end": (
        P,
        [input_job(words=0, stream_words=0)] * 4,
        ErrorCode.PROGRAM_END,
    ),
    "no end of array jobs": (
        P,
        [input_job(), *[array_job(P, launch_delay=1)] * 3],
        ErrorCode.PROGRAM_END,
    ),
    "a map beyond the memory": (
        P,
        [input_job(), array_job(P, input_base=DEPTH), output_job()],
        ErrorCode.ACTIVATION_READ,
    ),
    "a map that ends beyond the memory": (
        P,
        [input_job(), array_job(P, input_base=DEPTH - PIXELS + 1), output_job()],
        ErrorCode.ACTIVATION_READ,
    ),
    "an output beyond the memory": (
        P,
        [input_job(), output_job(input_base=DEPTH - PIXELS + 1)],
        ErrorCode.ACTIVATION_READ,
    ),
    "a softmax of words beyond the memory": (
        SOFTMAX_P,
        [input_job(), softmax_job(input_base=LAST), output_job()],
        ErrorCode.ACTIVATION_READ,
    ),
    "an input beyond the memory": (
        P,
        [input_job(output_base=DEPTH - 4), output_job()],
        ErrorCode.ACTIVATION_WRITE,
    ),
    "a long input beyond the memory": (
        P,
        [input_job(output_base=DEPTH - 4, words=9, stream_words=9), output_job()],
        ErrorCode.ACTIVATION_WRITE,
    ),
    "an input whose last word is beyond": (
        P,
        [input_job(output_base=DEPTH - 4, ends_program=1), output_job()],
        ErrorCode.ACTIVATION_WRITE,
    ),
    "a result beyond the memory": (
        P,
        [input_job(), array_job(P, output_base=DEPTH - 3), output_job()],
        ErrorCode.ACTIVATION_WRITE,
    ),
    "the last word of a result beyond the memory": (
        P,
        [input_job(), array_job(P, output_base=DEPTH - PIXELS + 1, ends_program=1)],
        ErrorCode.ACTIVATION_WRITE,
    ),
    "a softmax that writes beyond the memory": (
        SOFTMAX_P,
        [input_job(), softmax_job(input_base=0, output_base=LAST), output_job()],
        ErrorCode.ACTIVATION_WRITE,
    ),
    "weights beyond the memory": (
        P,
        [input_job(), array_job(P, weight_base=7), output_job()],
        ErrorCode.WEIGHT_READ,
    ),
    "constants beyond the memory": (
        P,
        [input_job(), array_job(P, requant_base=5), output_job()],
        ErrorCode.REQUANT_READ,
    ),
}


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("stall", [0, 0.5])
def test_errors(monkeypatch: pytest.MonkeyPatch, name: str, stall: float) -> None:
    p, jobs, code = FAULTS[name]
    driver = CoreDriver(p, images(p, jobs), monkeypatch, stall=stall)

    async def testbench(ctx: SimulatorContext) -> None:
        run = await driver.run(ctx, to_words(pixels(random.Random(6))))
        assert (run.error, run.done) == (code, False)
        await check_stopped(ctx, driver, code)

    driver.simulate(testbench)


@pytest.mark.parametrize("words", [[3], [1 << 31], [0, 5], [1, 9], [2, 1 << 30]])
def test_load_errors(monkeypatch: pytest.MonkeyPatch, words: list[int]) -> None:
    driver = CoreDriver(P, images(P, [input_job()]), monkeypatch)

    async def testbench(ctx: SimulatorContext) -> None:
        await driver.load(ctx, load_packet(P, "weights", [1, 2, 3]))
        for word in words:
            assert not ctx.get(driver.core.error)
            ctx.set(driver.core.load.valid, 1)
            ctx.set(driver.core.load.payload, word)
            await driver.tick(ctx)
        # The core stops a cycle after it has found the error.
        ctx.set(driver.core.load.valid, 0)
        await driver.tick(ctx)
        await check_stopped(ctx, driver, ErrorCode.LOAD)

    driver.simulate(testbench)


def random_row(generator: random.Random, p: AcceleratorParameters) -> int:
    """A sound job with a few fields changed, or any bits."""
    kind = generator.choice(["bits", "changed", "changed", "changed"])
    if kind == "bits":
        return generator.getrandbits(p.job_layout.width)
    job = generator.choice(
        [input_job(), array_job(p), array_job(p, frees_input=1), softmax_job(), output_job()]
    )
    row = p.job_layout.pack(job)
    for field in generator.sample(p.job_layout.fields, generator.randint(0, 4)):
        row &= ~((1 << field.width) - 1 << field.offset)
        row |= generator.getrandbits(field.width) << field.offset
    return row


@pytest.mark.parametrize("seed", range(3))
def test_random_programs_neither_hang_nor_leave_the_memory(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    features = ("dense", "depthwise", "max", "softmax")
    p = small(**WITH_SOFTMAX | {"features": features}, overlap_input=True)
    driver = CoreDriver(p, images(p, []), monkeypatch, seed=seed)
    generator = random.Random(seed)
    outcomes: set[int] = set()

    async def testbench(ctx: SimulatorContext) -> None:
        for _ in range(15):
            rows = [random_row(generator, p) for _ in range(p.program_depth)]
            await driver.load(ctx, load_packet(p, "program", rows))
            for _ in range(2):
                words = [generator.getrandbits(16) for _ in range(200)]
                run = await driver.run(ctx, words, limit=4000)
                outcomes.add(run.error)
                if run.error:
                    break
            await driver.reset(ctx)

    driver.simulate(testbench)
    assert len(outcomes) > 2
