"""Small QDQ models, written node by node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Value:
    """A real value: its name, its shape without the batch, and its spread, for choosing scales."""

    name: str
    shape: tuple[int, ...]
    spread: float


class Qdq:
    """An ONNX model while it grows.

    Parameters
    ----------
    seed
        Of the weights.
    unsigned
        Activations are uint8.
    opset
        Version of the operators.
    """

    def __init__(self, seed: int = 0, *, unsigned: bool = False, opset: int = 17) -> None:
        self.random = np.random.default_rng(seed)
        self.dtype = np.uint8 if unsigned else np.int8
        self.opset = opset
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.inputs: list[Any] = []
        self.outputs: list[Any] = []
        self._count = 0

    def name(self, stem: str) -> str:
        self._count += 1
        return f"{stem}_{self._count}"

    def constant(self, array: Array, stem: str = "constant") -> str:
        name = self.name(stem)
        self.constants.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def node(self, operator: str, inputs: Sequence[str], **attributes: Any) -> str:
        output = self.name(operator.lower())
        domain = attributes.pop("domain", "")
        self.nodes.append(
            helper.make_node(
                operator, list(inputs), [output], name=f"n_{output}", domain=domain, **attributes
            )
        )
        return output

    def input(self, shape: tuple[int, ...], batch: int | str = "N", name: str = "x") -> Value:
        self.inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [batch, *shape]))
        return Value(name, shape, 1.0)

    def quantized(
        self,
        value: Value,
        scale: float | None = None,
        zero_point: int | None = None,
        clip: tuple[int, int] | None = None,
    ) -> Value:
        """A QuantizeLinear, perhaps a Clip, and a DequantizeLinear."""
        scale = value.spread / 60 if scale is None else scale
        if zero_point is None:
            zero_point = int(self.random.integers(-20, 21)) + (128 if self.dtype is np.uint8 else 0)
        factor = self.constant(np.float32(scale), "scale")
        point = self.constant(np.array(zero_point, self.dtype), "zero_point")
        steps = self.node("QuantizeLinear", [value.name, factor, point])
        if clip is not None:
            bounds = [self.constant(np.array(bound, self.dtype)) for bound in clip]
            steps = self.node("Clip", [steps, *bounds])
        real = self.node("DequantizeLinear", [steps, factor, point])
        return Value(real, value.shape, value.spread)

    def weight(
        self,
        shape: tuple[int, ...],
        *,
        per_channel: bool = True,
        axis: int = 0,
        zero_point: int | None = None,
        low: int = -127,
    ) -> tuple[str, float]:
        """A constant behind a DequantizeLinear; return its name and its spread."""
        dtype = np.int8
        steps = self.random.integers(low, 128, shape).astype(dtype)
        count = shape[axis] if per_channel else 1
        scales = self.random.uniform(0.004, 0.02, count).astype(np.float32)
        points = np.full(count, zero_point or 0, dtype)
        if not per_channel:
            scales, points = scales.reshape(()), points.reshape(())
        inputs = [self.constant(steps, "weight"), self.constant(scales), self.constant(points)]
        attributes = {"axis": axis} if per_channel else {}
        return self.node("DequantizeLinear", inputs, **attributes), 0.9

    def conv(
        self,
        value: Value,
        outputs: int,
        kernel: tuple[int, int],
        *,
        groups: int = 1,
        bias: bool = True,
        per_channel: bool = True,
        zero_point: int | None = None,
        shape: tuple[int, int] = (0, 0),
        **attributes: Any,
    ) -> Value:
        """A convolution; `shape` is that of the result."""
        inputs = value.shape[0] // groups
        weight, spread = self.weight(
            (outputs, inputs, *kernel), per_channel=per_channel, zero_point=zero_point
        )
        operands = [value.name, weight]
        if bias:
            real = self.random.normal(0, value.spread, outputs).astype(np.float32)
            operands.append(self.constant(real, "bias"))
        name = self.node("Conv", operands, group=groups, **attributes)
        spread = value.spread * spread * float(np.sqrt(inputs * kernel[0] * kernel[1])) / 1.5
        return Value(name, (outputs, *shape), spread)

    def gemm(self, value: Value, outputs: int, *, bias: bool = True, trans: bool = True) -> Value:
        """A fully connected layer."""
        (features,) = value.shape
        shape = (outputs, features) if trans else (features, outputs)
        weight, spread = self.weight(shape, axis=0 if trans else 1)
        operands = [value.name, weight]
        if bias:
            real = self.random.normal(0, value.spread, outputs).astype(np.float32)
            operands.append(self.constant(real, "bias"))
        name = self.node("Gemm", operands, transB=int(trans))
        return Value(name, (outputs,), value.spread * spread * float(np.sqrt(features)) / 1.5)

    def unary(self, operator: str, value: Value, **attributes: Any) -> Value:
        """An operator that keeps the shape."""
        return Value(self.node(operator, [value.name], **attributes), value.shape, value.spread)

    def output(self, value: Value) -> None:
        self.outputs.append(helper.make_tensor_value_info(value.name, TensorProto.FLOAT, None))

    def model(self) -> Any:
        graph = helper.make_graph(self.nodes, "g", self.inputs, self.outputs, self.constants)
        return helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8
        )

    def save(self, path: Path) -> Path:
        onnx.save(self.model(), path)
        return path
