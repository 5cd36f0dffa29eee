"""Softmax by Newton's iteration: the gateware against Python integers, and its cycles."""

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from amaranth.sim import Simulator, SimulatorContext

from isomac_hw import newton
from isomac_hw.softmax_newton import NewtonShares, PipelinedMultiplier
from isomac_hw.softmax_parameters import SoftmaxParameters
from tests.hw.softmax_bench import Bench, Map, extreme_rows, random_map

PARAMETERS = SoftmaxParameters.newton(
    channel_lanes=4, address_bits=10, channels_bits=6, pixels_bits=5, sum_bits=25
)
LARGEST = (1 << 31) - 1
#: Entry 255 of any table.
PEAKS = (LARGEST, newton.EXPONENTIAL_ONE)


def exponential_table(scale: float) -> list[int]:
    return [min(LARGEST, round(2**31 * math.exp(scale * (index - 255)))) for index in range(256)]


TABLE = exponential_table(0.1)


def random_table(generator: random.Random, peak: int) -> list[int]:
    """Not monotonic, larger than entry 255 in places, zero in others: any content must do."""
    edges = [0, 1, 2047, 2048, 1 << 30, (1 << 30) - 1, LARGEST]
    table = [generator.choice([*edges, generator.randint(0, LARGEST)]) for _ in range(255)]
    return [*table, peak]


@pytest.mark.parametrize("channel_lanes", [1, 2, 3, 4, 5, 8])
def test_every_number_of_channels(channel_lanes: int) -> None:
    generator = random.Random(channel_lanes)
    parameters = replace(PARAMETERS, channel_lanes=channel_lanes)
    for index, peak in enumerate(PEAKS):
        table = random_table(generator, peak)
        maps = [
            random_map(generator, channels, generator.randint(1, 4), generator.choice([3, 255]))
            for channels in range(1, 3 * channel_lanes + 2)
        ]
        generator.shuffle(maps)
        Bench(parameters, table, seed=index).run(*maps)


@pytest.mark.parametrize("scale", [2.0**-20, 0.02, 0.5, 40.0])
@pytest.mark.parametrize("channels", [1, 10])
def test_extreme_rows(channels: int, scale: float) -> None:
    Bench(PARAMETERS, exponential_table(scale)).run(Map(extreme_rows(channels)))


@pytest.mark.parametrize("zero_point", [-128, 0, 127])
def test_zero_points(zero_point: int) -> None:
    rows = [[3, 1, 2], [0, -128, -128], [5, 5, 5]]
    Bench(PARAMETERS, TABLE).run(Map(rows, zero_point=zero_point))


@pytest.mark.parametrize(("sum_bits", "channels"), [(20, 1), (21, 2), (22, 5), (31, 4095)])
def test_largest_sums(sum_bits: int, channels: int) -> None:
    """With entries of 1.0 only, as wide a sum as the parameters allow."""
    parameters = replace(PARAMETERS, sum_bits=sum_bits, channels_bits=12)
    assert (channels << 19).bit_length() == sum_bits
    rows = [[7] * channels, *([[7] * (channels - 1) + [6]] if channels > 1 else [])]
    Bench(parameters, [LARGEST] * 256).run(Map(rows))
    Bench(parameters, [0] * 255 + [LARGEST]).run(Map(rows))


@pytest.mark.parametrize("read_latency", [1, 2, 5])
def test_read_latency(read_latency: int) -> None:
    generator = random.Random(read_latency)
    parameters = replace(PARAMETERS, read_latency=read_latency, channel_lanes=3)
    Bench(parameters, TABLE).run(*(random_map(generator, channels, 3) for channels in (1, 4, 7)))


def test_in_place_and_wrapping_addresses() -> None:
    generator = random.Random(2)
    places = {"input_base": 1020, "output_base": 1020, "plane_stride": 61}
    Bench(PARAMETERS, TABLE).run(
        random_map(generator, 20, 5, **places), random_map(generator, 17, 2, **places)
    )


def test_cycles_in_closed_form() -> None:
    """Three passes, 30 cycles for the reciprocal, and the pipeline behind the last channel."""
    assert PARAMETERS.cycles(10, 7) == 7 * (3 * 10 + 30) + (2 + 4) + 5 + 2 + 1


@pytest.mark.parametrize("bits", [(31, 32), (18, 18), (31, 18), (20, 40)])
def test_multiplier(bits: tuple[int, int]) -> None:
    a_bits, b_bits = bits
    dut = PipelinedMultiplier(a_bits, b_bits)
    generator = random.Random(a_bits * b_bits)
    a_edges = [0, 1, 2**17 - 1, 2**17, 2**a_bits - 1]
    b_edges = [0, 1, -1, 2**17 - 1, -(2**17), 2 ** (b_bits - 1) - 1, -(2 ** (b_bits - 1))]
    pairs = [(a, b) for a in a_edges for b in b_edges]
    pairs += [
        (generator.randrange(2**a_bits), generator.randrange(2**b_bits) - 2 ** (b_bits - 1))
        for _ in range(1000)
    ]

    async def testbench(ctx: SimulatorContext) -> None:
        for index in range(len(pairs) + dut.LATENCY):
            if index >= dut.LATENCY:
                a, b = pairs[index - dut.LATENCY]
                assert ctx.get(dut.product) == a * b
            if index < len(pairs):
                ctx.set(dut.a, pairs[index][0])
                ctx.set(dut.b, pairs[index][1])
            await ctx.tick()

    simulate(dut, testbench)


def sums(generator: random.Random, count: int) -> list[int]:
    """The smallest and the largest of every width, and random ones."""
    edges = [
        total
        for bits in range(20, 32)
        for total in (1 << bits - 1, (1 << bits - 1) + 1, 3 << bits - 2, (1 << bits) - 1)
    ]
    randoms = [
        generator.getrandbits(bits - 1) | 1 << bits - 1
        for bits in generator.choices(range(20, 32), k=count)
    ]
    return edges + randoms


def test_shares() -> None:
    """Sums of any width as close behind each other as can be, with exponentials for each."""
    p = replace(PARAMETERS, sum_bits=31)
    dut = NewtonShares(p)
    generator = random.Random(3)
    inputs: dict[int, dict[str, int]] = {}
    expected: dict[int, dict[str, int]] = {}
    start = 0
    rounded_twice = 0
    for total in sums(generator, 1000):
        inputs.setdefault(start, {})["start"] = 1
        inputs[start + 1] = inputs[start + 2] = {"total": total}
        first = start + 1 + p.reciprocal_cycles
        exponents = exponentials_in(generator, total)
        for cycle, exponent in enumerate(exponents, start=first):
            r, s, result = share(exponent, total)
            rounded_twice += result != (exponent * r + 2**s) >> (s + 1)
            inputs[cycle] = {"exponent": exponent}
            expected.setdefault(cycle, {})["reciprocal"] = r
            expected.setdefault(cycle + p.share_latency, {})["share"] = result
        # The last of them comes with the next start.
        start = first + len(exponents) - 1
    assert rounded_twice > 100

    async def testbench(ctx: SimulatorContext) -> None:
        for cycle in range(max(expected) + 1):
            now = inputs.get(cycle, {})
            ctx.set(dut.start, now.get("start", 0))
            ctx.set(dut.total, now.get("total", generator.getrandbits(31)))
            ctx.set(dut.exponent, now.get("exponent", generator.getrandbits(31)))
            found = {"reciprocal": ctx.get(dut.reciprocal), "share": (ctx.get(dut.halves) + 1) >> 1}
            assert expected.get(cycle, {}).items() <= found.items()
            await ctx.tick()

    simulate(dut, testbench)


def exponentials_in(generator: random.Random, total: int) -> list[int]:
    """Exponentials that a sum may contain, some of which are where the first rounding counts."""
    largest = min(LARGEST, total << 12)
    r, s, most = share(largest, total)
    edges = [(generator.randrange(most) * 2 + 1 << s) - 2**30 for _ in range(3) if most]
    return [
        *(min(largest, -(-edge // r)) for edge in edges),
        largest,
        generator.randint(0, largest),
        0,
    ]


def share(exponent: int, total: int) -> tuple[int, int, int]:
    """The reciprocal, s, and the share, by the letter of the formula in ARCHITECTURE.md."""
    zeros = 32 - total.bit_length()
    r = newton.reciprocal(total << (zeros - 1))
    s = 65 - zeros
    return r, s, (exponent * r + 2**30 + 2**s) >> (s + 1)


def simulate(dut: NewtonShares | PipelinedMultiplier, testbench: object) -> None:
    simulator = Simulator(dut)
    simulator.add_clock(1e-8)
    simulator.add_testbench(testbench)
    simulator.run()


def test_reciprocal_is_one() -> None:
    """It is within seven of the ideal, and saturates where that would be 2**31."""
    generator = random.Random(4)
    edges = [1 << 30, (1 << 30) + 1, LARGEST - 1, LARGEST, 3 << 29]
    for divisor in edges + [generator.randrange(1 << 30, 1 << 31) for _ in range(2000)]:
        result = newton.reciprocal(divisor)
        assert abs(result - Fraction(1 << 61, divisor)) <= 7
        assert result <= LARGEST
    assert newton.reciprocal(1 << 30) == LARGEST


def test_compute_is_softmax() -> None:
    """The integers are within one step of the softmax they stand for."""
    generator = random.Random(6)
    for _ in range(100):
        row = [generator.randint(-128, 127) for _ in range(10)]
        exponentials = [math.exp(0.1 * value) for value in row]
        ideal = [256 * value / sum(exponentials) - 128 for value in exponentials]
        for got, wanted in zip(PARAMETERS.compute(row, TABLE, -128), ideal, strict=True):
            assert abs(got - min(wanted, 127)) <= 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"table_bits": 30}, "table_bits must be 31 with Newton's iteration, not 30"),
        ({"reciprocal_bits": 32}, "reciprocal_bits must be 31 with Newton's iteration, not 32"),
        ({"shift": 24}, "shift must be 54 with Newton's iteration, not 24"),
        ({"table_peak": 1}, "table_peak must be 2147481600 with Newton's iteration, not 1"),
        ({"sum_bits": 19}, r"sum_bits must be in 20\.\.31 with Newton's iteration, not 19"),
        ({"sum_bits": 32}, r"sum_bits must be in 20\.\.31 with Newton's iteration, not 32"),
        ({"channel_lanes": 0}, "channel_lanes must be at least 1, not 0"),
    ],
)
def test_parameters_are_checked(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(PARAMETERS, **changes)


@pytest.mark.parametrize(
    ("row", "table", "message"),
    [
        ([0], [*TABLE[:255], 2147481599], r"table\[255\] must be at least table_peak"),
        ([0], [1 << 31, *TABLE[1:]], r"table entry must be in 0\.\.2147483647, not 2147483648"),
        ([0] * 64, [LARGEST] * 256, r"sum must fit in sum_bits \(25\), 33554432 does not"),
    ],
)
def test_arguments_are_checked(row: Sequence[int], table: Sequence[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PARAMETERS.compute(row, table, -128)
