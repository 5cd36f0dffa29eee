"""From a PyTorch module to the verdict of Verilator, and faults that must be found."""

import hashlib
import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from isomac import Constraints, build, cosimulate, quantize
from isomac.graph.graph import Graph
from isomac_cosim.report import Report


class Network(nn.Module):
    """A layer of each kind that the hardware treats differently."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(2, 6, 3, padding=1)
        self.depthwise = nn.Conv2d(6, 6, 3, stride=2, padding=1, groups=6)
        self.residual = nn.Conv2d(6, 6, 3, padding=2, dilation=2)
        self.grouped = nn.Conv2d(9, 6, 1, groups=3)
        self.branch = nn.Conv2d(6, 3, 1)
        self.classifier = nn.Linear(6, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.depthwise(torch.relu(self.stem(x))))
        x = torch.relu(x + self.residual(x))
        x = nn.functional.max_pool2d(x, 2)
        x = self.grouped(torch.cat([x, self.branch(x)], 1))
        x = nn.functional.adaptive_avg_pool2d(x, 1).flatten(1)
        return torch.softmax(self.classifier(x), 1)


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    generator = torch.Generator().manual_seed(3)
    return torch.rand(24, 2, 11, 9, generator=generator) - 0.3


@pytest.fixture(scope="module")
def graph(images: torch.Tensor) -> Graph:
    torch.manual_seed(1)
    return quantize(Network().eval(), images)


@pytest.fixture(scope="module")
def bundle(graph: Graph, images: torch.Tensor, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("programmable") / "bundle"
    constraints = Constraints(multipliers=18)
    return build(graph, folder, images[:6], constraints, mode="programmable").path


@pytest.mark.parametrize(
    "prove",
    [
        partial(cosimulate),
        partial(cosimulate, load="port"),
        partial(cosimulate, mode="cycle", stall=0.0),
        partial(cosimulate, mode="cycle", seed=7),
        partial(cosimulate, mode="cycle", seed=8, load="port"),
    ],
    ids=["fast", "load port", "cycle by cycle", "stalls", "stalls and load port"],
)
def test_the_hardware_computes_every_byte(bundle: Path, prove: Callable[..., Report]) -> None:
    report = prove(bundle, progress=False)
    assert report.bit_exact
    assert report.cycles_exact
    assert report.inputs == 6
    assert report.bytes_compared > 6 * 1000


def test_inferences_overlap(graph: Graph, images: torch.Tensor, tmp_path: Path) -> None:
    constraints = Constraints(tile=(1, 3), channel_lanes=6, requant_lanes=6, banks=4)
    build(graph, tmp_path / "bundle", images[:6], constraints, overlap_input=True)
    report = cosimulate(tmp_path / "bundle", progress=False)
    assert report.bit_exact
    assert report.cycles_exact
    assert report.back_to_back_cycles is not None
    assert report.back_to_back_cycles < report.cycles[0]


def flip_weight(folder: Path) -> None:
    """Invert the sign of one weight of the first layer."""
    lines = (folder / "weights.hex").read_text().splitlines()
    lines[4] = f"{int(lines[4], 16) ^ 0x80:0{len(lines[4])}x}"
    (folder / "weights.hex").write_text("\n".join(lines) + "\n")


def flip_program(folder: Path) -> None:
    """Read the wrong pixel: change the first column of the first layer's job."""
    manifest = json.loads((folder / "manifest.json").read_text())
    fields = {field["name"]: field for field in manifest["parameters"]["job_layout"]}
    lines = (folder / "program.hex").read_text().splitlines()
    lines[1] = f"{int(lines[1], 16) ^ 1 << fields['start_x']['offset']:0{len(lines[1])}x}"
    (folder / "program.hex").write_text("\n".join(lines) + "\n")


def flip_expectation(folder: Path) -> None:
    """Expect another byte from the first layer, in image 2 at y 3, x 4, channel 5."""
    with np.load(folder / "vectors.npz") as archive:
        arrays = {name: archive[name] for name in archive.files}
    arrays["layer_1"][2, 5, 3, 4] ^= 1
    np.savez(folder / "vectors.npz", **arrays)


@pytest.mark.parametrize("fault", [flip_weight, flip_program, flip_expectation])
def test_a_fault_is_found(bundle: Path, tmp_path: Path, fault: Callable[[Path], None]) -> None:
    folder = tmp_path / "bundle"
    shutil.copytree(bundle, folder)
    fault(folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    for name in manifest["files"]:
        manifest["files"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    report = cosimulate(folder, progress=False)
    assert not report.bit_exact
    assert report.mismatches >= 1
    assert first_layer(report) == "stem"
    if fault is flip_expectation:
        assert report.mismatches == 1
        assert report.first_mismatch is not None
        assert report.first_mismatch.input == 2
        assert report.first_mismatch.position == (3, 4, 5)


def first_layer(report: Report) -> str | None:
    return None if report.first_mismatch is None else report.first_mismatch.layer
