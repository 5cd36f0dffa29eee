"""Between real numbers outside and int8 inside: the two borders of an integer graph."""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from isomac.errors import IsomacError
from isomac.graph.graph import Graph
from isomac.graph.limits import INT8_MAX, INT8_MIN
from isomac.graph.tensor import Tensor


def quantize_input(
    graph: Graph, values: torch.Tensor | npt.NDArray[Any], name: str | None = None
) -> torch.Tensor:
    """Return real inputs as int8: `clamp(round(value * (1 / scale)) + zero_point, -128, 127)`.

    Rounds half to even, in float32 and with the reciprocal, as the `quantize_per_tensor` of
    a quantized PyTorch graph does: the bytes are those that its first layer sees.

    Parameters
    ----------
    graph
        The graph the values are for.
    values
        Real numbers (N, *shape); converted to float32.
    name
        Name of the input, needed if there are several.

    Raises
    ------
    IsomacError
        If there is no such input, the shape is another one, or a value is not a number.
    """
    tensor = _border(graph, graph.inputs, name, "input")
    real = _as_tensor(values).to(torch.float32)
    _check_shape(graph, tensor, real)
    if bool(real.isnan().any()):
        raise IsomacError(f"{graph}: input {tensor.name!r} must hold numbers, not NaN")
    steps = torch.round(real * (1.0 / tensor.scale)) + tensor.zero_point
    return torch.clamp(steps, INT8_MIN, INT8_MAX).to(torch.int8)


def dequantize_output(
    graph: Graph, values: torch.Tensor | npt.NDArray[Any], name: str | None = None
) -> torch.Tensor:
    """Return int8 outputs as real numbers, `(value - zero_point) * scale`, float32 (N, *shape).

    Parameters
    ----------
    graph
        The graph the values come from.
    values
        int8 (N, *shape).
    name
        Name of the output, needed if there are several.

    Raises
    ------
    IsomacError
        If there is no such output, or dtype or shape are others.
    """
    tensor = _border(graph, graph.outputs, name, "output")
    steps = _as_tensor(values)
    if steps.dtype != torch.int8:
        raise IsomacError(f"{graph}: output {tensor.name!r} must be int8, not {steps.dtype}")
    _check_shape(graph, tensor, steps)
    return (steps.to(torch.float32) - tensor.zero_point) * tensor.scale


def _as_tensor(values: torch.Tensor | npt.NDArray[Any]) -> torch.Tensor:
    if isinstance(values, torch.Tensor):
        return values.detach().cpu()
    # A copy, since PyTorch does not accept read-only memory.
    return torch.from_numpy(np.array(values))


def _border(graph: Graph, names: tuple[str, ...], name: str | None, what: str) -> Tensor:
    if name is None:
        if len(names) != 1:
            raise IsomacError(f"{graph} has the {what}s {list(names)}, say which")
        return graph.tensor(names[0])
    if name not in names:
        raise IsomacError(f"{graph} has the {what}s {list(names)}, not {name!r}")
    return graph.tensor(name)


def _check_shape(graph: Graph, tensor: Tensor, batch: torch.Tensor) -> None:
    if batch.ndim != len(tensor.shape) + 1 or tuple(batch.shape[1:]) != tensor.shape:
        expected = ", ".join(str(size) for size in ("N", *tensor.shape))
        raise IsomacError(
            f"{graph}: {tensor.name!r} must have shape ({expected}), not {tuple(batch.shape)}"
        )
