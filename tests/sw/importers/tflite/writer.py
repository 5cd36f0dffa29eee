"""Small TFLite models, written with the object API of the schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flatbuffers
import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema

_DTYPES = {"INT8": np.int8, "UINT8": np.uint8, "INT32": np.int32, "INT64": np.int64}
NONE, RELU, RELU_N1_TO_1, RELU6 = range(4)
SAME, VALID = range(2)


class Writer:
    """Collects tensors and operators; indices are handed out in order."""

    def __init__(self) -> None:
        self.model = schema.ModelT()
        self.model.version = 3
        self.model.operatorCodes = []
        self.model.buffers = [schema.BufferT()]
        self.graph = schema.SubGraphT()
        self.graph.tensors, self.graph.operators = [], []
        self.model.subgraphs = [self.graph]

    def tensor(
        self,
        shape: Sequence[int],
        scale: float | Sequence[float] | None = None,
        zero_point: int = 0,
        *,
        kind: str = "INT8",
        data: npt.ArrayLike | None = None,
        axis: int = 0,
        name: str | None = None,
    ) -> int:
        tensor = schema.TensorT()
        tensor.shape = [int(size) for size in shape]
        tensor.type = getattr(schema.TensorType, kind)
        tensor.name = name or f"tensor/{len(self.graph.tensors)}"
        if scale is not None:
            scales = [float(value) for value in np.atleast_1d(np.asarray(scale, np.float32))]
            quantization = schema.QuantizationParametersT()
            quantization.scale = scales
            quantization.zeroPoint = [zero_point] * len(scales)
            quantization.quantizedDimension = axis
            tensor.quantization = quantization
        if data is not None:
            buffer = schema.BufferT()
            array = np.ascontiguousarray(np.asarray(data, _DTYPES[kind]))
            buffer.data = np.frombuffer(array.tobytes(), np.uint8)
            tensor.buffer = len(self.model.buffers)
            self.model.buffers.append(buffer)
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def constant(self, values: npt.ArrayLike, kind: str = "INT32") -> int:
        array = np.asarray(values, _DTYPES[kind])
        return self.tensor(array.shape, kind=kind, data=array)

    def operator(
        self,
        code: str,
        inputs: Sequence[int],
        outputs: Sequence[int],
        options: str = "",
        version: int = 1,
        **fields: Any,
    ) -> None:
        record = schema.OperatorCodeT()
        number = getattr(schema.BuiltinOperator, code)
        record.deprecatedBuiltinCode = min(number, 127)
        record.builtinCode, record.version = number, version
        self.model.operatorCodes.append(record)
        entry = schema.OperatorT()
        entry.opcodeIndex = len(self.model.operatorCodes) - 1
        entry.inputs, entry.outputs = list(inputs), list(outputs)
        if options:
            entry.builtinOptionsType = getattr(schema.BuiltinOptions, options)
            entry.builtinOptions = getattr(schema, f"{options}T")()
            for name, value in fields.items():
                setattr(entry.builtinOptions, name, value)
        self.graph.operators.append(entry)

    def finish(self, inputs: Sequence[int], outputs: Sequence[int]) -> bytes:
        self.graph.inputs, self.graph.outputs = list(inputs), list(outputs)
        builder = flatbuffers.Builder(4096)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


class Draw:
    """Random parameters, with the extremes that break recipes."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def scale(self, low: float = -3, high: float = 0) -> float:
        """A scale in float32: any, a power of two, or one beside it."""
        exponent = self.rng.uniform(low, high) * np.log2(10)
        kind = self.rng.integers(4)
        if kind < 2:
            return float(np.float32(2.0**exponent))
        power = np.float32(2.0 ** round(exponent))
        if kind == 2:
            return float(power)
        return float(np.nextafter(power, np.float32(self.rng.integers(2))))

    def zero_point(self) -> int:
        return int(self.rng.choice([-128, 127, 0, self.rng.integers(-128, 128)]))

    def bytes(self, shape: Sequence[int], low: int = -127) -> npt.NDArray[np.int8]:
        return self.rng.integers(low, 128, tuple(shape), np.int8)

    def activation(self) -> int:
        return int(self.rng.choice([NONE, RELU, RELU6, RELU_N1_TO_1]))

    def integer(self, low: int, high: int) -> int:
        """An integer in [low, high]."""
        return int(self.rng.integers(low, high + 1))

    def same_or_valid(self) -> int:
        return self.integer(0, 1)
