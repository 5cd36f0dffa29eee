"""Which parts of a TFLite file are read, and how much of each is accepted.

Slots are the positions of the fields in the schema (`schema.fbs` of LiteRT), which never change: a
schema of flatbuffers only grows.
"""

from __future__ import annotations

from isomac.importers.tflite.flatbuffer import Scalar, Table, Tables, Vector

#: Most tensors, operators, and operands of one operator.
TENSORS_MAX = 1 << 14
OPERATORS_MAX = 1 << 10
OPERANDS_MAX = 256
#: Most axes of a shape.
RANK_MAX = 8
#: Most scales of one tensor.
SCALES_MAX = 1 << 16

_BYTE, _BOOL, _INT, _LONG = Scalar(1), Scalar(1), Scalar(4), Scalar(8)
_SHAPE = Vector(4, RANK_MAX)
_INDICES = Vector(4, OPERANDS_MAX)
_STRING = Vector(1, 1 << 16)

_OPERATOR_CODE = Table("operator code", {0: _BYTE, 1: _STRING, 2: _INT, 3: _INT})

_QUANTIZATION = Table(
    "quantization",
    {2: Vector(4, SCALES_MAX), 3: Vector(8, SCALES_MAX), 4: _BYTE, 6: _INT},
)

_TENSOR = Table(
    "tensor",
    {
        0: _SHAPE,
        1: _BYTE,  # type
        2: _INT,  # buffer
        3: _STRING,  # name
        4: _QUANTIZATION,
        5: _BOOL,  # whether it is a variable
        6: Table("sparsity"),
        7: _SHAPE,  # signature, with -1 for what is left open
        10: _INT,  # external buffer
    },
)

_OPERATOR = Table(
    "operator",
    {
        0: _INT,  # index of the operator code
        1: _INDICES,
        2: _INDICES,
        3: _BYTE,  # type of the options
        4: Table("operator options"),
        9: _LONG,
        10: _LONG,
        11: _BYTE,
        12: Table("operator options"),
    },
)

_SUBGRAPH = Table(
    "subgraph",
    {
        0: Tables(_TENSOR, TENSORS_MAX),
        1: _INDICES,
        2: _INDICES,
        3: Tables(_OPERATOR, OPERATORS_MAX),
    },
)

_BUFFER = Table("buffer", {0: Vector(1, 1 << 32), 1: _LONG, 2: _LONG})

#: What must be intact to say what kind of model it is.
MODEL_HEAD = Table("model", {0: _INT, 2: Vector(4, TENSORS_MAX)})

MODEL = Table(
    "model",
    {
        0: _INT,  # version
        1: Tables(_OPERATOR_CODE, OPERATORS_MAX),
        2: Tables(_SUBGRAPH, 1),
        4: Tables(_BUFFER, 2 * TENSORS_MAX),
    },
)

#: The options of the operators: which getters of the schema's class are called, in order of slots.
OPTIONS: dict[str, dict[str, Scalar | Vector]] = {
    "Conv2DOptions": {
        "Padding": _BYTE,
        "StrideW": _INT,
        "StrideH": _INT,
        "FusedActivationFunction": _BYTE,
        "DilationWFactor": _INT,
        "DilationHFactor": _INT,
    },
    "DepthwiseConv2DOptions": {
        "Padding": _BYTE,
        "StrideW": _INT,
        "StrideH": _INT,
        "DepthMultiplier": _INT,
        "FusedActivationFunction": _BYTE,
        "DilationWFactor": _INT,
        "DilationHFactor": _INT,
    },
    "FullyConnectedOptions": {
        "FusedActivationFunction": _BYTE,
        "WeightsFormat": _BYTE,
        "KeepNumDims": _BOOL,
    },
    "Pool2DOptions": {
        "Padding": _BYTE,
        "StrideW": _INT,
        "StrideH": _INT,
        "FilterWidth": _INT,
        "FilterHeight": _INT,
        "FusedActivationFunction": _BYTE,
    },
    "AddOptions": {"FusedActivationFunction": _BYTE},
    "MulOptions": {"FusedActivationFunction": _BYTE},
    "ConcatenationOptions": {"Axis": _INT, "FusedActivationFunction": _BYTE},
    "ReducerOptions": {"KeepDims": _BOOL},
    "ReshapeOptions": {"NewShapeAsNumpy": _SHAPE},
    "SqueezeOptions": {"SqueezeDimsAsNumpy": _SHAPE},
    "SoftmaxOptions": {"Beta": _INT},
}
