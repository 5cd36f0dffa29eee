"""The core with hand-made jobs: sound programs, each error, and random programs."""

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from amaranth.sim import SimulatorContext

from isomac_hw.core import Images
from isomac_hw.errors import ErrorCode
from isomac_hw.job import FIELD_NAMES, Job, JobLayout, Kind
from isomac_hw.output_stage import requantization
from isomac_hw.parameters import AcceleratorParameters
from isomac_hw.softmax import SoftmaxParameters
from tests.hw.bench import FLAGS, parameters
from tests.hw.core_driver import CoreDriver, Run
from tests.hw.nest import window_nest

DEPTH = 32
#: One bit for most loops, enough for the smallest numbers beyond each limit elsewhere.
WIDTHS = (
    dict.fromkeys(FIELD_NAMES, 3)
    | dict.fromkeys(FLAGS, 1)
    | dict.fromkeys(("blocks", "columns", "kernel_rows", "channel_tiles", "tile_rows"), 1)
    | dict.fromkeys(
        (
            "input_base",
            "output_base",
            "output_row",
            "output_plane",
            "output_tile_column",
            "output_tile_row",
            "plane_stride",
            *(name for name in FIELD_NAMES if name.startswith("address_")),
        ),
        6,
    )
    | dict.fromkeys(("words", "stream_words", "weight_base"), 4)
    | dict.fromkeys(("pad_value", "zero_point", "quant_min", "quant_max"), 8)
    | {
        "kind": 2,
        "packing": 2,
        "tile_columns": 2,
        "multiplier_b": 6,
        "channels": 3,
        "frees_input": 1,
    }
)
SOFTMAX = SoftmaxParameters(
    channel_lanes=2,
    address_bits=6,
    channels_bits=3,
    pixels_bits=4,
    table_bits=4,
    sum_bits=7,
    reciprocal_bits=8,
    shift=4,
    table_peak=15,
)


def small(**changes: Any) -> AcceleratorParameters:
    p = parameters(
        tile_rows=1,
        tile_columns=2,
        channel_lanes=2,
        requant_lanes=1,
        banks=2,
        window_columns=4,
        input_channels=(1, 2),
        features=("dense", "depthwise", "max"),
        activation_depth=DEPTH,
        weight_depth=8,
        requant_depth=6,
        program_depth=4,
        job_layout=JobLayout.derive([], fixed=False, at_least=WIDTHS),
    )
    return replace(p, **changes)


WEIGHTS = [[3, -2], [5, 7]]  # by step, then output channel
BIASES, MULTIPLIERS, SHIFT = [10, -20], [100, 4095], 8
PIXELS = 5
#: Where the map is and where its image goes.
SOURCE, TARGET = 0, 8


def input_job(**changes: int) -> Job:
    """Five pixels of two channels."""
    fields = {"words": PIXELS - 1, "stream_words": PIXELS - 1, "packing": 1}
    return Job(kind=Kind.INPUT, **{**fields, "output_base": SOURCE, "ends_layer": 1, **changes})


def array_job(p: AcceleratorParameters, **changes: int) -> Job:
    """A pointwise convolution of them."""
    fields = {
        "dense": 1,
        "reduce_max": 0,
        "input_height": 1,
        "input_width": PIXELS,
        "pad_value": 0,
        "taps": 0,
        "taps_last": 0,
        "first_byte": 0,
        "last_byte": 1,
        "stride": 0,
        "weight_base": 0,
        "weight_restart": 0,
        "output_base": TARGET,
        "output_row": PIXELS,
        "output_plane": PIXELS,
        "output_tile_column": 2,
        "output_tile_row": PIXELS,
        "rows_last": 0,
        "columns_last": 0,
        "steps_last": 1,
        "requant_base": 0,
        "zero_point": -3,
        "quant_min": -128,
        "quant_max": 127,
        "ends_layer": 1,
    }
    nest = window_nest(p, size=(1, PIXELS), kernel=(1, 1), base=SOURCE)
    return nest.job(1 << p.address_bits, **{**fields, **changes})


def output_job(**changes: int) -> Job:
    fields = {"words": PIXELS - 1, "input_base": TARGET, "ends_layer": 1, "ends_program": 1}
    return Job(kind=Kind.OUTPUT, **{**fields, **changes})


def softmax_job(**changes: int) -> Job:
    """The channels of each pixel, in place."""
    fields = {
        "words": PIXELS - 1,
        "input_base": TARGET,
        "output_base": TARGET,
        "zero_point": -128,
        "plane_stride": PIXELS,
        "channels": 1,
        "ends_layer": 1,
    }
    return Job(kind=Kind.SOFTMAX, **{**fields, **changes})


TABLE = [max(1, index - 240) for index in range(256)]


def images(p: AcceleratorParameters, jobs: Sequence[Job]) -> Images:
    """Memory contents for some jobs, and the constants of the convolution."""
    width = p.bias_bits + p.multiplier_bits
    rows = [
        bias % (1 << p.bias_bits) | multiplier << p.bias_bits | SHIFT - p.shift_min << width
        for bias, multiplier in zip(BIASES, MULTIPLIERS, strict=True)
    ]
    weights = [sum(weight % 256 << 8 * i for i, weight in enumerate(step)) for step in WEIGHTS]
    table = TABLE if p.softmax else ()
    return Images([p.job_layout.pack(job) for job in jobs], weights, rows, table)


def pixels(generator: random.Random) -> list[list[int]]:
    return [[generator.randint(-128, 127) for _ in range(2)] for _ in range(PIXELS)]


def to_words(values: Sequence[Sequence[int]]) -> list[int]:
    return [sum(byte % 256 << 8 * i for i, byte in enumerate(word)) for word in values]


def expected(
    p: AcceleratorParameters, values: Sequence[Sequence[int]], *, softmax: bool = False
) -> list[int]:
    """The output words of the convolution."""
    out = []
    for pixel in values:
        row = [
            requantization(p).compute(
                sum(byte * step[channel] for byte, step in zip(pixel, WEIGHTS, strict=True)),
                bias=BIASES[channel],
                multiplier=MULTIPLIERS[channel],
                shift_offset=SHIFT - p.shift_min,
                zero_point=-3,
                quant_min=-128,
                quant_max=127,
            )
            for channel in (0, 1)
        ]
        out.append(SOFTMAX.compute(row, TABLE, -128) if softmax else row)
    return to_words(out)


WITH_SOFTMAX = {"features": ("dense", "softmax"), "softmax": SOFTMAX, "program_depth": 5}


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
            # From the edge of the start: three cycles to the launch, and one to the first word.
            if not stall:
                assert run.cycles == ctx.get(driver.core.cycles) + 3
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
        await driver.load(ctx, driver.packet(name, getattr(content, name)))


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
        await driver.load(ctx, driver.packet("weights", [1, 2, 3]))
        for word in words:
            assert not ctx.get(driver.core.error)
            ctx.set(driver.core.load.valid, 1)
            ctx.set(driver.core.load.payload, word)
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
            await driver.load(ctx, driver.packet("program", rows))
            for _ in range(2):
                words = [generator.getrandbits(16) for _ in range(200)]
                run = await driver.run(ctx, words, limit=4000)
                outcomes.add(run.error)
                if run.error:
                    break
            await driver.reset(ctx)

    driver.simulate(testbench)
    assert len(outcomes) > 2
