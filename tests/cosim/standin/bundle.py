"""Writes bundles for the stand-in accelerator: the unit-test fixture of co-simulation.

The network is two layers over one tensor: a bias per byte lane (`add`) and a rectifier (`relu`).
Its expected tensors are computed here with numpy, independently of the Verilog.
"""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

HERE = Path(__file__).parent
OPERATIONS = {
    "arrive": 0, "add": 1, "relu": 2, "depart": 3, "hang": 4, "fail": 5, "twice": 6, "finish": 7,
}  # fmt: skip


#: What a byte lane computes, for its lowest bit.
LANE = """\
    assign trace_data[{0} +: 8] =
        operation == ARRIVE ? input_data[{0} +: 8] :
        operation == ADD ? source[{0} +: 8] + weight[{0} +: 8] :
        source[{0} + 7] ? 8'd0 : source[{0} +: 8];"""


@dataclass
class Row:
    """One program row: an operation over `words` words from `source` to `target`."""

    operation: str
    weight: int = 0
    source: int = 0
    target: int = 0
    words: int = 1

    def encode(self) -> int:
        """The row as 64 bits."""
        code = OPERATIONS[self.operation] << 48
        return code | self.weight << 36 | self.source << 24 | self.target << 12 | self.words


@dataclass
class StandIn:
    """A network for the stand-in; tests change its fields before they write it.

    Parameters
    ----------
    word_bytes: bytes of a memory word, M.
    shape: (channels, height, width) of the one tensor.
    inputs: number of input tensors in the vectors.
    programmable: whether the accelerator has a load port.
    program: rows that replace the correct program, to provoke faults.
    """

    word_bytes: int = 4
    shape: tuple[int, int, int] = (6, 3, 2)
    inputs: int = 5
    programmable: bool = False
    seed: int = 1
    program: list[Row] = field(default_factory=list)

    def __post_init__(self) -> None:
        channels, height, width = self.shape
        self.planes = -(-channels // self.word_bytes)
        self.words = self.planes * height * width
        if not self.program:
            a, b, c = (k * self.words + 16 for k in range(3))
            self.program = [
                Row("arrive", target=a, words=self.words),
                Row("add", weight=2, source=a, target=b, words=self.words),
                Row("relu", source=b, target=c, words=self.words),
                Row("depart", source=c, words=self.words),
            ]

    def to_words(self, tensor: NDArray[np.int8]) -> NDArray[np.int8]:
        """(N, C, H, W) as memory words (N, words, M); bytes of no channel are 0."""
        count, channels, height, width = tensor.shape
        padded = np.zeros((count, self.planes * self.word_bytes, height, width), np.int8)
        padded[:, :channels] = tensor
        split = padded.reshape(count, self.planes, self.word_bytes, height * width)
        return split.transpose(0, 1, 3, 2).reshape(count, self.words, self.word_bytes)

    def storage(self, base: int) -> dict[str, Any]:
        """The manifest's description of where the tensor lies when it begins at word `base`."""
        channels, height, width = self.shape
        return {
            "base": base, "planes": self.planes, "height": height, "width": width,
            "shape": list(self.shape), "channels": list(range(channels)),
        }  # fmt: skip

    def write(self, folder: Path) -> Path:
        """Write the bundle into `folder`, which is made, and return it."""
        folder.mkdir(parents=True, exist_ok=True)
        random = np.random.default_rng(self.seed)
        weights = random.integers(-128, 128, (4, self.word_bytes)).astype(np.int8)
        arrived = random.integers(-128, 128, (self.inputs, *self.shape)).astype(np.int8)
        lanes = np.arange(self.shape[0]) % self.word_bytes
        added = arrived + weights[2][lanes][:, None, None]  # int8 wraps around, as the adder does
        rectified = np.maximum(added, 0).astype(np.int8)
        mask = self.to_words(np.ones((1, *self.shape), np.int8))[0] != 0
        np.savez(
            folder / "vectors.npz",
            input=self.to_words(arrived),
            output=self.to_words(rectified),
            output_mask=np.ascontiguousarray(mask),
            layer_0=arrived,
            layer_1=added,
            layer_2=rectified,
        )
        image = [bytes(row.tobytes())[::-1].hex() for row in weights]
        (folder / "weights.hex").write_text("\n".join(image) + "\n")
        write_program(folder, self.program)
        (folder / "accelerator.v").write_text(self.verilog())
        (folder / "manifest.json").write_text(json.dumps(self.manifest(), indent=1))
        rehash(folder)
        return folder

    def verilog(self) -> str:
        """The stand-in for this word size, with a load port in programmable mode."""
        text = (HERE / "accelerator.v").read_text()
        ports, logic = "", ""
        if self.programmable:
            ports = ",\n    input load_valid,\n    output load_ready,\n    input [31:0] load_data"
            logic = "\n" + (HERE / "load_port.v").read_text().rstrip("\n")
        lanes = "\n".join(LANE.format(8 * lane) for lane in range(self.word_bytes))
        text = text.replace("@LANES@", lanes)
        text = text.replace("@LOAD_PORTS@", ports).replace("@LOAD_LOGIC@", logic)
        values = {
            "BYTES": self.word_bytes, "BITS": 8 * self.word_bytes,
            "WEIGHT_ROWS": 4, "WEIGHT_ADDRESS_BITS": 2, "PROGRAM_ROWS": 8,
        }  # fmt: skip
        for name, value in values.items():
            text = text.replace(f"@{name}@", str(value))
        return text

    def manifest(self) -> dict[str, Any]:
        """The manifest without the hashes of the files."""
        words = self.words
        bases = [k * words + 16 for k in range(3)]
        macs = int(np.prod(self.shape))

        def layer(name: str, cycles: int, work: int, base: int | None) -> dict[str, Any]:
            storage = None if base is None else self.storage(base)
            return {
                "name": name, "operation": name, "source": "", "macs": work,
                "predicted_cycles": cycles, "storage": storage,
            }  # fmt: skip

        layers = [
            layer("input", words, 0, bases[0]),
            layer("add", words + 1, macs, bases[1]),
            layer("relu", words + 1, 0, bases[2]),
            layer("output", words + 1, 0, None),
        ]
        memories = [
            {"name": "program", "file": "program.hex", "width": 64, "depth": 8, "used": 4},
            {"name": "weights", "file": "weights.hex", "width": 8 * self.word_bytes, "depth": 4,
             "used": 4},
        ]  # fmt: skip
        for index, memory in enumerate(memories):
            memory["load_index"] = index if self.programmable else None
        tensor = {"name": "x", "shape": list(self.shape)}
        return {
            "format": 1, "generator": "stand-in", "network": {"name": "stand-in", "sha256": ""},
            "mode": "programmable" if self.programmable else "fixed", "top": "accelerator",
            "verilog": "accelerator.v", "word_bytes": self.word_bytes,
            "multipliers": self.word_bytes, "macs": macs,
            "predicted_cycles": sum(entry["predicted_cycles"] for entry in layers),
            "parameters": {}, "reasons": {}, "files": {}, "memories": memories,
            "input": {"words": words, "tensors": [tensor]},
            "output": {"words": words, "tensors": [tensor | self.storage(bases[2])]},
            "layers": layers,
        }  # fmt: skip


def write_program(folder: Path, program: list[Row]) -> None:
    """Write the program image of a bundle; rows beyond the program finish it."""
    rows = program + [Row("finish")] * (8 - len(program))
    (folder / "program.hex").write_text("".join(f"{row.encode():016x}\n" for row in rows))


def rehash(folder: Path) -> None:
    """Make the manifest's hashes agree with the files again, after a test has changed one."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    names = ["accelerator.v", "vectors.npz", *(entry["file"] for entry in manifest["memories"])]
    manifest["files"] = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names
    }
    path.write_text(json.dumps(manifest, indent=1))
