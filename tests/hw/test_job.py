"""The job layout: widths, constants, packing and the view, against a decoder in plain Python."""

import random
from dataclasses import replace

import pytest
from amaranth.hdl import Const, Module, Signal
from amaranth.sim import Simulator, SimulatorContext

from isomac_hw.job import FIELD_NAMES, SIGNED, Job, JobField, JobLayout, Kind, bits_for
from tests.hw.bench import simulate


def random_job(generator: random.Random) -> Job:
    """A job that gives most of its fields, among them the ends of what their widths hold."""
    values = {}
    for name in FIELD_NAMES:
        if name != "kind" and generator.random() < 0.2:
            continue
        width = generator.randint(1, 12)
        low, high = (
            (-(1 << width - 1), (1 << width - 1) - 1) if name in SIGNED else (0, (1 << width) - 1)
        )
        values[name] = generator.choice([low, high, generator.randint(low, high)])
    return Job(**values)


def decode(layout: JobLayout, row: int) -> dict[str, int]:
    """The value of every field of a row."""
    values = {}
    for field in layout.fields:
        if field.constant is not None:
            values[field.name] = field.constant
            continue
        value = (row >> field.offset) % (1 << field.width)
        if field.name in SIGNED and value >> (field.width - 1):
            value -= 1 << field.width
        values[field.name] = value
    return values


def read(layout: JobLayout, rows: list[int]) -> list[dict[str, int]]:
    """What the view shows of each row in the simulator."""
    row = Signal(layout.width)
    view = layout.view(row)
    found = []

    async def testbench(ctx: SimulatorContext) -> None:
        for value in rows:
            ctx.set(row, value)
            found.append({name: ctx.get(getattr(view, name)) for name in FIELD_NAMES})

    simulator = Simulator(Module())
    simulator.add_testbench(testbench)
    simulator.run()
    return found


@pytest.mark.parametrize(
    ("value", "signed", "bits"),
    [
        (0, False, 1),
        (1, False, 1),
        (2, False, 2),
        (255, False, 8),
        (256, False, 9),
        (0, True, 1),
        (-1, True, 1),
        (1, True, 2),
        (-2, True, 2),
        (127, True, 8),
        (-128, True, 8),
        (128, True, 9),
        (-129, True, 9),
    ],
)
def test_bits_for(value: int, signed: bool, bits: int) -> None:
    assert bits_for(value, signed) == bits


def test_signed_fields() -> None:
    negative = {"start_y", "y_row", "x_tile_row", "pad_value", "quant_min", "zero_point_b"}
    assert negative < SIGNED
    assert not {"kind", "taps", "address_row", "input_base", "output_row", "words"} & SIGNED


def test_hold() -> None:
    """Fields are kept in registers from a cycle with ``load`` on; constants need none."""
    jobs = [Job(kind=1, taps=5, start_y=-3, stride=1), Job(kind=1, taps=2, start_y=1, stride=1)]
    layout = JobLayout.derive(jobs, fixed=True)
    row, load, m = Signal(layout.width), Signal(), Module()
    held = layout.view(row).hold(m, load, ["taps", "start_y", "stride"])
    assert isinstance(held.stride, Const)
    with pytest.raises(AttributeError, match=r"^kind$"):
        _ = held.kind

    async def testbench(ctx: SimulatorContext) -> None:
        def found() -> list[int]:
            return [ctx.get(value) for value in (held.taps, held.start_y, held.stride)]

        for job in jobs:
            ctx.set(row, layout.pack(job))
            ctx.set(load, 1)
            await ctx.tick()
            ctx.set(load, 0)
            for noise in (0, (1 << layout.width) - 1):
                ctx.set(row, noise)
                assert found() == [job.taps, job.start_y, 1]
                await ctx.tick()

    simulate(m, testbench)


@pytest.mark.parametrize("fixed", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_round_trip(fixed: bool, seed: int) -> None:
    generator = random.Random(seed)
    jobs = [random_job(generator) for _ in range(5)]
    layout = JobLayout.derive(jobs, fixed=fixed)
    rows = [layout.pack(job) for job in jobs]
    viewed = read(layout, rows)
    for job, row, values in zip(jobs, rows, viewed, strict=True):
        assert 0 <= row < 1 << layout.width
        assert values == decode(layout, row)
        assert values | job.values() == values


def test_fields_lie_side_by_side() -> None:
    generator = random.Random(4)
    layout = JobLayout.derive([random_job(generator) for _ in range(3)], fixed=True)
    offset = 0
    for field in layout.fields:
        if field.constant is None:
            assert field.offset == offset
            offset += field.width
    assert layout.width == offset
    assert tuple(field.name for field in layout.fields) == FIELD_NAMES


def field_of(layout: JobLayout, name: str) -> JobField:
    return layout.fields[FIELD_NAMES.index(name)]


@pytest.mark.parametrize(
    ("name", "values", "width"),
    [
        ("taps", (0,), 1),
        ("taps", (0, 1), 1),
        ("taps", (3, 4), 3),
        ("start_y", (0, -1), 1),
        ("start_y", (-4, 3), 3),
        ("start_y", (-4, 4), 4),
        ("multiplier_b", (1 << 30, 0), 32),
    ],
)
def test_programmable_widths(name: str, values: tuple[int, ...], width: int) -> None:
    jobs = [Job(kind=Kind.ARRAY, **{name: value}) for value in values]
    layout = JobLayout.derive(jobs, fixed=False)
    assert field_of(layout, name).width == width
    assert field_of(layout, name).constant is None
    wider = JobLayout.derive(jobs, fixed=False, at_least={name: 5, "stride": 7})
    assert field_of(wider, name).width == max(5, width)
    assert field_of(wider, "stride").width == 7


def test_fixed_fields_with_one_value_become_constants() -> None:
    jobs = [
        Job(kind=Kind.ARRAY, taps=2, start_y=-3),
        Job(kind=Kind.ARRAY, taps=5, start_y=-3, start_x=-1),
        Job(kind=Kind.OUTPUT, words=9),
    ]
    layout = JobLayout.derive(jobs, fixed=True, at_least={"taps": 9, "stride": 9})
    # Jobs that do not read a field do not count: only these two have more than one value.
    assert [field.name for field in layout.fields if field.constant is None] == ["kind", "taps"]
    assert layout.width == 5
    found = read(layout, [layout.pack(job) for job in jobs])
    assert [values["taps"] for values in found[:2]] == [2, 5]
    for values in found:
        assert (values["start_y"], values["start_x"], values["words"]) == (-3, -1, 9)
        assert values["stride"] == 0


def test_one_job_takes_no_bits() -> None:
    job = Job(kind=Kind.INPUT, words=3, output_base=8)
    layout = JobLayout.derive([job], fixed=True)
    assert sum(field.width for field in layout.fields) == 0
    assert layout.width == 1
    assert layout.pack(job) == 0
    view = layout.view(Signal(layout.width))
    assert all(isinstance(getattr(view, name), Const) for name in FIELD_NAMES)


def test_fields_not_given_pack_as_zero() -> None:
    full = Job(**dict.fromkeys(FIELD_NAMES, 1))
    layout = JobLayout.derive([full], fixed=False)
    job = Job(kind=1, taps=1)
    assert decode(layout, layout.pack(job)) == dict.fromkeys(FIELD_NAMES, 0) | {
        "kind": 1,
        "taps": 1,
    }
    assert job.values() == {"kind": 1, "ends_layer": 0, "ends_program": 0, "taps": 1}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"taps": 8}, "Job field taps must fit 3 bits, but 8 does not"),
        ({"taps": -1}, "Job field taps must fit 3 bits, but -1 does not"),
        ({"start_y": 4}, "Job field start_y must fit 3 bits, but 4 does not"),
        ({"start_y": -5}, "Job field start_y must fit 3 bits, but -5 does not"),
        (
            {"stride": 1},
            "Job field stride must be 0, the constant of this hardware, not 1",
        ),
        (
            {"input_width": 6},
            "Job field input_width must be 7, the constant of this hardware, not 6",
        ),
    ],
)
def test_values_that_do_not_fit(changes: dict[str, int], message: str) -> None:
    jobs = [
        Job(kind=1, taps=7, start_y=-4, input_width=7),
        Job(kind=2, taps=0, start_y=3, input_width=7),
    ]
    layout = JobLayout.derive(jobs, fixed=True)
    with pytest.raises(ValueError, match=f"^{message}$"):
        layout.pack(replace(jobs[0], **changes))


def test_unknown_fields_of_a_view() -> None:
    view = JobLayout.derive([], fixed=False).view(Signal(100))
    with pytest.raises(AttributeError, match=r"^tap$"):
        _ = view.tap
