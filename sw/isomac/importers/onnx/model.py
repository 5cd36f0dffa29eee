"""An ONNX file, checked and taken apart: nodes, constants, inputs and outputs."""

from __future__ import annotations

import reprlib
from dataclasses import dataclass
from typing import Any

from isomac.errors import IsomacError
from isomac.importers.onnx.node import STANDARD, Array, Node, printable
from isomac.importers.onnx.tensors import array_of, is_external
from isomac.importers.onnx.wire import check_encoding
from isomac.importers.registry import FILE_MAX, ModelFile

#: Versions of the operator set whose operators are known here.
OPSET_MIN, OPSET_MAX = 13, 21


@dataclass(frozen=True)
class Border:
    """An input of the network.

    Members
    -------
    name
        In the file.
    kind
        "FLOAT", "INT8" or "UINT8".
    batch
        The number of samples at once; None if it is open.
    shape
        Without the batch.
    """

    name: str
    kind: str
    batch: int | None
    shape: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Model:
    """What a file holds.

    Members
    -------
    opset
        Version of ONNX's operators.
    nodes
        In topological order.
    constants
        By name.
    inputs, outputs
        In order; the outputs are names of values.
    output_kinds
        Types of the outputs, as those of a `Border`; "" where the file does not say.
    """

    opset: int
    nodes: tuple[Node, ...]
    constants: dict[str, Array]
    inputs: tuple[Border, ...]
    outputs: tuple[str, ...]
    output_kinds: tuple[str, ...]


def read_model(file: ModelFile) -> Model:
    """Return the model in a file.

    Raises
    ------
    IsomacError
        If the file is damaged, or breaks a rule of ONNX.
    """
    proto = _parse(file)
    graph = proto.graph
    if not graph.node:
        raise IsomacError(f"{file.path} holds no network: its graph has no nodes")
    opset = _opset(proto, file)
    if graph.sparse_initializer:
        raise IsomacError(f"{file.path} holds sparse constants, accepted are dense ones")
    constants: dict[str, Array] = {}
    total = 0
    for tensor in graph.initializer:
        if tensor.name in constants:
            raise IsomacError(f"{file.path} holds two constants named {reprlib.repr(tensor.name)}")
        constants[tensor.name] = array_of(tensor, file, tensor.name)
        total += constants[tensor.name].nbytes
        if total > FILE_MAX:
            raise IsomacError(f"{file.path} holds constants of more than {FILE_MAX} bytes")
    inputs = tuple(_border(value, file) for value in graph.input if value.name not in constants)
    if not inputs:
        raise IsomacError(f"{file.path} must have an input")
    nodes = tuple(_node(node, file) for node in graph.node)
    outputs = tuple(value.name for value in graph.output)
    if not outputs:
        raise IsomacError(f"{file.path} must have an output")
    _check_order(nodes, [*constants, *(border.name for border in inputs)], outputs, file)
    kinds = tuple(_kind(value) for value in graph.output)
    return Model(opset, nodes, constants, inputs, outputs, kinds)


def _parse(file: ModelFile) -> Any:
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ImportError as error:
        raise IsomacError(
            f"{file.path} needs the package onnx, which `pip install 'isomac[onnx]'` installs"
        ) from error
    check_encoding(file.data, onnx.ModelProto.DESCRIPTOR, str(file.path))
    try:
        return onnx.ModelProto.FromString(file.data)
    except (DecodeError, ValueError) as error:
        raise IsomacError(f"{file.path} is no intact ONNX file: {error}") from error


def _opset(proto: Any, file: ModelFile) -> int:
    versions = {entry.domain: entry.version for entry in proto.opset_import}
    version = next((versions[domain] for domain in STANDARD if domain in versions), None)
    if version is None or not OPSET_MIN <= version <= OPSET_MAX:
        raise IsomacError(
            f"{file.path} must use the operators of ONNX in version {OPSET_MIN} to {OPSET_MAX}, not"
            f" {version}"
        )
    return int(version)


def _kind(value: Any) -> str:
    from onnx import TensorProto

    known = {number: key for key, number in TensorProto.DataType.items()}
    number = value.type.tensor_type.elem_type
    return str(known.get(number, number)) if number else ""


def _border(value: Any, file: ModelFile) -> Border:
    what = f"{file.path}: the input {reprlib.repr(value.name)}"
    tensor = value.type.tensor_type
    kind = _kind(value)
    if value.type.WhichOneof("value") != "tensor_type" or kind not in ("FLOAT", "INT8", "UINT8"):
        raise IsomacError(f"{what} must be a tensor of FLOAT, INT8 or UINT8, not {kind or '?'}")
    sizes = [size.dim_value if size.HasField("dim_value") else None for size in tensor.shape.dim]
    batch, *rest = sizes or [None]
    if len(rest) not in (1, 3):
        raise IsomacError(
            f"{what} must be a batch of maps (N, C, H, W) or vectors (N, F), it has"
            f" {len(sizes)} dimensions"
        )
    fixed = [size for size in rest if size is not None and size >= 1]
    if len(fixed) != len(rest) or (batch is not None and batch < 1):
        shape = ", ".join("?" if size is None else str(size) for size in sizes)
        raise IsomacError(f"{what} must have fixed positive sizes behind the batch, not ({shape})")
    return Border(value.name, kind, batch, tuple(fixed))


def _node(proto: Any, file: ModelFile) -> Node:
    operator = proto.op_type if proto.domain in STANDARD else f"{proto.domain}.{proto.op_type}"
    outputs = tuple(proto.output)
    name = proto.name or next((output for output in outputs if output), "?")
    node = Node(
        printable(operator),
        printable(name),
        tuple(proto.input),
        outputs,
        {},
        printable(file.path.name),
    )
    for attribute in proto.attribute:
        node.settings[attribute.name] = _attribute(attribute, node, file)
    return node


def _attribute(attribute: Any, node: Node, file: ModelFile) -> Any:
    """Return the value of an attribute; None where it is of a kind that no operator here has."""
    match attribute.AttributeType.Name(attribute.type) if _has_type(attribute) else "":
        case "INT":
            return int(attribute.i)
        case "FLOAT":
            return float(attribute.f)
        case "STRING":
            return attribute.s.decode("utf-8", "replace")
        case "INTS":
            return [int(value) for value in attribute.ints]
        case "FLOATS":
            return [float(value) for value in attribute.floats]
        case "TENSOR":
            if is_external(attribute.t):
                raise IsomacError(
                    f"{file.path}: the constant of node {reprlib.repr(node.name)} is stored in"
                    f" another file, which initializers alone may be"
                )
            return array_of(attribute.t, file, f"{node.name}.{attribute.name}")
        case _:
            return None


def _has_type(attribute: Any) -> bool:
    return attribute.type in attribute.AttributeType.values()


def _check_order(
    nodes: tuple[Node, ...], given: list[str], outputs: tuple[str, ...], file: ModelFile
) -> None:
    """Require every value to be written once, and before it is read."""
    writers = {name: node for node in nodes for name in node.outputs if name}
    there = set(given)
    for node in nodes:
        for name in node.inputs:
            if name and name not in there:
                reason = "nothing writes"
                if name in writers:
                    reason = f"only {writers[name]} writes later, in a cycle or out of order"
                raise IsomacError(f"{file.path}: {node} reads {reprlib.repr(name)}, which {reason}")
        for name in node.outputs:
            if name in there:
                raise IsomacError(
                    f"{file.path}: {node} writes {reprlib.repr(name)}, which is there already"
                )
            if name:
                there.add(name)
    for name in outputs:
        if name not in there:
            raise IsomacError(f"{file.path}: nothing writes the output {reprlib.repr(name)}")
