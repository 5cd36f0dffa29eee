"""Memory images and the stream that carries them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from isomac_cosim.bundle import open_bundle
from isomac_cosim.errors import CosimError
from isomac_cosim.image_file import read_rows
from isomac_cosim.images import load_stream, place_images
from isomac_cosim.manifest import Memory
from tests.cosim.standin.bundle import StandIn

MEMORY = Memory("m", "m.hex", width=36, depth=8, used=3, load_index=4)


def test_packets_of_the_load_stream(tmp_path: Path) -> None:
    bundle = open_bundle(StandIn(programmable=True).write(tmp_path))
    other = replace(MEMORY, name="other", load_index=None)
    manifest = replace(bundle.manifest, memories=(MEMORY, other))
    (tmp_path / "m.hex").write_text("abcdef012\n00000000f\n")
    stream = load_stream(tmp_path, manifest)
    assert stream.dtype == np.uint32
    # Index, rows, then rows of 36 bits in two words, the last one beyond the end of the file.
    assert [f"{word:x}" for word in stream] == ["4", "3", "bcdef012", "a", "f", "0", "0", "0"]


def test_no_memory_to_load(tmp_path: Path) -> None:
    bundle = open_bundle(StandIn().write(tmp_path))
    with pytest.raises(CosimError, match="has no memory that could be filled"):
        load_stream(tmp_path, bundle.manifest)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("12\nxy\n", "is no memory image"), ("1000000000\n", "rows wider than the 36 bits")],
)
def test_unfit_image(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "m.hex").write_text(text)
    with pytest.raises(CosimError, match=sentence):
        read_rows(tmp_path / "m.hex", MEMORY)


@pytest.mark.parametrize("blank", [False, True])
def test_images_in_the_run_folder(tmp_path: Path, blank: bool) -> None:
    bundle = open_bundle(StandIn(programmable=True).write(tmp_path / "bundle"))
    run = tmp_path / "run"
    run.mkdir()
    place_images(bundle, run, blank=blank)
    weights = (run / "weights.hex").read_text()
    expected = "0\n" * 4 if blank else (bundle.folder / "weights.hex").read_text()
    assert weights == expected
