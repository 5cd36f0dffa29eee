"""A TFLite file as tensors and operators, each with what messages call it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

from isomac.errors import IsomacError
from isomac.importers.registry import ModelFile
from isomac.importers.tflite.flatbuffer import BeyondError, DamagedError, Table, Verifier
from isomac.importers.tflite.structure import MODEL, MODEL_HEAD, OPTIONS
from isomac.importers.tflite.tensor import FileTensor

_IDENTIFIER = b"TFL3"
_VERSION = 3


@dataclass(frozen=True, eq=False)
class FileOperator:
    """An operator as the file has it.

    Members
    -------
    index
        Position among the operators.
    code
        Name in the schema, such as "CONV_2D"; "CUSTOM 'x'" for one outside of the schema.
    version
        Of the operator, which grows with what it can do.
    inputs
        Indices of tensors, -1 where one is left out.
    outputs
        Indices of tensors.
    label
        What messages call it.
    source
        The same, fit for an operation of the graph.
    """

    index: int
    code: str
    version: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    label: str
    source: str

    def refuse(self, reason: str) -> IsomacError:
        """Return the error that names the operator."""
        return IsomacError(f"{self.label}: {reason}")


class Model:
    """An intact TFLite file.

    Parameters
    ----------
    file
        The file.

    Raises
    ------
    IsomacError
        If it is no TFLite file, is damaged, or is of a kind that is not supported at all.
    """

    def __init__(self, file: ModelFile) -> None:
        self.file = file
        self._data = file.data
        if self._data[4:8] != _IDENTIFIER:
            raise IsomacError(
                f"{file.path} is no TFLite file: bytes 4 to 7 must be"
                f" {_IDENTIFIER.decode()!r}, not {self._data[4:8]!r}"
            )
        self._schema = _load_schema(file)
        self._types = _names(self._schema.TensorType)
        self._codes = _names(self._schema.BuiltinOperator)
        self._option_types = _names(self._schema.BuiltinOptions)
        self._check(MODEL_HEAD)
        self._model = self._schema.Model.GetRootAs(self._data, 0)
        if self._model.Version() != _VERSION:
            raise IsomacError(
                f"{file.path} must have the schema version {_VERSION}, not {self._model.Version()}"
            )
        if self._model.SubgraphsLength() != 1:
            raise IsomacError(
                f"{file.path} has {self._model.SubgraphsLength()} subgraphs: control flow and"
                f" several subgraphs are not supported, one is accepted"
            )
        self._check(MODEL)
        self._graph = self._model.Subgraphs(0)
        self._tensors: dict[int, FileTensor] = {}

    def _check(self, structure: Table) -> None:
        try:
            Verifier(self._data).check(structure)
        except BeyondError as error:
            raise IsomacError(f"{self.file.path} is larger than accepted: {error}") from error
        except DamagedError as error:
            raise IsomacError(f"{self.file.path} is no intact TFLite file: {error}") from error

    @cached_property
    def inputs(self) -> tuple[int, ...]:
        """Indices of the tensors that come from outside."""
        return self._indices(self._graph.InputsAsNumpy(), "input of the model")

    @cached_property
    def outputs(self) -> tuple[int, ...]:
        """Indices of the tensors that go outside."""
        return self._indices(self._graph.OutputsAsNumpy(), "output of the model")

    @cached_property
    def operators(self) -> tuple[FileOperator, ...]:
        """In the order of execution."""
        return tuple(self._operator(index) for index in range(self._graph.OperatorsLength()))

    def tensor(self, index: int) -> FileTensor:
        """Return a tensor; `index` was checked."""
        if index not in self._tensors:
            self._tensors[index] = self._read_tensor(index)
        return self._tensors[index]

    def options(self, operator: FileOperator, kind: str) -> Mapping[str, Any]:
        """Return the options of an operator: what the getters of the schema's class give, by name.

        Raises
        ------
        IsomacError
            If it has options of another kind.
        """
        record = self._graph.Operators(operator.index)
        found = self._option_types.get(record.BuiltinOptionsType(), "unknown options")
        table = record.BuiltinOptions()
        if found != kind or table is None:
            found = found if table is not None else "none"
            raise operator.refuse(f"its options must be {kind}, they are {found}")
        getters = OPTIONS[kind]
        try:
            Verifier(self._data).table(table.Pos, Table(kind, dict(enumerate(getters.values()))))
        except DamagedError as error:
            raise operator.refuse(f"its options are damaged: {error}") from error
        options = getattr(self._schema, kind)()
        options.Init(table.Bytes, table.Pos)
        return {name: getattr(options, name)() for name in getters}

    def _operator(self, index: int) -> FileOperator:
        record = self._graph.Operators(index)
        where = f"{self.file.path}: operator {index}"
        if record.OpcodeIndex() >= self._model.OperatorCodesLength():
            raise IsomacError(
                f"{where} has the operator code {record.OpcodeIndex()}, the file has"
                f" {self._model.OperatorCodesLength()}"
            )
        code = self._model.OperatorCodes(record.OpcodeIndex())
        # Codes beyond 127 came later, in a field of their own.
        number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        name = self._codes.get(number, f"operator code {number}")
        if name == "CUSTOM":
            name = f"CUSTOM {_text(code.CustomCode())!r}"
        inputs = self._indices(record.InputsAsNumpy(), f"operand of operator {index}", least=-1)
        outputs = self._indices(record.OutputsAsNumpy(), f"result of operator {index}")
        result = f" ({self.tensor(outputs[0]).name!r})" if outputs else ""
        return FileOperator(
            index,
            name,
            code.Version(),
            inputs,
            outputs,
            f"{where}, {name}{result}",
            f"{self.file.stem}{self.file.path.suffix} operator {index}, {name}",
        )

    def _indices(self, values: Any, what: str, least: int = 0) -> tuple[int, ...]:
        # The getter gives the number 0 where there is no vector.
        indices = () if isinstance(values, int) else tuple(values.tolist())
        count = self._graph.TensorsLength()
        for index in indices:
            if not least <= index < count:
                raise IsomacError(
                    f"{self.file.path}: the {what} is tensor {index}, the file has {count}"
                )
        return indices

    def _read_tensor(self, index: int) -> FileTensor:
        record = self._graph.Tensors(index)
        name = _text(record.Name()) or f"tensor {index}"
        where = f"{self.file.path}: tensor {index} ({name!r})"
        quantization = record.Quantization()
        scales: Any = 0 if quantization is None else quantization.ScaleAsNumpy()
        zero_points: Any = 0 if quantization is None else quantization.ZeroPointAsNumpy()
        if quantization is not None and quantization.DetailsType() != 0:
            raise IsomacError(
                f"{where} has a quantization of another kind than scale and zero point"
            )
        if record.IsVariable():
            raise IsomacError(f"{where} is a variable, and state is not supported")
        if record.Sparsity() is not None:
            raise IsomacError(f"{where} is sparse, which is not supported")
        shape, signature = record.ShapeAsNumpy(), record.ShapeSignatureAsNumpy()
        return FileTensor(
            index=index,
            name=name,
            where=where,
            kind=self._types.get(record.Type(), f"type {record.Type()}"),
            shape=() if isinstance(shape, int) else tuple(shape.tolist()),
            signature=() if isinstance(signature, int) else tuple(signature.tolist()),
            scales=np.zeros(0, np.float32) if isinstance(scales, int) else scales,
            zero_points=np.zeros(0, np.int64) if isinstance(zero_points, int) else zero_points,
            axis=0 if quantization is None else quantization.QuantizedDimension(),
            data=self._buffer(record, where),
        )

    def _buffer(self, record: Any, where: str) -> npt.NDArray[np.uint8] | None:
        """Return the bytes of a constant, None for a tensor that is computed."""
        if record.ExternalBuffer() != 0:
            raise IsomacError(f"{where} lies in another file, which is not supported")
        if record.Buffer() >= self._model.BuffersLength():
            raise IsomacError(
                f"{where} has the buffer {record.Buffer()}, the file has"
                f" {self._model.BuffersLength()}"
            )
        buffer = self._model.Buffers(record.Buffer())
        # 0 and 1 are what older writers leave there.
        if buffer.Offset() > 1 or buffer.Size() > 1:
            raise IsomacError(
                f"{where} lies behind the flatbuffer, as in files above 2 GB, which are not"
                f" supported"
            )
        if buffer.DataLength() == 0:
            return None
        data: npt.NDArray[np.uint8] = buffer.DataAsNumpy()
        return data


def _load_schema(file: ModelFile) -> Any:
    try:
        return import_module("ai_edge_litert.schema_py_generated")
    except ImportError as error:
        raise IsomacError(
            f"{file.path} needs the package ai-edge-litert, which `pip install 'isomac[tflite]'`"
            f" installs"
        ) from error


def _names(enumeration: type) -> dict[int, str]:
    return {value: name for name, value in vars(enumeration).items() if isinstance(value, int)}


def _text(value: bytes | None) -> str:
    """Return a name as messages can have it: printable and not long."""
    text = (value or b"")[:200].decode("utf-8", "replace")
    return "".join(c if c.isprintable() else "_" for c in text)
