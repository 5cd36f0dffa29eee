"""What a scoreboard has counted, in a form that passes from the simulator process to its parent."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Mismatch:
    """The first wrong byte: of the first wrong input its first wrong layer.

    `tensor` names one of the output stream and is None for what a layer wrote; `position` is
    (y, x, channel). `found` is None if the byte was never written; `wrong` of `total` bytes of this
    tensor and input differ.
    """

    input: int
    layer: str
    operation: str
    tensor: str | None
    position: tuple[int, int, int]
    expected: int
    found: int | None
    wrong: int
    total: int

    def sentence(self) -> str:
        """One sentence for people."""
        y, x, channel = self.position
        of = "" if self.tensor is None else f" of tensor {self.tensor!r}"
        found = "was never written" if self.found is None else f"is {self.found}"
        return (
            f"Layer {self.layer!r} ({self.operation}) of image {self.input}: the byte at y {y}, "
            f"x {x}, channel {channel}{of} {found}, not {self.expected}; "
            f"{self.wrong} of {self.total} bytes are wrong."
        )


@dataclass
class LayerTally:
    """Sums over all inputs for one layer; `cycles` is that of the first input."""

    compared: int = 0
    mismatches: int = 0
    cycles: int | None = None
    cycles_differ: bool = False


@dataclass
class Tally:
    """Sums over all inputs.

    Parameters
    ----------
    inputs: inputs that were run to the end.
    cycles: of each such input.
    layers: one entry a layer.
    first: the first wrong byte.
    failures: sentences on what is wrong besides bytes: hangs, error codes, stray writes.
    cycle_differences: sentences on counters that do not agree with the prediction.
    back_to_back_cycles: from the end of an inference to that of the next, where they overlap.
    clocks: simulated cycles.
    simulation_seconds: spent in the simulated inferences.
    total_seconds: the same, with the comparison.
    compiler: name and version of the compiler that made the simulator.
    """

    inputs: int = 0
    cycles: list[int] = field(default_factory=list)
    layers: list[LayerTally] = field(default_factory=list)
    first: Mismatch | None = None
    failures: list[str] = field(default_factory=list)
    cycle_differences: list[str] = field(default_factory=list)
    back_to_back_cycles: float | None = None
    clocks: int = 0
    simulation_seconds: float = 0.0
    total_seconds: float = 0.0
    compiler: str = ""

    def save(self, path: Path) -> None:
        """Write the tally as JSON."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @staticmethod
    def load(path: Path) -> "Tally":
        """Read what `save` wrote."""
        return Tally.from_dict(json.loads(path.read_text(encoding="utf-8")))

    @staticmethod
    def from_dict(data: dict[str, Any]) -> "Tally":
        """The inverse of `dataclasses.asdict`, from JSON."""
        data["layers"] = [LayerTally(**entry) for entry in data["layers"]]
        if data["first"] is not None:
            position = tuple(data["first"].pop("position"))
            data["first"] = Mismatch(position=position, **data["first"])
        return Tally(**data)
