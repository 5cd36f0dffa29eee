"""A case of a batch, and how it travels to the simulator process: as the bytes of an .npz file."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomac_cosim.errors import CosimError
from isomac_cosim.expected import Expected
from isomac_cosim.images import load_packet
from isomac_cosim.manifest import Manifest
from isomac_cosim.manifest_file import parse_manifest
from isomac_cosim.tally import Tally

#: Environment variable with the path of the socket on which the simulator process asks for cases.
SOCKET = "ISOMAC_COSIM_SOCKET"


@dataclass(frozen=True)
class Case:
    """A program for programmable hardware, with inputs and everything that is expected of them.

    Parameters
    ----------
    name: for messages.
    manifest: as in the manifest.json of a bundle; it need not name files.
    images: used rows of each memory by its name, as unsigned integers.
    arrays: as in the vectors.npz of a bundle.
    """

    name: str
    manifest: Mapping[str, Any]
    images: Mapping[str, Sequence[int]]
    arrays: Mapping[str, NDArray[Any]]

    def load_stream(self) -> NDArray[np.uint32]:
        """The words for the load port, uint32 (n,)."""
        packets = [
            load_packet(memory["load_index"], memory["width"], self.images[memory["name"]])
            for memory in self.manifest["memories"]
        ]
        return np.concatenate(packets)

    def to_bytes(self) -> bytes:
        """Everything that the simulator process has to know."""
        text = json.dumps(self.manifest).encode()
        buffer = io.BytesIO()
        np.savez(
            buffer,
            allow_pickle=False,
            manifest=np.frombuffer(text, np.uint8),
            load=self.load_stream(),
            **self.arrays,
        )
        return buffer.getvalue()


@dataclass(frozen=True)
class ReceivedCase:
    """What the simulator process makes of it: manifest, load stream, inputs, expected values."""

    manifest: Manifest
    load: NDArray[np.uint32]
    inputs: NDArray[np.int8]
    expected: Expected

    @staticmethod
    def from_bytes(message: bytes) -> "ReceivedCase":
        """The inverse of `Case.to_bytes`.

        Raises
        ------
        CosimError
            If the manifest contradicts itself.
        """
        with np.load(io.BytesIO(message), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        data = json.loads(arrays["manifest"].tobytes())
        manifest = parse_manifest(data, Path("manifest of the case"))
        layers = {
            index: arrays[f"layer_{index}"]
            for index, layer in enumerate(manifest.layers)
            if layer.storage is not None
        }
        expected = Expected(start=0, layers=layers, output=arrays["output"])
        return ReceivedCase(manifest, arrays["load"], arrays["input"], expected)


@dataclass(frozen=True)
class CaseResult:
    """What came of a case: its tally, and all that is wrong in sentences, none if all is right."""

    name: str
    tally: Tally
    wrong: tuple[str, ...]

    @property
    def bytes_compared(self) -> int:
        """Over all layers, outputs and inputs."""
        return sum(layer.compared for layer in self.tally.layers)

    @staticmethod
    def of(case: Case, tally: Tally) -> "CaseResult":
        """Draw the conclusion from a tally."""
        wrong = [] if tally.first is None else [tally.first.sentence()]
        wrong += [*tally.failures, *tally.cycle_differences]
        count = len(case.arrays["input"])
        if not wrong and tally.inputs != count:
            wrong.append(f"{tally.inputs} of {count} inputs came to their end.")
        return CaseResult(case.name, tally, tuple(wrong))


def tally_to_bytes(tally: Tally) -> bytes:
    """A tally as JSON."""
    return json.dumps(asdict(tally)).encode()


def tally_from_bytes(message: bytes) -> Tally:
    """The inverse of `tally_to_bytes`.

    Raises
    ------
    CosimError
        If the simulator process has sent a sentence about an error in the place of a tally.
    """
    data = json.loads(message)
    if "error" in data:
        raise CosimError(data["error"])
    return Tally.from_dict(data)
