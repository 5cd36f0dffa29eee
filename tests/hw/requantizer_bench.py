"""A requantizer in the simulator: a stream of sums, with the job's constants stable."""

from collections.abc import Mapping, Sequence

from amaranth.sim import SimulatorContext

from isomac_hw.requantizer import Requantization, Requantizer
from tests.hw.bench import simulate


def check(
    widths: Requantization,
    job: Mapping[str, int],
    cases: Sequence[Mapping[str, int]],
    expected: Sequence[int],
) -> None:
    """Send the cases through, one a cycle, and require the bytes `widths.latency` cycles later."""
    dut = Requantizer(widths)

    async def testbench(ctx: SimulatorContext) -> None:
        for name, value in job.items():
            ctx.set(getattr(dut, name), value)
        found = []
        for cycle in range(len(cases) + widths.latency):
            if cycle >= widths.latency:
                found.append(ctx.get(dut.byte))
            # After the last case anything may come.
            for name, value in cases[cycle % len(cases)].items():
                ctx.set(getattr(dut, name), value)
            await ctx.tick()
        assert found == expected

    simulate(dut, testbench)
