"""The C driver on the Verilated accelerator: real images, and every way it can fail."""

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from isomac import Constraints, build, quantize
from isomac.bundle.build import MANIFEST
from isomac.golden import evaluate
from isomac_cosim.toolchain import find_compiler
from tests.sw.bundle.small import INPUTS, NETWORK
from tests.sw.interfaces.conftest import ROOT, BundleOf

EXAMPLE = ROOT / "examples" / "driver"
IMAGES = 4


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"example_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(program: Path, argument: Path, folder: Path) -> list[str]:
    done = subprocess.run(
        [program, argument], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_real_images_are_classified_as_the_golden_model_does(tmp_path: Path) -> None:
    fashion = load(ROOT / "examples" / "fashion_cnn" / "model.py")
    graph = quantize(fashion.fashion_cnn(), fashion.calibration())
    bundle = tmp_path / "bundle"
    images = fashion.evaluation()[:IMAGES]
    build(graph, bundle, images, Constraints(multipliers=16), interface="axi")
    program = tmp_path / "classify"
    load(EXAMPLE / "simulate.py").build_program(bundle, EXAMPLE / "classify.c", program)
    with np.load(ROOT / "examples" / "fashion_cnn" / "images.npz") as arrays:
        pixels = arrays["images"][:IMAGES]
    assert pixels.dtype == np.uint8
    (tmp_path / "images.bin").write_bytes(pixels.tobytes())
    lines = run(program, tmp_path / "images.bin", bundle)
    # The integers of the test vectors, which come from the golden model.
    slots = json.loads((bundle / MANIFEST).read_text())["output"]["tensors"][0]["channels"]
    with np.load(bundle / "vectors.npz") as vectors:
        logits = vectors["output"].reshape(IMAGES, -1)[:, slots]
    assert lines == [
        f"{int(row.argmax())}: {' '.join(str(value) for value in row.tolist())}" for row in logits
    ]
    assert [int(line.partition(":")[0]) for line in lines] == fashion.labels()[:IMAGES].tolist()


@pytest.mark.parametrize("interface", ["axi", "wishbone"])
def test_every_corner(bundle_of: BundleOf, tmp_path: Path, interface: str) -> None:
    bundle = shutil.copytree(bundle_of(interface), tmp_path / "bundle")
    # Everything comes through the load port.
    for image in bundle.glob("*.hex"):
        rows = image.read_text().split()
        image.write_text("".join("0" * len(row) + "\n" for row in rows))
    manifest = json.loads((bundle / MANIFEST).read_text())
    program = tmp_path / "corners"
    simulate = load(EXAMPLE / "simulate.py")
    simulate.build_program(
        bundle_of(interface),
        Path(__file__).with_name("driver_corners.c"),
        program,
        board=EXAMPLE / f"verilated_{interface}.cpp",
        optimization="-O0",
    )
    (tmp_path / "tensors.bin").write_bytes(INPUTS.tobytes())
    lines = run(program, tmp_path / "tensors.bin", bundle)
    tensors = evaluate(NETWORK, {NETWORK.inputs[0]: torch.from_numpy(INPUTS)})
    expected = np.concatenate(
        [tensors[name].numpy().reshape(len(INPUTS), -1) for name in NETWORK.outputs], axis=1
    )
    assert manifest["output"]["words"] > 1
    found = np.array([[int(value) for value in line.split()] for line in lines])
    assert np.array_equal(found, expected)


def test_faults_and_ends_at_the_wrong_moment(tmp_path: Path) -> None:
    driver = ROOT / "sw" / "driver"
    program = tmp_path / "faults"
    sources = [Path(__file__).with_name("driver_faults.c"), driver / "isomac.c"]
    objects = [tmp_path / f"{source.stem}.o" for source in sources]
    command = [find_compiler(), "-x", "c", "-std=c99", "-Wall", "-Wextra", "-Werror", f"-I{driver}"]
    for source, target in zip(sources, objects, strict=True):
        subprocess.run([*command, "-c", str(source), "-o", str(target)], check=True)
    subprocess.run([find_compiler(), *map(str, objects), "-o", str(program)], check=True)
    done = subprocess.run([program], capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode == 0, done.stderr


def test_the_driver_is_plain_c99(tmp_path: Path) -> None:
    """And it calls nothing, not even the standard library."""
    command = [find_compiler(), "-x", "c", "-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic"]
    command += ["-Wconversion", "-Wshadow", "-Wstrict-prototypes", "-O1", "-ffreestanding"]
    target = tmp_path / "isomac.o"
    subprocess.run(
        [*command, "-c", str(ROOT / "sw" / "driver" / "isomac.c"), "-o", str(target)], check=True
    )
    names = subprocess.run(
        ["nm", "-u", str(target)], capture_output=True, text=True, check=True
    ).stdout
    assert {line.split()[-1] for line in names.splitlines()} <= {"_GLOBAL_OFFSET_TABLE_"}


def test_the_example_says_how_it_is_used() -> None:
    done = subprocess.run(
        [sys.executable, EXAMPLE / "simulate.py", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "bundle" in done.stdout
