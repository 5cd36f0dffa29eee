"""Save and load an integer graph as one `.isomac` file."""

import json
import os
import reprlib
from typing import Any

import numpy as np
import numpy.typing as npt

from isomac.errors import IsomacError
from isomac.graph.container import read_members, write_members
from isomac.graph.fields import Array, kinds
from isomac.graph.graph import Graph
from isomac.graph.npy import decode_array, encode_array
from isomac.graph.operation import Operation
from isomac.graph.operators import OPERATORS
from isomac.graph.tensor import Tensor
from isomac.graph.verify import verify

#: Version of the format. A reader accepts its own version only.
FORMAT = 2

#: Largest description that is parsed, in bytes: room for some thousand operations. Python objects
#: take tens of times the bytes of the JSON they come from.
DESCRIPTION_MAX = 1 << 22

_DESCRIPTION = "graph.json"
_GRAPH_KEYS = ("format", "name", "sha256", "inputs", "outputs", "tensors", "operations")
_TENSOR_KEYS = ("name", "shape", "scale", "zero_point")
_OPERATION_KEYS = ("operator", "name", "inputs", "output", "source", "fields")


def save(graph: Graph, path: str | os.PathLike[str]) -> None:
    """Write `graph` to `path`; the same graph gives the same bytes.

    Raises
    ------
    IsomacError
        If the graph breaks a rule or the file cannot be written.
    """
    verify(graph)
    arrays: list[npt.NDArray[Any]] = []
    document = {
        "format": FORMAT,
        "name": graph.name,
        "sha256": graph.sha256,
        "inputs": graph.inputs,
        "outputs": graph.outputs,
        "tensors": [
            {
                "name": tensor.name,
                "shape": tensor.shape,
                "scale": tensor.scale,
                "zero_point": tensor.zero_point,
            }
            for tensor in graph.tensors
        ],
        "operations": [_encode_operation(operation, arrays) for operation in graph.operations],
    }
    text = json.dumps(document, indent=1) + "\n"
    members = {_DESCRIPTION: text.encode("ascii")}
    for number, array in enumerate(arrays):
        members[_array_name(number)] = encode_array(array)
    write_members(path, members)


def load(path: str | os.PathLike[str]) -> Graph:
    """Return the verified graph in the file at `path`.

    A damaged or hostile file costs memory in proportion to its own size, never to a size that it
    declares, and nothing in it is executed.

    Raises
    ------
    IsomacError
        With one sentence: what was found, where, and what is accepted.
    """
    members = read_members(path)
    try:
        return _decode(members)
    except IsomacError as error:
        raise IsomacError(f"{os.fspath(path)!r}: {error}") from error


def _array_name(number: int) -> str:
    return f"arrays/{number}.npy"


def _encode_operation(operation: Operation, arrays: list[npt.NDArray[Any]]) -> dict[str, Any]:
    """Return the description of `operation`; its arrays are appended to `arrays`."""
    fields = {}
    for field in kinds(type(operation)):
        value = getattr(operation, field)
        if isinstance(value, np.ndarray):
            fields[field] = {"array": len(arrays)}
            arrays.append(value)
        else:
            fields[field] = value
    return {
        "operator": type(operation).__name__,
        "name": operation.name,
        "inputs": operation.inputs,
        "output": operation.output,
        "source": operation.source,
        "fields": fields,
    }


def _decode(members: dict[str, bytes]) -> Graph:
    if _DESCRIPTION not in members:
        raise IsomacError(f"there is no member {_DESCRIPTION!r}")
    document = _parse(members.pop(_DESCRIPTION))
    # The version comes first: another version may have other keys.
    if isinstance(document, dict) and not _is(document.get("format", FORMAT), FORMAT):
        found = reprlib.repr(document["format"])
        raise IsomacError(f"the format of the file is {found}, this version reads format {FORMAT}")
    values = _exact_keys(document, _GRAPH_KEYS, _DESCRIPTION)
    tensors = [
        Tensor(**_exact_keys(item, _TENSOR_KEYS, f"tensors[{number}]"))
        for number, item in enumerate(_list(values["tensors"], "tensors"))
    ]
    arrays = _Arrays(members)
    operations = [
        _decode_operation(item, arrays, f"operations[{number}]")
        for number, item in enumerate(_list(values["operations"], "operations"))
    ]
    arrays.check_all_taken()
    graph = Graph(
        name=values["name"],
        tensors=tuple(tensors),
        operations=tuple(operations),
        inputs=tuple(_list(values["inputs"], "inputs")),
        outputs=tuple(_list(values["outputs"], "outputs")),
    )
    verify(graph)
    if values["sha256"] != graph.sha256:
        raise IsomacError(
            f"the content has the SHA-256 {graph.sha256}, not"
            f" {reprlib.repr(values['sha256'])} as {_DESCRIPTION} says"
        )
    return graph


def _decode_operation(item: object, arrays: "_Arrays", where: str) -> Operation:
    values = _exact_keys(item, _OPERATION_KEYS, where)
    operator = values.pop("operator")
    cls = OPERATORS.get(operator) if isinstance(operator, str) else None
    if cls is None:
        raise IsomacError(
            f"{where}: unknown operator {reprlib.repr(operator)},"
            f" the known ones are {', '.join(OPERATORS)}"
        )
    declared = kinds(cls)
    fields = _exact_keys(values.pop("fields"), tuple(declared), f"{where}.fields")
    for field, kind in declared.items():
        if isinstance(kind, Array):
            fields[field] = arrays.take(fields[field], f"{where}.fields.{field}")
    return cls(**values, **fields)


class _Arrays:
    """The arrays of a file, handed out in order, each exactly once."""

    def __init__(self, members: dict[str, bytes]) -> None:
        self._members = members
        self._taken = 0

    def take(self, reference: object, where: str) -> npt.NDArray[Any]:
        """Return the array that `reference`, `{"array": n}`, names."""
        number = _exact_keys(reference, ("array",), where)["array"]
        if not _is(number, self._taken):
            raise IsomacError(f"{where} must be array {self._taken}, not {reprlib.repr(number)}")
        name = _array_name(self._taken)
        if name not in self._members:
            raise IsomacError(f"{where}: there is no member {name!r}")
        self._taken += 1
        return decode_array(self._members.pop(name), f"member {name!r}")

    def check_all_taken(self) -> None:
        """Require that no member is left over."""
        if self._members:
            raise IsomacError(
                f"member {reprlib.repr(next(iter(self._members)))} belongs to no operation"
            )


def _parse(data: bytes) -> object:
    if len(data) > DESCRIPTION_MAX:
        raise IsomacError(
            f"{_DESCRIPTION} has {len(data)} bytes, at most {DESCRIPTION_MAX} are accepted"
        )
    try:
        document: object = json.loads(data.decode("utf-8"), object_pairs_hook=_unique_keys)
    except IsomacError:
        raise
    except RecursionError:
        raise IsomacError(f"{_DESCRIPTION} is nested too deeply") from None
    except ValueError as error:
        raise IsomacError(f"{_DESCRIPTION} is no JSON: {error}") from error
    return document


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise IsomacError(f"{_DESCRIPTION} has the key {reprlib.repr(key)} twice in one object")
        result[key] = value
    return result


def _exact_keys(value: object, keys: tuple[str, ...], where: str) -> dict[str, Any]:
    """Return `value`, which must be an object with exactly these keys."""
    if not isinstance(value, dict):
        raise IsomacError(f"{where} must be a JSON object, not {reprlib.repr(value)}")
    for key in keys:
        if key not in value:
            raise IsomacError(f"{where} lacks the key {key!r}")
    for key in value:
        if key not in keys:
            raise IsomacError(
                f"{where} has the unknown key {reprlib.repr(key)}, accepted are {', '.join(keys)}"
            )
    return dict(value)


def _is(value: object, expected: int) -> bool:
    """True for that integer only: in Python, `True` and 1.0 are equal to 1."""
    return type(value) is int and value == expected


def _list(value: object, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise IsomacError(f"{where} must be a JSON list, not {reprlib.repr(value)}")
    return value
