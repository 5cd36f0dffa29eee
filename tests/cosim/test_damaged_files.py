"""Files of a bundle that are damaged, or made to do harm: refused before anything is built."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from isomac_cosim import document, vectors
from isomac_cosim.bundle import open_bundle
from isomac_cosim.cli import run_cli
from isomac_cosim.cosimulate import cosimulate
from isomac_cosim.errors import CosimError
from tests.cosim.standin.bundle import StandIn, rehash

#: Name and content of the members of an archive.
Members = dict[str, bytes]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def build(*arguments: object, **options: object) -> None:
        raise AssertionError("a damaged bundle must not be built")

    monkeypatch.setattr("isomac_cosim.cosimulate.build_simulator", build)
    return StandIn().write(tmp_path / "bundle")


def refusal(folder: Path) -> str:
    rehash(folder)
    with pytest.raises(CosimError) as caught:
        cosimulate(folder, progress=False)
    message = str(caught.value)
    assert message.count("\n") == 0
    assert run_cli(folder, progress=False) == 2
    return message


def members(folder: Path) -> Members:
    with zipfile.ZipFile(folder / "vectors.npz") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(folder: Path, content: Members, compression: int = zipfile.ZIP_DEFLATED) -> None:
    with zipfile.ZipFile(folder / "vectors.npz", "w", compression) as archive:
        for name, data in content.items():
            archive.writestr(name, data)


def npy(array: object) -> bytes:
    file = io.BytesIO()
    np.save(file, np.asarray(array), allow_pickle=True)
    return file.getvalue()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("0123zz67\n", "is no memory image: row 1 is '0123zz67'."),
        ("01234567\n-1234567\n", "is no memory image: row 2 is '-1234567'."),
        ("@00000000\n01234567\n", "is no memory image: row 1 is '@00000000'."),
        ("0x000001\n", "is no memory image: row 1 is '0x000001'."),
        ("xxxxxxxx\n", "is no memory image: row 1 is 'xxxxxxxx'."),
        ("012345678\n", "has rows wider than the 32 bits of its memory."),
        ("1\n" * 5, "has 5 rows, its memory has 4."),
        ("0" * 1000, "is larger than 4 rows of 32 bits can be."),
    ],
)
def test_image(folder: Path, text: str, sentence: str) -> None:
    (folder / "weights.hex").write_text(text)
    assert refusal(folder) == f"{folder / 'weights.hex'} {sentence}"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda m: m.update({"input.npy": m["input.npy"][:-1]}), "must take 368 bytes as"),
        (lambda m: m.update({"output_mask.npy": m["output_mask.npy"][:-9]}), "must take 176 bytes"),
        (lambda m: m.update({"input.npy": m["input.npy"] + b"0"}), "must take 368 bytes as"),
        (lambda m: m.update({"input.npy": b""}), "'input' in {} has no header of a .npy file"),
        (lambda m: m.update({"input.npy": b"\x93NUMPY\x01\x00\xff\xff"}), "has no header of a"),
        (
            lambda m: m.update({"input.npy": npy([{}])}),
            "has no header of a .npy file, version 1.0.",
        ),
        (
            lambda m: m.update({"input.npy": m["input.npy"].replace(b"(5, ", b"(5+")}),
            "has no header of a .npy file, version 1.0.",
        ),
        (
            lambda m: m.update({"input.npy": m["input.npy"].replace(b"(5, ", b"(9, ")}),
            "must take 560 bytes as int8 of shape (9, 12, 4), not 368.",
        ),
        (
            lambda m: m.update({"input.npy": m["input.npy"].replace(b"False", b"True ")}),
            "has no header of a .npy file, version 1.0.",
        ),
        (
            lambda m: m.update({"input.npy": npy(np.zeros((5, 12, 4), np.int8, order="F"))}),
            "'input' in {} must be in C order.",
        ),
    ],
)
def test_array(folder: Path, change: Callable[[Members], None], sentence: str) -> None:
    content = members(folder)
    change(content)
    write(folder, content)
    assert sentence.format(folder / "vectors.npz") in refusal(folder)


def test_absurd_number_of_inputs(folder: Path) -> None:
    content = members(folder)
    header = content["input.npy"].replace(b"(5, 12, 4), }    ", b"(99999999, 12, 4)")
    content["input.npy"] = header.replace(b"4)       ", b"4), }    ")
    write(folder, content)
    assert "must take 4800000080 bytes as int8 of shape (99999999, 12, 4)" in refusal(folder)


def test_bounded_arrays(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "ARRAYS_BYTES_MAX", 1000)
    assert "must take at most 1000 bytes together, they take more." in refusal(folder)


def test_bounded_manifest(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "DOCUMENT_MAX", 1000)
    assert "manifest.json must have at most 1000 bytes, it has more." in refusal(folder)


def test_encrypted_member(folder: Path) -> None:
    path = folder / "vectors.npz"
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    path.write_bytes(data)
    assert refusal(folder) == f"'input' in {path} is encrypted."


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, 99])
def test_compression(folder: Path, method: int) -> None:
    path = folder / "vectors.npz"
    if method == 99:
        data = bytearray(path.read_bytes())
        for signature, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
            data[data.index(signature) + offset] = method
        path.write_bytes(data)
    else:
        write(folder, members(folder), method)
    sentence = f"'input' in {path} must be stored or deflated, not compressed by method {method}."
    assert refusal(folder) == sentence


def test_two_arrays_of_a_name(folder: Path) -> None:
    with zipfile.ZipFile(folder / "vectors.npz", "a") as archive:
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("input.npy", b"")
    assert "has two arrays 'input'." in refusal(folder)


def test_wrong_checksum(folder: Path) -> None:
    path = folder / "vectors.npz"
    data = bytearray(path.read_bytes())
    data[data.index(b"\x93NUMPY") + 200] ^= 1
    path.write_bytes(data)
    assert refusal(folder) == f"{path} cannot be read: Bad CRC-32 for file 'input.npy'."


def test_report_folder_that_leads_elsewhere(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (folder / "reports").symlink_to(tmp_path / "elsewhere")
    assert refusal(folder).endswith("must be a folder of the bundle: reports are written to it.")


def test_report_that_leads_elsewhere(tmp_path: Path) -> None:
    folder = StandIn().write(tmp_path / "bundle")
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (folder / "reports").mkdir()
    for name in ("cosim.json", "outputs.npy"):
        (folder / "reports" / name).symlink_to(victim)
    assert cosimulate(folder, 1, progress=False).bit_exact
    assert victim.read_text() == "precious"
    assert not (folder / "reports" / "cosim.json").is_symlink()


def test_rows_of_vectors(folder: Path) -> None:
    bundle = open_bundle(folder)
    with np.load(folder / "vectors.npz") as arrays:
        for name in ("input", "output", "layer_1"):
            for start, stop in ((0, 5), (2, 4), (4, 9), (5, 5)):
                found = bundle.vector(name, start, stop)
                assert np.array_equal(found, arrays[name][start:stop])
                assert found.dtype == np.int8
                found[...] = 0  # an array of its own
