"""The integer graph while it grows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from isomac.graph.graph import Graph
from isomac.graph.limits import INT8_MAX, INT8_MIN
from isomac.graph.operation import Operation
from isomac.graph.rescale_constants import rescale_constants
from isomac.graph.tensor import Tensor
from isomac.graph.verify import verify

#: Width of the multipliers unless the user says another.
MULTIPLIER_BITS = 31


@dataclass(frozen=True)
class Result:
    """Where an operation writes: the tensor, and the clamp that folded activations leave."""

    tensor: Tensor
    quant_min: int = INT8_MIN
    quant_max: int = INT8_MAX

    @property
    def clamp(self) -> dict[str, int]:
        """The fields of an operation that clamps."""
        return {"quant_min": self.quant_min, "quant_max": self.quant_max}


class Names:
    """Hands out names that are unique, by counting up."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._next: dict[str, int] = {}

    def unique(self, name: str) -> str:
        """Return `name`, or `name_2`, `name_3` ... if it was handed out before."""
        candidate, number = name, self._next.get(name, 1)
        while candidate in self._taken:
            number += 1
            candidate = f"{name}_{number}"
        self._next[name] = number
        self._taken.add(candidate)
        return candidate


class Builder:
    """Collects tensors and operations in topological order.

    Parameters
    ----------
    multiplier_bits
        Width of the multipliers.
    """

    def __init__(self, multiplier_bits: int = MULTIPLIER_BITS) -> None:
        self.multiplier_bits = multiplier_bits
        self._names = Names()
        self._tensors: dict[str, Tensor] = {}
        self._operations: list[Operation] = []

    def tensor(self, name: str, shape: Sequence[int], scale: float, zero_point: int) -> Tensor:
        """Return a new tensor, named `name` or alike."""
        tensor = Tensor(self._names.unique(name), tuple(shape), scale, zero_point)
        self._tensors[tensor.name] = tensor
        return tensor

    def find(self, name: str) -> Tensor:
        """Return the tensor of this name."""
        return self._tensors[name]

    def append(self, operation: Operation) -> None:
        """Append an operation whose operands are there already."""
        self._operations.append(operation)

    def graph(self, name: str, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> Graph:
        """Return the verified graph of all that `outputs` depend on.

        Raises
        ------
        GraphError
            If it breaks a rule.
        """
        needed = {tensor.name for tensor in (*inputs, *outputs)}
        operations = []
        for operation in reversed(self._operations):
            if operation.output in needed:
                operations.append(operation)
                needed.update(operation.inputs)
        graph = Graph(
            name=name,
            tensors=tuple(tensor for tensor in self._tensors.values() if tensor.name in needed),
            operations=tuple(reversed(operations)),
            inputs=tuple(tensor.name for tensor in inputs),
            outputs=tuple(tensor.name for tensor in outputs),
        )
        verify(graph)
        return graph


@dataclass(frozen=True)
class Site:
    """Where operations are appended, and what stands in the user's network there.

    Members
    -------
    builder
        The graph.
    source
        The user's line, or what names the node in the user's file.
    """

    builder: Builder
    source: str = ""

    def emit(
        self, kind: type[Operation], operands: Sequence[Tensor], output: Tensor, **fields: Any
    ) -> Tensor:
        """Append an operation of the class `kind`, named after its output; return the output."""
        self.builder.append(
            kind(
                name=output.name,
                inputs=tuple(operand.name for operand in operands),
                output=output.name,
                source=self.source,
                **fields,
            )
        )
        return output

    def like(self, name: str, shape: Sequence[int], tensor: Tensor) -> Tensor:
        """Return a new tensor with the quantization of another."""
        return self.builder.tensor(name, shape, tensor.scale, tensor.zero_point)

    def rescale(self, ratio: float) -> tuple[int, int]:
        """Return multiplier and shift for a ratio of scales."""
        return rescale_constants(float(ratio), self.builder.multiplier_bits)

    def rescale_all(
        self, ratios: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return multipliers and shifts, int64, in the shape of `ratios`."""
        distinct, where = np.unique(ratios, return_inverse=True)
        constants = np.array([self.rescale(ratio) for ratio in distinct], np.int64)
        chosen = constants[where.reshape(ratios.shape)]
        return chosen[..., 0].copy(), chosen[..., 1].copy()
