"""Load a .pt2 file without running what may be hidden in it.

`torch.export.load` unpickles sample inputs, tensors and custom objects where the archive says so,
loads compiled code, resolves the functions of the graph by name and evaluates symbolic sizes as
Python. Here only that passes which a network of tensors and aten operators needs: members are read,
checked against a list of allowed forms, and copied to a new archive in memory, which PyTorch reads.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import torch
from torch.export import ExportedProgram

from isomac.errors import IsomacError
from isomac.frontend.quiet import quiet_export

#: Bytes of all members together.
_BYTES_MAX = 1 << 32

#: Members without content that could act.
_PLAIN = re.compile(
    r"archive_format|archive_version|byteorder|\.data/\w+|data/weights/weight_\d+"
    r"|data/constants/tensor_\d+"
)
_CONFIG = re.compile(r"data/(weights|constants)/model_(weights|constants)_config\.json")
_GRAPH = "models/model.json"
_SAMPLES = "data/sample_inputs/model.pt"
_EXTRA = "extra/"

#: Where a configuration may find a tensor.
_TENSOR = re.compile(r"(weight|tensor)_\d+")

#: Functions a graph may call: operators of PyTorch, arithmetic on sizes, and control flow, which
#: the front end then refuses by name. A double underscore would lead elsewhere.
_FUNCTION = re.compile(
    r"torch\.ops\.(aten\.\w+\.\w+|higher_order\.\w+)"
    r"|_operator\.(getitem|add|sub|mul|floordiv|mod|neg|eq|ne|lt|le|gt|ge)"
)

#: Symbolic sizes: integers, symbols, and sums and products of them.
_SIZE = re.compile(
    r"(Symbol\('[a-z]+\d+'(, [a-z]+=(True|False))*\)"
    r"|(Integer|Add|Mul|Mod|FloorDiv|Max|Min)\(|[a-z]\d+|\d+|[-+(), ]|\*(?!\*)|/(?!/)|\))*"
)

#: Containers of inputs and outputs.
_CONTAINERS = (None, "builtins.tuple", "builtins.list", "builtins.dict", "collections.OrderedDict")

#: What the metadata of a node may tell: nothing else is of use here.
_METADATA = ("stack_trace", "nn_module_stack", "torch_fn")


def load_exported(path: Path) -> ExportedProgram:
    """Return the program that `torch.export.save` wrote to `path`.

    Raises
    ------
    IsomacError
        If there is no such file, it is no such archive, or it holds anything but tensors and a
        graph of operators.
    """
    if not path.is_file():
        raise IsomacError(f"there is no file {path}")
    try:
        members = _members(path)
        _check_members(members, path)
    except IsomacError:
        raise
    except Exception as error:  # a damaged archive fails in many ways
        raise IsomacError(f"{path} was not written by torch.export.save: {error}") from error
    try:
        with quiet_export():
            return torch.export.load(_archive(members))
    except Exception as error:  # the reader asserts, indexes and parses without a class of its own
        raise IsomacError(f"{path} cannot be read by torch.export.load: {error}") from error


@contextlib.contextmanager
def program_of_file(path: str) -> Iterator[None]:
    """Make errors of a program that came from a file the file's.

    A graph can be read and still not fit together; PyTorch notices that wherever it looks first,
    with whatever error is next.

    Raises
    ------
    IsomacError
        In the place of any other exception.
    """
    try:
        yield
    except IsomacError:
        raise
    except Exception as error:
        reason = str(error).strip().partition("\n")[0]
        raise IsomacError(
            f"{path} holds a program that does not fit together: {type(error).__name__}"
            + (f": {reason}" if reason else "")
        ) from error


def _members(path: Path) -> dict[str, bytes]:
    """Return the content of the members by name, without the folder they are all in."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        if len(set(names)) != len(names):
            raise IsomacError(f"{path} holds two members of the same name")
        if sum(info.file_size for info in archive.infolist()) > _BYTES_MAX:
            raise IsomacError(f"{path} must hold at most {_BYTES_MAX} bytes, it declares more")
        return {
            str(PurePosixPath(*PurePosixPath(name).parts[1:])): archive.read(name)
            for name in names
            if not name.endswith("/")
        }


def _check_members(members: dict[str, bytes], path: Path) -> None:
    """Check every member, and leave out what is of no use."""
    if _GRAPH not in members:
        raise IsomacError(f"{path} was not written by torch.export.save: it holds no {_GRAPH}")
    for name, content in list(members.items()):
        if name.startswith(_EXTRA):
            del members[name]
        elif name == _GRAPH:
            document = json.loads(content)
            _check_graph(document, path)
            members[name] = json.dumps(document).encode()
        elif name == _SAMPLES:
            _check_samples(content, path)
        elif _CONFIG.fullmatch(name):
            _check_config(json.loads(content), path)
        elif not _PLAIN.fullmatch(name):
            raise IsomacError(f"{path} holds {name!r}, isomac loads only graphs and tensors")


def _check_samples(content: bytes, path: Path) -> None:
    """Require the sample inputs to be what PyTorch reads without running anything."""
    if not content:
        return
    try:
        torch.load(io.BytesIO(content), weights_only=True)
    except Exception as error:
        raise IsomacError(f"{path} holds sample inputs that are not plain tensors") from error


def _check_config(config: dict[str, Any], path: Path) -> None:
    """Require all tensors to be stored as plain bytes."""
    for name, entry in config["config"].items():
        if entry["use_pickle"] or not _TENSOR.fullmatch(entry["path_name"]):
            raise IsomacError(
                f"{path} holds {name!r} as a Python object, isomac loads only tensors"
            )


def _check_graph(document: dict[str, Any], path: Path) -> None:
    """Require known functions, plain sizes and plain containers; drop code and foreign metadata."""
    document["guards_code"] = []
    for key, value in _entries(document):
        if key in ("target", "as_operator") and isinstance(value, str):
            if not _FUNCTION.fullmatch(value) or "__" in value:
                raise IsomacError(f"{path} calls {value!r}, isomac loads only operators of PyTorch")
        elif key == "expr_str":
            if not _SIZE.fullmatch(value):
                raise IsomacError(f"{path} holds the size {value!r}, which is no arithmetic")
        elif key in ("in_spec", "out_spec") and isinstance(value, str):
            _check_containers(value, path)
        elif key == "metadata" and isinstance(value, dict):
            for other in [name for name in value if name not in _METADATA]:
                del value[other]


def _check_containers(spec: str, path: Path) -> None:
    for key, value in _entries(json.loads(spec)):
        if (key == "type" and value not in _CONTAINERS) or "__enum__" in str(value):
            raise IsomacError(f"{path} passes {value}, isomac knows tuples, lists and dictionaries")


def _entries(document: Any) -> Iterator[tuple[str, Any]]:
    """Yield every (key, value) of all dictionaries in a JSON document."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield key, value
            yield from _entries(value)
    elif isinstance(document, list):
        for item in document:
            yield from _entries(item)


def _archive(members: dict[str, bytes]) -> io.BytesIO:
    """Return a new archive with these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(f"model/{name}", content)
    buffer.seek(0)
    return buffer
