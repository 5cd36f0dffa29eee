"""A bundle is checked before it is simulated; each fault has its sentence."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from isomac_cosim.bundle import open_bundle
from isomac_cosim.errors import CosimError
from tests.cosim.edit import edit_manifest, edit_vectors
from tests.cosim.standin.bundle import StandIn, rehash


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return StandIn(programmable=True).write(tmp_path / "bundle")


def refusal(folder: Path) -> str:
    with pytest.raises(CosimError) as caught:
        open_bundle(folder)
    return str(caught.value)


def test_good_bundle(folder: Path) -> None:
    bundle = open_bundle(folder)
    assert bundle.inputs == 5
    manifest = bundle.manifest
    assert [layer.title for layer in manifest.layers[:2]] == ["'input' (input)", "'add' (add)"]
    assert [memory.load_index for memory in manifest.memories] == [0, 1]
    assert bundle.vector("input", 1, 3).shape == (2, 12, 4)


def test_no_folder(tmp_path: Path) -> None:
    assert refusal(tmp_path / "absent").endswith("absent is not a folder, so it is no bundle.")


@pytest.mark.parametrize(
    "name", ["manifest.json", "accelerator.v", "weights.hex", "program.hex", "vectors.npz"]
)
def test_missing_file(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert f"{folder / name} is missing" in refusal(folder)


@pytest.mark.parametrize("name", ["accelerator.v", "weights.hex", "program.hex", "vectors.npz"])
def test_damaged_file(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    assert refusal(folder) == f"{folder / name} is damaged: its SHA-256 is not the manifest's."


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "manifest.json cannot be read"),
        ("[" * 100_000, "manifest.json cannot be read: it is nested too deeply."),
        ('{"format": ' + "9" * 5000 + "}", "manifest.json cannot be read: Exceeds the limit"),
        ('{"format": NaN}', "must have format 1, not nan."),
        ("\xff", "manifest.json cannot be read"),
        ("[1]", "must have format 1, not None."),
        ('{"format": 2}', "must have format 1, not 2."),
        ('{"format": 1}', "manifest.json is damaged: 'network' is missing."),
    ],
)
def test_unreadable_manifest(folder: Path, text: str, sentence: str) -> None:
    (folder / "manifest.json").write_bytes(text.encode("latin-1"))
    assert sentence in refusal(folder)


def setting(*path: Any, to: Any) -> Callable[[dict[str, Any]], None]:
    def change(manifest: dict[str, Any]) -> None:
        place: Any = manifest
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = to

    return change


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (setting("mode", to="loose"), "mode is 'loose'"),
        (setting("word_bytes", to=0), "word_bytes must be an integer in 1..65536, not 0."),
        (setting("word_bytes", to=float("inf")), "in 1..65536, not inf."),
        (setting("word_bytes", to=float("nan")), "in 1..65536, not nan."),
        (setting("word_bytes", to=4.0), "in 1..65536, not 4.0."),
        (setting("word_bytes", to="4"), "in 1..65536, not '4'."),
        (setting("word_bytes", to=True), "in 1..65536, not True."),
        (setting("word_bytes", to=10**4000), "in 1..65536, not a number of 13288 bits."),
        (setting("multipliers", to=0), "multipliers must be an integer in 1..16777216, not 0."),
        (setting("macs", to=-5), "macs must be an integer in 0..1152921504606846976, not -5."),
        (setting("top", to="a b"), "top is 'a b'"),
        (setting("layers", to=[]), "there are no layers"),
        (setting("layers", to=7), "layers must be a list of at most 65536 entries, not 7."),
        (setting("layers", 1, to=[]), "layers[1] must be an object, not a list of 0."),
        (setting("macs", to="many"), "macs must be an integer in"),
        (setting("network", to="net"), "network must be an object, not 'net'."),
        (setting("network", "name", to="\x1b[2J"), "network.name must be a text without control"),
        (
            setting("network", "name", to="\ud800"),
            "network.name must be a text of whole characters",
        ),
        (setting("top", to="x" * 101), "top is 'xxx"),
        (setting("parameters", to=[]), "parameters must be an object, not a list of 0."),
        (setting("parameters", to={"overlap_input": 1}), "overlap_input must be true or false"),
        (setting("predicted_cycles", to=50), "predicted cycles add up to 51, not 50"),
        (setting("verilog", to="../accelerator.v"), "'../accelerator.v' is no plain file name"),
        (setting("verilog", to=".."), "'..' is no plain file name"),
        (setting("memories", 0, "file", to="/etc/passwd"), "'/etc/passwd' is no plain file name"),
        (setting("memories", 0, "file", to=""), "'' is no plain file name"),
        (setting("memories", 0, "file", to="job.json"), "'job.json' must end with .hex"),
        (setting("memories", 0, "file", to="weights.hex"), "two memories have the same files"),
        (setting("memories", 0, "load_index", to=1), "two memories have the same load indices"),
        (setting("memories", 0, "depth", to=1 << 40), "memories[0].depth must be an integer in"),
        (setting("memories", 0, "used", to=9), "memories[0].used must be an integer in 0..8"),
        (setting("verilog", to="manifest.json"), "'manifest.json' must end with .v"),
        (setting("layers", 1, "storage", "planes", to=0), "storage.planes must be an integer in"),
        (setting("layers", 1, "storage", "planes", to=1 << 24), "has 100663296 words, more than"),
        (setting("layers", 1, "storage", "base", to=1 << 40), "layers[1].storage.base must be"),
        (setting("input", "words", to=1 << 26), "input has 67108864 words, more than"),
        (setting("output", "words", to=13), "the output tensors have 12 words, not 13"),
        (
            setting("layers", 1, "storage", "channels", to=[0, 1, 2, 3, 4, 8]),
            "the channels of layer 'add' (add) do not fit its planes",
        ),
        (
            setting("output", "tensors", 0, "channels", to=[0, 1, 2, 3, 4, 4]),
            "the channels of output 'x' do not fit its planes",
        ),
    ],
)
def test_contradictory_manifest(
    folder: Path, change: Callable[[dict[str, Any]], None], sentence: str
) -> None:
    edit_manifest(folder, change)
    message = refusal(folder)
    assert "manifest.json is damaged" in message
    assert sentence in message


def test_file_without_a_hash(folder: Path) -> None:
    edit_manifest(folder, lambda manifest: manifest["files"].pop("weights.hex"))
    assert refusal(folder) == f"The manifest of {folder} has no SHA-256 of weights.hex."


def test_verilog_that_reads_an_unknown_image(folder: Path) -> None:
    path = folder / "accelerator.v"
    path.write_text(path.read_text().replace("program.hex", "secret.hex"))
    rehash(folder)
    assert "reads 'secret.hex', which is no memory of the manifest; a bundle" in refusal(folder)


def put(name: str, array: Any) -> Callable[[dict[str, Any]], None]:
    return lambda arrays: arrays.__setitem__(name, array)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda arrays: arrays.pop("layer_1"), "has no array 'layer_1'."),
        (lambda arrays: arrays.pop("input"), "has no array 'input'."),
        (
            put("layer_1", np.zeros((5, 6, 3, 3), np.int8)),
            "must be int8 of shape (5, 6, 3, 2), not int8 of shape (5, 6, 3, 3).",
        ),
        (
            put("layer_2", np.zeros((4, 6, 3, 2), np.int8)),
            "must be int8 of shape (5, 6, 3, 2), not int8 of shape (4, 6, 3, 2).",
        ),
        (put("output", np.zeros((5, 12, 4), np.uint8)), "not uint8 of shape (5, 12, 4)."),
        (put("input", np.zeros((5, 12, 5), np.int8)), "not int8 of shape (5, 12, 5)."),
        (put("output_mask", np.ones((12, 4), bool)), "is not that of the manifest's output."),
    ],
)
def test_unfit_vectors(
    folder: Path, change: Callable[[dict[str, Any]], None], sentence: str
) -> None:
    edit_vectors(folder, change)
    assert sentence in refusal(folder)


def test_vectors_that_are_no_archive(folder: Path) -> None:
    (folder / "vectors.npz").write_bytes(b"nothing")
    rehash(folder)
    assert "vectors.npz cannot be read: File is not a zip file." in refusal(folder)


def test_additional_files_are_checked_too(folder: Path) -> None:
    (folder / "graph.isomac").write_bytes(b"graph")

    def change(manifest: dict[str, Any]) -> None:
        manifest["files"]["graph.isomac"] = "0" * 64

    edit_manifest(folder, change)
    assert "graph.isomac is damaged" in refusal(folder)
    open_bundle(folder, verify_files=False)


def test_manifest_keeps_what_it_does_not_know(folder: Path) -> None:
    edit_manifest(folder, setting("future", to={"anything": 1}))
    assert open_bundle(folder).manifest.network == "stand-in"
    assert json.loads((folder / "manifest.json").read_text())["future"] == {"anything": 1}
