"""What there is to say about a network, ready for JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from isomac.graph.graph import Graph
from isomac.graph.operation import Operation
from isomac.graph.operators.convolution import Convolution

#: Fields of operations that hold trained values.
_TRAINED = ("weight", "bias", "factor")


@dataclass(frozen=True)
class TensorView:
    """A tensor at a border of the network.

    Members
    -------
    name, shape, scale, zero_point
        See `isomac.graph.tensor.Tensor`.
    outside
        Type that it has outside, such as "float32", where that is known.
    """

    name: str
    shape: tuple[int, ...]
    scale: float
    zero_point: int
    outside: str | None


@dataclass(frozen=True)
class LayerView:
    """An operation.

    Members
    -------
    name, operation, source
        What it is called, what it is, and where the user wrote it.
    inputs, output, shape
        Names of tensors, and the shape of the output.
    window
        Kernel, stride, padding and dilation, as far as it has them.
    macs, parameters
        Multiply-accumulates of one inference; trained values: weights, biases, factors.
    scale, zero_point
        Of the output.
    quant_min, quant_max
        The clamp, None if there is none.
    rescaled_per
        What has a multiplier of its own: "tensor", "channel" or "pixel"; None if nothing is
        rescaled.
    rounding
        Of the rescaling; None likewise.
    """

    name: str
    operation: str
    source: str
    inputs: tuple[str, ...]
    output: str
    shape: tuple[int, ...]
    window: Mapping[str, Any]
    macs: int
    parameters: int
    scale: float
    zero_point: int
    quant_min: int | None
    quant_max: int | None
    rescaled_per: str | None
    rounding: str | None


@dataclass(frozen=True)
class NetworkView:
    """A network.

    Members
    -------
    kind
        What it was read from, such as "TFLite" or "bundle".
    name
        Of the network.
    sha256
        Of the integer graph.
    inputs, outputs, layers
        In order.
    macs, parameters
        Of all layers.
    activations
        Bytes of the largest tensor.
    remarks
        What the importer has to say.
    hardware
        Of a bundle: see `isomac.inspection.hardware`.
    """

    kind: str
    name: str
    sha256: str
    inputs: tuple[TensorView, ...]
    outputs: tuple[TensorView, ...]
    layers: tuple[LayerView, ...]
    macs: int
    parameters: int
    activations: int
    remarks: tuple[str, ...] = ()
    hardware: Mapping[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON has it."""
        return asdict(self)


def view(
    graph: Graph,
    kind: str,
    *,
    outside: Mapping[str, str] | None = None,
    remarks: Sequence[str] = (),
    hardware: Mapping[str, Any] | None = None,
) -> NetworkView:
    """Return what there is to say about a graph.

    Parameters
    ----------
    graph
        Verified.
    kind, remarks, hardware
        See `NetworkView`.
    outside
        Types at the borders by name of tensor.
    """
    layers = tuple(_layer(graph, operation) for operation in graph.operations)
    return NetworkView(
        kind=kind,
        name=graph.name,
        sha256=graph.sha256,
        inputs=_borders(graph, graph.inputs, outside or {}),
        outputs=_borders(graph, graph.outputs, outside or {}),
        layers=layers,
        macs=graph.macs,
        parameters=sum(layer.parameters for layer in layers),
        activations=max(tensor.elements for tensor in graph.tensors),
        remarks=tuple(remarks),
        hardware=hardware,
    )


def _borders(
    graph: Graph, names: Sequence[str], outside: Mapping[str, str]
) -> tuple[TensorView, ...]:
    tensors = [graph.tensor(name) for name in names]
    return tuple(
        TensorView(t.name, t.shape, t.scale, t.zero_point, outside.get(t.name)) for t in tensors
    )


def _layer(graph: Graph, operation: Operation) -> LayerView:
    output = graph.tensor(operation.output)
    multiplier = getattr(operation, "multiplier", getattr(operation, "multipliers", None))
    rescaled = multiplier is not None
    return LayerView(
        name=operation.name,
        operation=operation.label,
        source=operation.source,
        inputs=operation.inputs,
        output=operation.output,
        shape=output.shape,
        window=_window(operation),
        macs=operation.macs(graph),
        parameters=sum(np.size(getattr(operation, field, ())) for field in _TRAINED),
        scale=output.scale,
        zero_point=output.zero_point,
        quant_min=getattr(operation, "quant_min", None),
        quant_max=getattr(operation, "quant_max", None),
        rescaled_per=_rescaled_per(operation) if rescaled else None,
        # An addition with two factors rounds once, and has no mode.
        rounding=getattr(operation, "rounding", "single") if rescaled else None,
    )


def _window(operation: Operation) -> dict[str, Any]:
    window: dict[str, Any] = {}
    if isinstance(operation, Convolution):
        window = {"kernel": operation.weight.shape[2:], "groups": operation.groups}
    for field in ("kernel", "stride", "padding", "dilation"):
        if hasattr(operation, field):
            window[field] = getattr(operation, field)
    return window


def _rescaled_per(operation: Operation) -> str:
    constants = [getattr(operation, name, None) for name in ("multiplier", "shift")]
    arrays = [value for value in constants if isinstance(value, np.ndarray)]
    if not arrays or all(np.unique(array).size == 1 for array in arrays):
        return "tensor"
    return "channel" if arrays[0].ndim == 1 else "pixel"
