"""`manifest.json` of a bundle as frozen dataclasses.

Only what co-simulation needs is there; other keys are left to whom they concern.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Storage:
    """Where a tensor lies in the activation memory.

    Word `(plane, y, x)` is at `base + (plane * height + y) * width + x`; logical channel `c` is
    byte `channels[c] % M` of plane `channels[c] // M`.
    """

    base: int
    planes: int
    height: int
    width: int
    shape: tuple[int, ...]
    channels: tuple[int, ...]

    @property
    def words(self) -> int:
        """Words of all planes."""
        return self.planes * self.height * self.width


@dataclass(frozen=True)
class Layer:
    """One entry of `layers`: what ends with a pulse of `layer_done`.

    `storage` is None for a layer that writes nothing, such as the departure of the output.
    """

    name: str
    operation: str
    source: str
    macs: int
    predicted_cycles: int
    storage: Storage | None

    @property
    def title(self) -> str:
        """Name and operation, as messages show them."""
        return f"{self.name!r} ({self.operation})"


@dataclass(frozen=True)
class OutputTensor:
    """A tensor of the output stream, whose words follow each other as they do in `storage`."""

    name: str
    storage: Storage


@dataclass(frozen=True)
class Memory:
    """A memory with an image: `depth` rows of `width` bits, the first `used` of them meaningful.

    `load_index` addresses it through the load port and is None where there is none.
    """

    name: str
    file: str
    width: int
    depth: int
    used: int
    load_index: int | None


@dataclass(frozen=True)
class Manifest:
    """The manifest; field names as in the file."""

    network: str
    mode: str
    top: str
    verilog: str
    word_bytes: int
    multipliers: int
    macs: int
    predicted_cycles: int
    files: Mapping[str, str]
    memories: tuple[Memory, ...]
    input_words: int
    output_words: int
    output_tensors: tuple[OutputTensor, ...]
    layers: tuple[Layer, ...]
    overlap_input: bool
    interface: str = "stream"

    def stalls(self, stall: float) -> bool:
        """Whether the streams are stalled, by a bench or by a bus that they share."""
        return stall > 0 or self.interface == "wishbone"
