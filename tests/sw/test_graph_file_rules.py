"""Every rule of the `.isomac` format, broken once, with the sentence that says so."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from isomac.errors import IsomacError
from isomac.graph import container
from isomac.graph.file import load, save
from isomac.graph.npy import encode_array
from tests.sw.graph_files import edit, members_of, write
from tests.sw.small_graphs import convolution, graph


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "graph.isomac"
    save(graph(convolution(source="model.py:12")), path)
    return path


def test_the_size_is_checked_before_anything_is_read(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container, "FILE_MAX", 100)
    with pytest.raises(IsomacError, match=r"has .* bytes, at most 100 are accepted"):
        load(saved)


def test_the_number_of_members_is_bounded(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "MEMBERS_MAX", 4)
    with pytest.raises(IsomacError, match="has 5 members, at most 4 are accepted"):
        load(saved)


def test_compressed_members_are_refused(saved: Path) -> None:
    write(saved, {"graph.json": b" " * 100_000}, zipfile.ZIP_DEFLATED)
    with pytest.raises(IsomacError, match=r"member 'graph.json' must be stored uncompressed"):
        load(saved)


def test_two_members_of_one_name_are_refused(saved: Path) -> None:
    with zipfile.ZipFile(saved, "w") as archive:
        archive.writestr("graph.json", b"{}")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("graph.json", b"{}")
    with pytest.raises(IsomacError, match=r"has two members named 'graph.json'"):
        load(saved)


def test_members_that_overlap_are_refused(saved: Path) -> None:
    # The directory lists the one member many times under many names.
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("graph.json", b" " * 10_000)
        first = archive.infolist()[0]
        for number in range(200):
            copy = zipfile.ZipInfo(f"arrays/{number}.npy")
            copy.file_size = copy.compress_size = first.file_size
            copy.CRC, copy.header_offset = first.CRC, first.header_offset
            archive.filelist.append(copy)
    saved.write_bytes(buffer.getvalue())
    with pytest.raises(IsomacError, match="declares members of 2010000 bytes and has only"):
        load(saved)


def operation_of(document: Any) -> Any:
    return document["operations"][0]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda d: d.update(format=1), "the format of the file is 1, this version reads format 2"),
        (lambda d: d.update(format=True), "the format of the file is True"),
        (lambda d: d.pop("format"), "graph.json lacks the key 'format'"),
        (lambda d: d.pop("tensors"), "graph.json lacks the key 'tensors'"),
        (lambda d: d.update(more=1), "graph.json has the unknown key 'more', accepted are format,"),
        (lambda d: d.update(name=None), "the name of a graph must be a string"),
        (lambda d: d.update(sha256="0"), "the content has the SHA-256 .* not '0' as graph.json"),
        (lambda d: d.update(inputs="x"), "inputs must be a JSON list, not 'x'"),
        (lambda d: d.update(outputs=[["y"]]), "outputs must hold names of tensors"),
        (lambda d: d.update(outputs=[]), "graph 'small' has no output"),
        (lambda d: d.update(tensors={}), "tensors must be a JSON list, not {}"),
        (lambda d: d["tensors"].append(3), r"tensors\[2\] must be a JSON object, not 3"),
        (lambda d: d["tensors"][1].pop("scale"), r"tensors\[1\] lacks the key 'scale'"),
        (lambda d: d["tensors"][1].update(scale=float("nan")), "tensor 'y': scale must be in"),
        (lambda d: d["tensors"][1].update(shape=[2, 4]), "tensor 'y': shape must be"),
        (lambda d: d["tensors"][1].update(zero_point=1.0), "zero_point must be an integer"),
        (lambda d: d.update(operations=None), "operations must be a JSON list, not None"),
        (lambda d: operation_of(d).pop("name"), r"operations\[0\] lacks the key 'name'"),
        (lambda d: operation_of(d).update(x=1), r"operations\[0\] has the unknown key 'x'"),
        (
            lambda d: operation_of(d).update(operator="Sort"),
            r"operations\[0\]: unknown operator 'Sort', the known ones are AdaptiveAveragePool,",
        ),
        (lambda d: operation_of(d).update(operator=[]), r"unknown operator \[\]"),
        (lambda d: operation_of(d).update(operator="Linear"), r"fields lacks .*|unknown key"),
        (lambda d: operation_of(d).update(fields=[]), r"fields must be a JSON object, not \[\]"),
        (
            lambda d: operation_of(d)["fields"].pop("groups"),
            r"operations\[0\].fields lacks the key 'groups'",
        ),
        (
            lambda d: operation_of(d)["fields"].update(name="y"),
            r"operations\[0\].fields has the unknown key 'name'",
        ),
        (
            lambda d: operation_of(d)["fields"].update(groups="1"),
            "Convolution 'convolution' .* groups must be an integer, not '1'",
        ),
        (lambda d: operation_of(d)["fields"].update(stride=1), "stride must be 2 integers, not 1"),
        (
            lambda d: operation_of(d)["fields"].update(weight=[1]),
            r"operations\[0\].fields.weight must be a JSON object, not \[1\]",
        ),
        (
            lambda d: operation_of(d)["fields"].update(weight={"array": 1}),
            r"operations\[0\].fields.weight must be array 0, not 1",
        ),
        (
            lambda d: operation_of(d)["fields"].update(bias={"array": 1.0}),
            r"fields.bias must be array 1, not 1.0",
        ),
        (lambda d: operation_of(d).update(inputs=[]), "must have 1 inputs, not 0"),
        (
            lambda d: d["operations"].append(operation_of(d)),
            r"operations\[1\].fields.weight must be array 4, not 0",
        ),
        (lambda d: d["operations"].pop(), "member 'arrays/0.npy' belongs to no operation"),
    ],
)
def test_descriptions_that_are_none(
    saved: Path, change: Callable[[Any], None], sentence: str
) -> None:
    edit(saved, change)
    with pytest.raises(IsomacError, match=rf"^'.*graph.isomac': .*{sentence}"):
        load(saved)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "graph.json is no JSON"),
        (b"\xff\xfe", "graph.json is no JSON"),
        (b"[" * 100_000, "graph.json is nested too deeply"),
        (b'{"format": 1, "format": 1}', "graph.json has the key 'format' twice"),
        (b'{"format": ' + b"9" * 5000 + b"}", "graph.json is no JSON"),
        (b"[1]", r"graph.json must be a JSON object, not \[1\]"),
        (b" " * (2**22 + 1), "graph.json has 4194305 bytes, at most 4194304 are accepted"),
    ],
    ids=["empty", "not-utf8", "deep", "twice", "digits", "list", "long"],
)
def test_texts_that_are_no_description(saved: Path, data: bytes, sentence: str) -> None:
    write(saved, {**members_of(saved), "graph.json": data})
    with pytest.raises(IsomacError, match=sentence):
        load(saved)


def header(text: bytes, data: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    return b"\x93NUMPY" + version + len(text).to_bytes(2, "little") + text + data


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "must begin with the header of a .npy file of format 1.0"),
        (b"\x93NUMPY\x01\x00\x01", "must begin with the header"),
        (header(b"{}\n", version=b"\x02\x00"), "must begin with the header"),
        (header(b"{}\n"), "must hold an int8, int32 or int64 array in C order"),
        (
            header(b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n"),
            "must hold an int8, int32 or int64 array",
        ),
        (
            header(b"{'descr': '|i1', 'fortran_order': True, 'shape': (1,), }\n", b"1"),
            "must hold an int8, int32 or int64 array in C order",
        ),
        (
            header(b"{'descr': '|i1', 'fortran_order': False, 'shape': (,), }\n", b"1"),
            "must hold an int8, int32 or int64 array",
        ),
        (
            header(b"{'descr': '|i1', 'fortran_order': False, 'shape': (99999999, 9), }\n"),
            "is too large",
        ),
        (
            header(b"{'descr': '<i8', 'fortran_order': False, 'shape': (3,), }\n", b"1" * 23),
            r"int64 of shape \(3,\) takes 24 bytes, there are 23",
        ),
        (
            header(b"{'descr': '|i1', 'fortran_order': False, 'shape': (3,), }\n", b"1" * 4),
            "takes 3 bytes, there are 4",
        ),
    ],
)
def test_members_that_are_no_array(saved: Path, data: bytes, sentence: str) -> None:
    write(saved, {**members_of(saved), "arrays/0.npy": data})
    with pytest.raises(IsomacError, match=f"'arrays/0.npy'.*{sentence}"):
        load(saved)


def test_arrays_of_another_dtype_or_value(saved: Path) -> None:
    members = members_of(saved)
    write(saved, {**members, "arrays/0.npy": encode_array(np.zeros((2, 2, 3, 3), np.int32))})
    with pytest.raises(IsomacError, match="weight must have dtype int8, not int32"):
        load(saved)
    write(saved, {**members, "arrays/3.npy": encode_array(np.array([36, 63]))})
    with pytest.raises(IsomacError, match=r"shift\[1\] must be in \[1, 62\], not 63"):
        load(saved)
    write(saved, {**members, "arrays/1.npy": encode_array(np.array([100, -99], np.int32))})
    with pytest.raises(IsomacError, match="the content has the SHA-256"):
        load(saved)


def test_members_missing_or_left_over(saved: Path) -> None:
    members = members_of(saved)
    write(saved, {name: data for name, data in members.items() if name != "graph.json"})
    with pytest.raises(IsomacError, match=r"there is no member 'graph.json'"):
        load(saved)
    write(saved, {name: data for name, data in members.items() if name != "arrays/2.npy"})
    with pytest.raises(IsomacError, match=r"multiplier: there is no member 'arrays/2.npy'"):
        load(saved)
    write(saved, {**members, "arrays/4.npy": members["arrays/0.npy"]})
    with pytest.raises(IsomacError, match=r"member 'arrays/4.npy' belongs to no operation"):
        load(saved)
