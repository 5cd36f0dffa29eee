"""A softmax unit between an activation memory and a table, and maps to run on it."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from amaranth.sim import Simulator, SimulatorContext

from isomac_hw.softmax import Softmax
from isomac_hw.softmax_parameters import SoftmaxParameters

PARAMETERS = SoftmaxParameters(
    channel_lanes=8, address_bits=10, channels_bits=6, pixels_bits=4, sum_bits=23
)


def exponential_table(scale: float) -> list[int]:
    return [round(65536 * math.exp(scale * (index - 255))) for index in range(256)]


TABLE = exponential_table(0.1)


@dataclass
class Map:
    """One map to run: its channels in each pixel and how the unit is told where it is."""

    pixels: Sequence[Sequence[int]]
    input_base: int = 0
    output_base: int = 512
    plane_stride: int | None = None
    zero_point: int = -128

    @property
    def channels(self) -> int:
        return len(self.pixels[0])

    @property
    def stride(self) -> int:
        return len(self.pixels) if self.plane_stride is None else self.plane_stride


@dataclass
class Bench:
    """The unit between an activation memory and a table that answer in exactly the promised cycle.

    In all other cycles, both answer noise, and outside of a run so do the configuration inputs.
    """

    parameters: SoftmaxParameters = PARAMETERS
    table: Sequence[int] = field(default_factory=lambda: TABLE)
    seed: int = 1

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.dut = Softmax(self.parameters)
        self.word_bits = 8 * self.parameters.channel_lanes
        self.addresses = 1 << self.parameters.address_bits
        self.memory = [self.random.getrandbits(self.word_bits) for _ in range(self.addresses)]
        self.answers: list[int] = []

    def run(self, *maps: Map) -> None:
        """Run the maps one after the other without a reset."""

        async def testbench(ctx: SimulatorContext) -> None:
            self.answers = [0] * (self.parameters.read_latency - 1)
            for job in maps:
                await self.run_map(ctx, job)

        simulator = Simulator(self.dut)
        simulator.add_clock(1e-8)
        simulator.add_testbench(testbench)
        simulator.run()

    def words(self, job: Map, pixel: Sequence[int]) -> list[int]:
        """The words of a pixel, plane by plane, unused bytes 0."""
        lanes = self.parameters.channel_lanes
        return [
            sum(
                (value & 255) << 8 * byte for byte, value in enumerate(pixel[first : first + lanes])
            )
            for first in range(0, job.channels, lanes)
        ]

    def address(self, base: int, job: Map, plane: int, pixel: int) -> int:
        return (base + plane * job.stride + pixel) % self.addresses

    async def run_map(self, ctx: SimulatorContext, job: Map) -> None:
        p, dut = self.parameters, self.dut
        expected_reads: list[int] = []
        expected_writes: list[tuple[int, int]] = []
        for pixel, row in enumerate(job.pixels):
            result = p.compute(row, self.table, job.zero_point)
            planes = list(enumerate(self.words(job, row)))
            # Noise in the unused bytes: they must neither count nor be copied.
            used = 8 * (job.channels - (len(planes) - 1) * p.channel_lanes)
            noise = self.random.getrandbits(self.word_bits) >> used << used
            for plane, word in planes:
                word |= noise if plane == len(planes) - 1 else 0
                self.memory[self.address(job.input_base, job, plane, pixel)] = word
            reads = [self.address(job.input_base, job, plane, pixel) for plane, _ in planes]
            expected_reads += 3 * reads
            expected_writes += [
                (self.address(job.output_base, job, plane, pixel), word)
                for plane, word in enumerate(self.words(job, result))
            ]

        for _ in range(self.random.randrange(3)):
            observed = await self.tick(ctx)
            assert not any(observed[name] for name in ("busy", "done", "write_enable"))

        settings = {
            "input_base": job.input_base,
            "output_base": job.output_base,
            "plane_stride": job.stride,
            "channels_minus_1": job.channels - 1,
            "pixels_minus_1": len(job.pixels) - 1,
            "zero_point": job.zero_point,
        }
        for name, value in settings.items():
            ctx.set(getattr(dut, name), value)
        ctx.set(dut.start, 1)
        observed = await self.tick(ctx)
        assert not any(observed[name] for name in ("busy", "done", "read_enable"))

        reads, writes = [], []
        cycles = 0
        while not observed["done"]:
            # A start while busy is ignored.
            ctx.set(dut.start, self.random.randrange(2))
            observed = await self.tick(ctx)
            assert observed["busy"]
            cycles += 1
            assert cycles <= p.cycles(job.channels, len(job.pixels))
            if observed["read_enable"]:
                reads.append(observed["read_address"])
            if observed["write_enable"]:
                assert not observed["done"]
                writes.append((observed["write_address"], observed["write_data"]))
        ctx.set(dut.start, 0)
        for name in settings:
            signal = getattr(dut, name)
            ctx.set(signal, self.random.getrandbits(len(signal)))

        assert writes == expected_writes
        assert reads == expected_reads
        assert cycles == p.cycles(job.channels, len(job.pixels))

    async def tick(self, ctx: SimulatorContext) -> dict[str, int]:
        """Let a cycle pass and return what the outputs were in it."""
        dut, p = self.dut, self.parameters
        names = (
            "busy",
            "done",
            "read_enable",
            "read_address",
            "table_address",
            "write_enable",
            "write_address",
            "write_data",
        )
        _, _, *values = await ctx.tick().sample(*(getattr(dut, name) for name in names))
        observed = dict(zip(names, values, strict=True))
        noise = self.random.getrandbits(self.word_bits)
        self.answers.append(
            self.memory[observed["read_address"]] if observed["read_enable"] else noise
        )
        ctx.set(dut.read_data, self.answers.pop(0))
        ctx.set(dut.table_data, self.table[observed["table_address"]])
        if observed["write_enable"]:
            self.memory[observed["write_address"]] = observed["write_data"]
        assert len(self.answers) == p.read_latency - 1
        return observed


def random_map(
    generator: random.Random, channels: int, pixels: int, spread: int = 255, **settings: Any
) -> Map:
    rows = []
    for _ in range(pixels):
        low = generator.randint(-128, 127 - spread)
        rows.append([generator.randint(low, low + spread) for _ in range(channels)])
    return Map(rows, **settings)


def extreme_rows(channels: int) -> list[list[int]]:
    """Rows at the ends of the range, with the maximum in the first, the last and every place."""
    rest = channels - 1
    return [
        [-128] * channels,
        [127] * channels,
        [5] * channels,
        [127] + [-128] * rest,
        [-128] * rest + [127],
        [127] * rest + [-128],
        [-128] + [-127] * rest,
        [0] * rest + [1],
        [min(127, index - 128) for index in range(channels)],
    ]
