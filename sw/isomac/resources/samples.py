"""The rows of the sweep as what models are fitted on: features and the figures found."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from isomac.errors import IsomacError
from isomac.resources.estimate import logic_class
from isomac.resources.features import blocks, features
from isomac.resources.speed import speed_class, speed_features
from isomac.sweep.table import Row, parameters_of
from isomac.targets import target


@dataclass(frozen=True)
class Sample:
    """A row, and what is known of it beforehand.

    Members
    -------
    row
        Of the sweep.
    logic, speed
        Which models it belongs to.
    luts, registers, period
        Features.
    blocks
        Hard multipliers and memory blocks by rule.
    """

    row: Row
    logic: str
    speed: str
    luts: Mapping[str, float]
    registers: Mapping[str, float]
    period: Mapping[str, float]
    blocks: tuple[int, int]

    @property
    def accelerator(self) -> str:
        """What samples of one piece of hardware have in common."""
        return self.row.name.partition("@")[0]


def make_samples(rows: Iterable[Row]) -> list[Sample]:
    """Return a sample for each row.

    Raises
    ------
    IsomacError
        If a row is of other hardware, or of a target that is unknown.
    """
    return [_sample(row) for row in rows]


def _sample(row: Row) -> Sample:
    parameters, device = parameters_of(row), target(row.target)
    try:
        constant = {str(name): int(bits) for name, bits in json.loads(row.constant_bits).items()}
    except (ValueError, TypeError, AttributeError):
        raise IsomacError(
            f"constant_bits of {row.name} must be numbers by name, not {row.constant_bits!r}"
        ) from None
    has_multipliers = device.resources["dsp"].count > 0
    luts, registers = features(
        parameters, device.family, has_multipliers=has_multipliers, constant_bits=constant
    )
    return Sample(
        row=row,
        logic=logic_class(device),
        speed=speed_class(device),
        luts=luts,
        registers=registers,
        period=speed_features(parameters),
        blocks=blocks(
            parameters, device.family, has_multipliers=has_multipliers, constant_bits=constant
        ),
    )
