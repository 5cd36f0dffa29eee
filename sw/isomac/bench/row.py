"""A row of the suite's table: one network on one budget."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Row:
    """What was chosen, predicted and measured.

    Parameters
    ----------
    network, budget
        Key of the network, and the multipliers that the array may have.
    pixels, pixel_lanes, channels, requant_lanes, banks
        The shape that was chosen: rows x columns of P, P, M, R, B.
    multipliers, requant_multipliers
        Of the array, P * M, and of the requantization beside it.
    macs
        Multiply-accumulates of an inference.
    cycles
        Of an inference, counted by the simulated hardware from the first input word accepted to the
        last output word accepted; the most if the inputs differ, 0 if none came to its end.
    predicted_cycles
        Of the cycle model.
    utilization
        macs / (cycles * multipliers).
    back_to_back_cycles
        From the end of an inference to that of the next while the next input arrives behind the
        work on this one, measured like `cycles`; None if fewer than two inputs ran.
    throughput_utilization
        macs / (back_to_back_cycles * multipliers), None likewise.
    bit_exact
        Every input came to its end and every byte is as expected.
    cycles_exact
        Cycles are as predicted, in total and layer by layer, for every input.
    mismatches, bytes_compared, inputs
        Wrong bytes of those compared, over all layers of so many inputs.
    bound
        Cycles of the shape if only partial tiles cost anything, see `isomac.compile.losses`.
    limit
        Most cycles allowed, None if nothing is said.
    lost
        Cycles that went elsewhere than into multiply-accumulates, by reason; macs / multipliers and
        all of them are `predicted_cycles`.
    search_seconds
        Time that it took to choose the shape.
    simulated_cycles_per_second
        Speed of the co-simulation, the comparison not included.
    problems
        What the co-simulation found besides wrong bytes, in sentences.
    """

    network: str
    budget: int
    pixels: str
    pixel_lanes: int
    channels: int
    requant_lanes: int
    banks: int
    multipliers: int
    requant_multipliers: int
    macs: int
    cycles: int
    predicted_cycles: int
    utilization: float
    back_to_back_cycles: float | None
    throughput_utilization: float | None
    bit_exact: bool
    cycles_exact: bool
    mismatches: int
    inputs: int
    bytes_compared: int
    bound: int
    limit: int | None
    lost: dict[str, float]
    search_seconds: float
    simulated_cycles_per_second: float
    problems: tuple[str, ...]

    @property
    def failures(self) -> list[str]:
        """What is wrong with the row, in sentences; empty if it is as it must be."""
        found = list(self.problems)
        if self.mismatches:
            found.append(f"{self.mismatches:,} of {self.bytes_compared:,} bytes are wrong")
        elif not self.bit_exact and not found:
            found.append("the inputs did not all come to their end")
        if self.bit_exact and not self.cycles_exact:
            found.append(f"{self.cycles:,} cycles, and not {self.predicted_cycles:,} as predicted")
        if self.limit is not None and self.cycles > self.limit:
            found.append(f"{self.cycles:,} cycles exceed the limit of {self.limit:,}")
        return [f"{self.network} with {self.budget} multipliers: {text}" for text in found]

    def to_dict(self) -> dict[str, Any]:
        """Return the row as JSON-ready data."""
        return asdict(self)
