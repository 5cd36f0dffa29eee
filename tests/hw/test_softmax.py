"""Softmax: the gateware against :meth:`SoftmaxParameters.compute`, and its cycles."""

import math
import random
from dataclasses import replace
from typing import Any

import pytest
from amaranth.sim import Simulator, SimulatorContext

from isomac_hw.softmax_division import Reciprocal
from isomac_hw.softmax_parameters import SoftmaxParameters
from tests.hw.softmax_bench import PARAMETERS, TABLE, Bench, Map, extreme_rows, random_map


@pytest.mark.parametrize("channel_lanes", [1, 3, 8])
def test_sizes(channel_lanes: int) -> None:
    generator = random.Random(channel_lanes)
    sizes = {1, channel_lanes - 1, channel_lanes, channel_lanes + 1, 2 * channel_lanes, 10, 40} - {
        0
    }
    maps = [
        random_map(
            generator,
            channels,
            pixels,
            spread=generator.choice([3, 30, 255]),
            zero_point=generator.randint(-128, 127),
        )
        for channels in sorted(sizes)
        for pixels in (1, 2, 5)
    ]
    generator.shuffle(maps)
    Bench(replace(PARAMETERS, channel_lanes=channel_lanes)).run(*maps)


@pytest.mark.parametrize("channels", [1, 10])
@pytest.mark.parametrize("zero_point", [-128, 0, 127])
def test_extreme_rows(channels: int, zero_point: int) -> None:
    Bench().run(Map(extreme_rows(channels), zero_point=zero_point))


@pytest.mark.parametrize("read_latency", [1, 2, 5])
def test_read_latency(read_latency: int) -> None:
    generator = random.Random(read_latency)
    parameters = replace(PARAMETERS, read_latency=read_latency, channel_lanes=3)
    Bench(parameters).run(*(random_map(generator, channels, 3) for channels in (1, 4, 7)))


def test_in_place() -> None:
    generator = random.Random(2)
    Bench().run(random_map(generator, 20, 5, input_base=40, output_base=40))


def test_strided_and_wrapping_addresses() -> None:
    generator = random.Random(3)
    places = {"input_base": 1020, "output_base": 940, "plane_stride": 61}
    Bench().run(random_map(generator, 20, 5, **places), random_map(generator, 17, 2, **places))


def test_largest_map() -> None:
    parameters = replace(PARAMETERS, channels_bits=3, pixels_bits=2, sum_bits=20)
    Bench(parameters).run(random_map(random.Random(4), 8, 4), random_map(random.Random(5), 8, 4))


@pytest.mark.parametrize(
    ("table_bits", "sum_bits", "reciprocal_bits", "shift", "table_peak"),
    [
        (17, 23, 32, 24, 65536),
        (17, 23, 32, 24, 40000),
        (17, 23, 32, 32, 1),
        (8, 14, 16, 8, 255),
        (8, 14, 14, 1, 1),
        # A division of one and two cycles: up to three pixels are on their way at the same time.
        (4, 6, 4, 4, 15),
        (4, 6, 5, 1, 15),
        (1, 6, 1, 1, 1),
    ],
)
def test_widths(
    table_bits: int, sum_bits: int, reciprocal_bits: int, shift: int, table_peak: int
) -> None:
    parameters = SoftmaxParameters(
        channel_lanes=2,
        address_bits=10,
        channels_bits=6,
        pixels_bits=4,
        table_bits=table_bits,
        sum_bits=sum_bits,
        reciprocal_bits=reciprocal_bits,
        shift=shift,
        table_peak=table_peak,
    )
    generator = random.Random(reciprocal_bits)
    largest = (1 << table_bits) - 1
    channels_most = min(12, ((1 << sum_bits) - 1) // largest)
    for peak in {table_peak, largest}:
        # Not monotonic, larger than table[255] in places, zero in others: any content must do.
        table = [generator.choice([0, largest, generator.randint(0, largest)]) for _ in range(255)]
        Bench(parameters, [*table, peak]).run(
            *(
                random_map(
                    generator, channels, 9, spread=9, zero_point=generator.randint(-128, 127)
                )
                for channels in sorted({1, 2, 3, channels_most})
            )
        )


def test_divisor_of_one() -> None:
    table = [0] * 255 + [1]
    parameters = replace(PARAMETERS, shift=32)
    assert parameters.quotient_bits == 33
    Bench(parameters, table).run(Map([[3, 2, 1], [3, 3, 3]], zero_point=0))


def test_reciprocal() -> None:
    parameters = replace(PARAMETERS, sum_bits=17, reciprocal_bits=24, shift=16, table_peak=300)
    dut = Reciprocal(parameters)
    divisors = [300, 301, 511, 512, 513, 65535, 65536, 65537, 131071]

    async def testbench(ctx: SimulatorContext) -> None:
        for divisor in divisors:
            ctx.set(dut.start, 1)
            await ctx.tick()
            ctx.set(dut.start, 0)
            ctx.set(dut.divisor, divisor)
            await ctx.tick().repeat(parameters.quotient_bits)
            ctx.set(dut.divisor, 0)
            for _ in range(3):
                assert ctx.get(dut.quotient) == (1 << 24) // divisor
                await ctx.tick()

    simulator = Simulator(dut)
    simulator.add_clock(1e-8)
    simulator.add_testbench(testbench)
    simulator.run()


def test_compute_is_softmax() -> None:
    """The integers are within one step of the softmax they stand for."""
    generator = random.Random(6)
    scale = 0.1
    for _ in range(100):
        row = [generator.randint(-128, 127) for _ in range(10)]
        exponentials = [math.exp(scale * value) for value in row]
        ideal = [256 * value / sum(exponentials) - 128 for value in exponentials]
        for got, wanted in zip(PARAMETERS.compute(row, TABLE, -128), ideal, strict=True):
            assert abs(got - min(wanted, 127)) <= 1


def test_compute_by_hand() -> None:
    table = [0] * 253 + [1, 3, 4]
    # S = 8, r = 2**29: shares 4, 3, 1, 0 of 8, in steps of 1/256.
    assert PARAMETERS.compute([7, 6, 5, 4], table, -128) == [0, -32, -96, -128]
    assert PARAMETERS.compute([7, 6, 5, 4], table, 127) == [127] * 4
    assert PARAMETERS.compute([-128], table, -128) == [127]
    # One of 512 parts is half a step, which rounds up.
    assert PARAMETERS.compute([1, 0], [0] * 254 + [1, 511], -128) == [127, -127]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"method": "guess"}, "method must be one of division, newton, not 'guess'"),
        ({"channel_lanes": 0}, "channel_lanes must be at least 1, not 0"),
        ({"address_bits": 0}, "address_bits must be at least 1, not 0"),
        ({"channels_bits": 0}, "channels_bits must be at least 1, not 0"),
        ({"pixels_bits": 0}, "pixels_bits must be at least 1, not 0"),
        ({"table_bits": 0}, "table_bits must be at least 1, not 0"),
        ({"read_latency": 0}, "read_latency must be at least 1, not 0"),
        ({"sum_bits": 16}, r"sum_bits must be at least table_bits \(17\), not 16"),
        ({"reciprocal_bits": 16}, r"reciprocal_bits must be at least table_bits \(17\), not 16"),
        ({"shift": 0}, r"shift must be in 1\.\.reciprocal_bits \(32\), not 0"),
        ({"shift": 33}, r"shift must be in 1\.\.reciprocal_bits \(32\), not 33"),
        ({"table_peak": 0}, r"table_peak must be in 1\.\.131071, not 0"),
        ({"table_peak": 131072}, r"table_peak must be in 1\.\.131071, not 131072"),
    ],
)
def test_parameters_are_checked(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(PARAMETERS, **changes)


@pytest.mark.parametrize(
    ("row", "table", "zero_point", "message"),
    [
        ([], TABLE, 0, "row must have 1 to 64 channels, not 0"),
        ([0] * 65, TABLE, 0, "row must have 1 to 64 channels, not 65"),
        ([128], TABLE, 0, "must be int8, not 128"),
        ([0], TABLE, -129, "must be int8, not -129"),
        ([0], TABLE[1:], 0, "table must have 256 entries, not 255"),
        ([0], [-1, *TABLE[1:]], 0, r"table entry must be in 0\.\.131071, not -1"),
        ([0], [*TABLE[:255], 0], 0, r"table\[255\] must be at least table_peak \(1\), not 0"),
    ],
)
def test_arguments_are_checked(
    row: list[int], table: list[int], zero_point: int, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        PARAMETERS.compute(row, table, zero_point)


def test_sum_is_checked() -> None:
    with pytest.raises(ValueError, match=r"sum must fit in sum_bits \(17\), 131072 does not"):
        replace(PARAMETERS, sum_bits=17).compute([1, 1], TABLE, 0)
