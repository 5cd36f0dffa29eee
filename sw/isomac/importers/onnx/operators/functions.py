"""Functions of single values, which become tables."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from isomac.importers.onnx.call import Call, Value, operator
from isomac.importers.onnx.node import Node
from isomac.importers.onnx.values.base import Function

Values = npt.NDArray[np.floating[Any]]

_erf = np.vectorize(math.erf, otypes=[np.float64])


def _sigmoid(x: Values) -> Values:
    return 1 / (1 + np.exp(-x))


def _softplus(x: Values) -> Values:
    return np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0)


def _hard_sigmoid(x: Values, alpha: float, beta: float) -> Values:
    return np.clip(np.float32(alpha) * x + np.float32(beta), 0, 1)


def _gelu(node: Node) -> Function:
    if node.text("approximate", "none") == "tanh":
        factor = math.sqrt(2 / math.pi)
        return lambda x: 0.5 * x * (1 + np.tanh(factor * (x + 0.044715 * x**3)))
    return lambda x: 0.5 * x * (1 + _erf(x / math.sqrt(2)))


def _elu(alpha: float, gamma: float = 1.0) -> Function:
    return lambda x: gamma * np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def _hard_sigmoid_of(node: Node) -> Function:
    alpha, beta = node.real("alpha", 0.2), node.real("beta", 0.5)
    return lambda x: _hard_sigmoid(x, alpha, beta)


def _leaky(slope: float) -> Function:
    return lambda x: np.where(x < 0, np.float32(slope) * x, x)


def _celu(node: Node) -> Function:
    alpha = node.real("alpha", 1.0)
    return lambda x: np.maximum(x, 0) + np.minimum(0, alpha * np.expm1(x / alpha))


#: The function of each operator, given its node.
_FUNCTIONS: dict[str, Callable[[Node], Function]] = {
    "Abs": lambda _: np.abs,
    "Celu": _celu,
    "Elu": lambda node: _elu(node.real("alpha", 1.0)),
    "Erf": lambda _: _erf,
    "Exp": lambda _: np.exp,
    "Gelu": _gelu,
    "HardSigmoid": _hard_sigmoid_of,
    "HardSwish": lambda _: lambda x: x * _hard_sigmoid(x, 1 / 6, 0.5),
    "LeakyRelu": lambda node: _leaky(node.real("alpha", 0.01)),
    "Log": lambda _: np.log,
    "Mish": lambda _: lambda x: x * np.tanh(_softplus(x)),
    "Reciprocal": lambda _: lambda x: 1 / x,
    "Selu": lambda node: _elu(
        node.real("alpha", 1.67326319217681884765625), node.real("gamma", 1.05070102214813232421875)
    ),
    "Sigmoid": lambda _: _sigmoid,
    "Softplus": lambda _: _softplus,
    "Softsign": lambda _: lambda x: x / (1 + np.abs(x)),
    "Sqrt": lambda _: np.sqrt,
    "Tanh": lambda _: np.tanh,
}


@operator(*_FUNCTIONS)
def function(call: Call) -> Value:
    """A function whose parameters are attributes."""
    return _mapped(call, _FUNCTIONS[call.node.operator](call.node), call.node.operator.lower())


@operator("PRelu")
def prelu(call: Call) -> Value:
    """A leaky ReLU with the slope as an input."""
    slope = call.number(1, "its slope", 0.0)
    return _mapped(call, _leaky(slope), "prelu")


@operator("Pow")
def power(call: Call) -> Value:
    """A constant power."""
    exponent = np.float32(call.number(1, "its exponent", 1.0))
    return _mapped(call, lambda x: np.power(x, exponent), "power")


@operator("Neg")
def negate(call: Call) -> Value:
    """The negative value."""
    value = call.real()
    return call.folded(value.multiplied(np.array(-1.0)), value)


def _mapped(call: Call, function: Function, name: str) -> Value:
    value = call.real()

    def applied(x: Values) -> Values:
        return np.asarray(function(x), np.float32)

    return call.folded(value.mapped(applied, name), value)
