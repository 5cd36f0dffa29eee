"""One operation of each kind that reads the output of a convolution, all fields open to change."""

from typing import Any

import numpy as np

from isomac.graph.operators.adaptive_average_pool import AdaptiveAveragePool
from isomac.graph.operators.add import Add
from isomac.graph.operators.aligned_add import AlignedAdd
from isomac.graph.operators.average_pool import AveragePool
from isomac.graph.operators.clamp import Clamp
from isomac.graph.operators.concatenate import Concatenate
from isomac.graph.operators.lookup import Lookup
from isomac.graph.operators.max_pool import MaxPool
from isomac.graph.operators.newton_softmax import NewtonSoftmax
from isomac.graph.operators.pad import Pad
from isomac.graph.operators.reshape import Reshape
from isomac.graph.operators.scale import Scale
from isomac.graph.operators.softmax import Softmax, softmax_table


def max_pool(**changes: Any) -> MaxPool:
    """Return a 2x2 max pool, from `y` to `z`."""
    fields = {"kernel": (2, 2), "stride": (2, 2), "dilation": (1, 1), "padding": (0, 0, 0, 0)}
    return MaxPool(name="pool", output="z", **{"inputs": ("y",), **fields, **changes})


def average_pool(**changes: Any) -> AveragePool:
    """Return a 2x2 average pool of factor 1/4, from `y` to `z`."""
    fields = {
        "kernel": (2, 2),
        "stride": (2, 2),
        "padding": (0, 0, 0, 0),
        "multiplier": 2**30,
        "shift": 32,
        "quant_min": -128,
        "quant_max": 127,
    }
    return AveragePool(name="pool", output="z", **{"inputs": ("y",), **fields, **changes})


def adaptive(**changes: Any) -> AdaptiveAveragePool:
    """Return an adaptive average pool of two rows and one column, from `y` to `z`."""
    fields = {
        "rows": ((0, 2), (1, 4)),
        "columns": ((0, 4),),
        "multiplier": np.full((2, 1), 2**30, np.int64),
        "shift": np.full((2, 1), 33, np.int64),
        "quant_min": -128,
        "quant_max": 127,
    }
    return AdaptiveAveragePool(name="pool", output="z", **{"inputs": ("y",), **fields, **changes})


def add(**changes: Any) -> Add:
    """Return the addition of `y` and `x` to `z`."""
    fields = {
        "inputs": ("y", "x"),
        "multipliers": (2**30, 2**29),
        "shift": 31,
        "quant_min": -128,
        "quant_max": 127,
    }
    return Add(name="add", output="z", **{**fields, **changes})


def clamp(**changes: Any) -> Clamp:
    """Return a ReLU, from `y` to `z`."""
    fields = {"quant_min": 3, "quant_max": 127}
    return Clamp(name="clamp", **{"inputs": ("y",), "output": "z", **fields, **changes})


def softmax(**changes: Any) -> Softmax:
    """Return a softmax, from `y` to `z`."""
    fields = {"table": softmax_table(0.5), "reciprocal_bits": 32, "shift": 24}
    return Softmax(name="softmax", inputs=("y",), output="z", **{**fields, **changes})


def newton_softmax(**changes: Any) -> NewtonSoftmax:
    """Return a softmax with Newton's iteration, from `y` to `z`."""
    exponentials = np.round(2.0**31 * np.exp(np.arange(-255, 1) / 2)).astype(np.int64)
    fields = {"table": np.minimum(exponentials, 2**31 - 1)}
    return NewtonSoftmax(name="softmax", inputs=("y",), output="z", **{**fields, **changes})


def aligned_add(**changes: Any) -> AlignedAdd:
    """Return TFLite's addition of `y` and `x` to `z`."""
    fields = {
        "inputs": ("y", "x"),
        "left_shift": 19,
        "left_shift_b": 20,
        "multiplier_b": 1_717_986_918,
        "shift_b": 33,
        "multiplier": 1_300_000_001,
        "shift": 50,
        "quant_min": -128,
        "quant_max": 127,
        "rounding": "double",
    }
    return AlignedAdd(name="add", output="z", **{**fields, **changes})


def scale(channels: int = 2, **changes: Any) -> Scale:
    """Return the product of `y` with a factor for each channel, to `z`."""
    fields = {
        "factor": np.arange(channels, dtype=np.int32) * 100 - 255,
        "multiplier": np.full(channels, 2**30 + 12345, np.int64),
        "shift": np.full(channels, 37, np.int64),
        "quant_min": -128,
        "quant_max": 127,
        "rounding": "double",
    }
    return Scale(name="scale", output="z", **{"inputs": ("y",), **fields, **changes})


def lookup(**changes: Any) -> Lookup:
    """Return a table with every byte once, from `y` to `z`."""
    table = np.random.default_rng(3).permutation(np.arange(-128, 128, dtype=np.int8))
    fields = {"function": "random", "table": table}
    return Lookup(name="lookup", output="z", **{"inputs": ("y",), **fields, **changes})


def pad(**changes: Any) -> Pad:
    """Return a frame around `y`, to `z`."""
    fields = {"padding": (2, 0, 1, 3), "value": 3}
    return Pad(name="pad", output="z", **{"inputs": ("y",), **fields, **changes})


#: The channels of `y` and `x`, and `y` under another shape.
CONCATENATE = Concatenate(name="concatenate", inputs=("y", "x"), output="z")
RESHAPE = Reshape(name="reshape", inputs=("y",), output="z")
