"""Conv, Gemm and MatMul."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from isomac.importers.onnx.call import Call, Value, operator
from isomac.importers.onnx.constant import Constant, Steps
from isomac.importers.onnx.values.base import Operand
from isomac.importers.onnx.values.weighted import Geometry, Weighted
from isomac.importers.onnx.windows import output_size, window_padding


@operator("Conv")
def conv(call: Call) -> Value:
    """Inputs: map, weight (O, I / groups, kh, kw), bias (O)."""
    shape = call.map().shape
    operand, steps = call.stored(0), _weight(call)
    if steps.integers.ndim != 4:
        raise call.refuse(f"its weight must have four dimensions, not {steps.integers.shape}")
    outputs, inputs, *kernel = steps.integers.shape
    groups = call.node.integer("group", 1)
    if groups < 1 or shape[0] != inputs * groups or outputs % groups:
        raise call.refuse(
            f"its weight of shape {steps.integers.shape} in {groups} groups does not fit an input"
            f" of {shape[0]} channels"
        )
    size = kernel[0], kernel[1]
    if (call.node.integers("kernel_shape", None) or kernel) != kernel:
        raise call.refuse("its kernel_shape is not that of its weight")
    stride, dilation = call.node.pair("strides", (1, 1)), call.node.pair("dilations", (1, 1))
    padding = window_padding(call, shape, size, stride, dilation)
    rows, columns = (
        output_size(call, shape, size, stride, dilation, padding, axis) for axis in (0, 1)
    )
    return Weighted(
        call.node,
        (outputs, rows, columns),
        operand,
        steps.integers,
        _scales(call, steps),
        *_bias(call, 2, outputs, operand, steps),
        Geometry(stride, dilation, padding, groups),
    )


@operator("Gemm")
def gemm(call: Call) -> Value:
    """Alpha * x * w + beta * b, with x a vector for each sample."""
    if call.node.integer("transA", 0):
        raise call.refuse("transA must be 0: the first dimension is the batch")
    steps = _weight(call)
    if steps.integers.ndim != 2:
        raise call.refuse(f"its weight must have two dimensions, not {steps.integers.shape}")
    if not call.node.integer("transB", 0):
        steps = steps.transposed((1, 0))
    alpha, beta = call.node.real("alpha", 1.0), call.node.real("beta", 1.0)
    return _linear(call, steps, alpha, beta)


@operator("MatMul")
def matmul(call: Call) -> Value:
    """X * w, with x a vector for each sample."""
    steps = _weight(call)
    if steps.integers.ndim != 2:
        raise call.refuse(f"its weight must have two dimensions, not {steps.integers.shape}")
    return _linear(call, steps.transposed((1, 0)), 1.0, 1.0)


def _linear(call: Call, steps: Steps, alpha: float, beta: float) -> Value:
    value = call.map_or_vector()
    outputs, features = steps.integers.shape
    if value.shape != (features,):
        raise call.refuse(
            f"its input must be a vector of {features} values for each sample, not of shape"
            f" {value.shape}"
        )
    operand = call.stored(0)
    bias, bias_steps = _bias(call, 2, outputs, operand, steps)
    result = Weighted(
        call.node,
        (outputs,),
        operand,
        steps.integers,
        _scales(call, steps),
        bias * beta,
        bias_steps if beta == 1 else None,
        None,
    )
    if alpha == 1:
        return result
    scaled = result.multiplied(np.array(alpha))
    assert scaled is not None
    return call.folded(scaled.added(bias * beta * (1 - alpha)), result)


def _weight(call: Call) -> Steps:
    """Return the steps of the weight, each in [-255, 255]."""
    if not call.has(1) or not isinstance(call.operand(1), Constant):
        raise call.refuse("its weight must be a constant")
    steps = call.constant(1, "its weight").steps
    if steps is None:
        raise call.refuse("its weight is not quantized; it must come from a DequantizeLinear")
    if steps.integers.size == 0:
        raise call.refuse(f"its weight is empty, of shape {steps.integers.shape}")
    if np.abs(steps.integers).max() > 255:
        raise call.refuse("its weight must have at most 8 bits")
    if steps.integers.dtype != np.int16:
        return Steps(steps.integers.astype(np.int16), steps.scale)
    return steps


def _scales(call: Call, steps: Steps) -> npt.NDArray[np.float64]:
    """Return the scale of each output channel, float64 (O)."""
    outputs = len(steps.integers)
    if steps.scale.size not in (1, steps.scale.shape[0]):
        raise call.refuse("its weight must have one scale, or one for each output channel")
    return np.broadcast_to(steps.scale.reshape(-1), (outputs,)).astype(np.float64)


def _bias(
    call: Call, position: int, outputs: int, operand: Operand, weight: Steps
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64] | None]:
    """Return the bias in real numbers, and in steps of the products if it is stored so."""
    if not call.has(position):
        return np.zeros(outputs), None
    bias = call.constant(position, "its bias")
    if bias.array.size not in (1, outputs) or bias.array.shape[:-1].count(1) < bias.array.ndim - 1:
        raise call.refuse(f"its bias must have {outputs} values, its shape is {bias.array.shape}")
    real = np.broadcast_to(bias.array.astype(np.float64).reshape(-1), (outputs,))
    if not np.isfinite(real).all():
        raise call.refuse("its bias is not finite")
    if bias.steps is None:
        return real, None
    integers = np.broadcast_to(bias.steps.integers.reshape(-1), (outputs,)).astype(np.int64)
    scale = np.broadcast_to(bias.steps.scale.reshape(-1), (outputs,)).astype(np.float64)
    products = operand.scaled.scale * _scales(call, weight)
    same = np.abs(scale / products - 1) < 1e-6
    return integers * scale, integers if same.all() else None
