"""What can become of a point, besides a row."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    """A point that was finished before, with the same hardware and tools."""

    name: str


@dataclass(frozen=True)
class Unmade:
    """A point that could not be done, and why."""

    name: str
    reason: str
