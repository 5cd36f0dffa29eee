"""Models of several operators: a writer with a method for each, which keeps track of shapes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.sw.importers.tflite.writer import VALID, Draw, Writer


class Chain:
    """Appends operators with random constants; every method returns the index of its result.

    Each tensor has the scale 0.05 and the zero point 3 unless it is said otherwise.
    """

    SCALE, ZERO_POINT = 0.05, 3

    def __init__(self, seed: int = 0) -> None:
        self.draw = Draw(seed)
        self.writer = Writer()
        self.inputs: list[int] = []

    def shape(self, index: int) -> list[int]:
        return list(self.writer.graph.tensors[index].shape)

    def new(self, shape: Sequence[int], kind: str = "INT8") -> int:
        if kind == "FLOAT32":
            return self.writer.tensor(shape, kind=kind)
        zero_point = self.ZERO_POINT + (128 if kind == "UINT8" else 0)
        return self.writer.tensor(shape, self.SCALE, zero_point, kind=kind)

    def input(self, shape: Sequence[int], kind: str = "INT8") -> int:
        self.inputs.append(self.new(shape, kind))
        return self.inputs[-1]

    def convolution(
        self, x: int, outputs: int, kernel: int = 3, stride: int = 1, padding: int = VALID
    ) -> int:
        _, h, w, channels = self.shape(x)
        shape = outputs, kernel, kernel, channels
        weight = self.writer.tensor(shape, 0.01, data=self.draw.bytes(shape))
        bias = self.writer.tensor([outputs], 0.0005, kind="INT32", data=np.arange(outputs))
        size = [-(-n // stride) if padding != VALID else (n - kernel) // stride + 1 for n in (h, w)]
        y = self.new([1, *size, outputs])
        self.writer.operator(
            "CONV_2D",
            [x, weight, bias],
            [y],
            "Conv2DOptions",
            padding=padding,
            strideH=stride,
            strideW=stride,
            dilationHFactor=1,
            dilationWFactor=1,
        )
        return y

    def dense(self, x: int, outputs: int) -> int:
        inputs = int(np.prod(self.shape(x)))
        weight = self.writer.tensor(
            [outputs, inputs], 0.01, data=self.draw.bytes([outputs, inputs])
        )
        y = self.new([1, outputs])
        self.writer.operator("FULLY_CONNECTED", [x, weight, -1], [y], "FullyConnectedOptions")
        return y

    def reshape(self, x: int, shape: Sequence[int]) -> int:
        y = self.new(shape)
        self.writer.operator("RESHAPE", [x, self.writer.constant(shape)], [y])
        return y

    def squeeze(self, x: int) -> int:
        y = self.new([1, *(size for size in self.shape(x)[1:] if size > 1)])
        self.writer.operator("SQUEEZE", [x], [y], "SqueezeOptions")
        return y

    def pad(
        self, x: int, rows: Sequence[int], columns: Sequence[int], value: int | None = None
    ) -> int:
        _, h, w, channels = self.shape(x)
        amounts = self.writer.constant([[0, 0], rows, columns, [0, 0]])
        y = self.new([1, h + sum(rows), w + sum(columns), channels])
        if value is None:
            self.writer.operator("PAD", [x, amounts], [y], "PadOptions")
        else:
            byte = self.writer.tensor([1], self.SCALE, self.ZERO_POINT, data=[value])
            self.writer.operator("PADV2", [x, amounts, byte], [y], "PadV2Options")
        return y

    def concatenate(self, *operands: int) -> int:
        first = self.shape(operands[0])
        channels = sum(self.shape(index)[-1] for index in operands)
        y = self.new([*first[:-1], channels])
        self.writer.operator(
            "CONCATENATION", operands, [y], "ConcatenationOptions", axis=len(first) - 1
        )
        return y

    def pool(self, x: int, kernel: int, code: str = "MAX_POOL_2D") -> int:
        _, h, w, channels = self.shape(x)
        y = self.new([1, h // kernel, w // kernel, channels])
        self.writer.operator(
            code,
            [x],
            [y],
            "Pool2DOptions",
            padding=VALID,
            strideH=kernel,
            strideW=kernel,
            filterHeight=kernel,
            filterWidth=kernel,
        )
        return y

    def add(self, a: int, b: int) -> int:
        y = self.new(self.shape(a))
        self.writer.operator("ADD", [a, b], [y], "AddOptions")
        return y

    def multiply(self, x: int, constant: Sequence[int]) -> int:
        c = self.writer.tensor([len(constant)], 0.01, data=constant)
        y = self.new(self.shape(x))
        self.writer.operator("MUL", [x, c], [y], "MulOptions")
        return y

    def unary(self, code: str, x: int, kind: str = "INT8", **tensor: Any) -> int:
        shape = self.shape(x)
        y = self.writer.tensor(shape, kind=kind, **tensor) if tensor else self.new(shape, kind)
        self.writer.operator(code, [x], [y])
        return y

    def softmax(self, x: int) -> int:
        y = self.writer.tensor(self.shape(x), 1 / 256, -128)
        self.writer.operator("SOFTMAX", [x], [y], "SoftmaxOptions", beta=1.0)
        return y

    def finish(self, *outputs: int) -> bytes:
        return self.writer.finish(self.inputs, outputs)
