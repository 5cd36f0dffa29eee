"""The integer graph: what is computed, with every scale already turned into integers."""

from __future__ import annotations

import hashlib
import reprlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from isomac.errors import GraphError
from isomac.graph.canonical import canonical_text
from isomac.graph.fields import check_name
from isomac.graph.operation import Operation
from isomac.graph.tensor import Tensor


@dataclass(frozen=True, eq=False)
class Graph:
    """Tensors and the operations between them, in topological order.

    Making a graph checks only the types of its parts; `isomac.graph.verify.verify` checks the
    rules. Two graphs are equal if they compute the same: `sha256` decides.

    Parameters
    ----------
    name
        Name of the network, printable, not empty.
    tensors
        Every tensor that is an input of the graph or the output of an operation.
    operations
        In topological order.
    inputs, outputs
        Names of the tensors that come from outside and go outside, in order.
    """

    name: str
    tensors: tuple[Tensor, ...]
    operations: tuple[Operation, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    def __post_init__(self) -> None:
        check_name(self.name, "the name of a graph")
        parts: tuple[tuple[str, type, str], ...] = (
            ("tensors", Tensor, "tensors"),
            ("operations", Operation, "operations"),
            ("inputs", str, "names of tensors"),
            ("outputs", str, "names of tensors"),
        )
        for field, kind, meaning in parts:
            value = getattr(self, field)
            if isinstance(value, str) or not isinstance(value, Iterable):
                raise GraphError(
                    f"{self}: {field} must be a tuple of {meaning}, not {reprlib.repr(value)}"
                )
            items = tuple(value)
            for item in items:
                if not isinstance(item, kind):
                    raise GraphError(
                        f"{self}: {field} must hold {meaning}, not {reprlib.repr(item)}"
                    )
            object.__setattr__(self, field, items)

    def __str__(self) -> str:
        return f"graph {self.name!r}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Graph) and self.sha256 == other.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)

    def tensor(self, name: str) -> Tensor:
        """Return the tensor `name`; raise `GraphError` if there is none."""
        try:
            return self._tensors[name]
        except KeyError:
            raise GraphError(f"{self} has no tensor {name!r}") from None

    def producer(self, name: str) -> Operation | None:
        """Return the operation that produces the tensor `name`, None for an input of the graph."""
        self.tensor(name)
        return self._producers.get(name)

    def consumers(self, name: str) -> tuple[Operation, ...]:
        """Return the operations that read the tensor `name`, in order, each once."""
        self.tensor(name)
        return tuple(self._consumers[name]) if name in self._consumers else ()

    @cached_property
    def sha256(self) -> str:
        """Hexadecimal SHA-256 of `canonical_text`: the same for the same computation everywhere."""
        return hashlib.sha256(canonical_text(self).encode()).hexdigest()

    @cached_property
    def macs(self) -> int:
        """Logical multiply-accumulates of one inference."""
        return sum(operation.macs(self) for operation in self.operations)

    @cached_property
    def _tensors(self) -> dict[str, Tensor]:
        return {tensor.name: tensor for tensor in self.tensors}

    @cached_property
    def _producers(self) -> dict[str, Operation]:
        return {operation.output: operation for operation in self.operations}

    @cached_property
    def _consumers(self) -> dict[str, list[Operation]]:
        consumers: dict[str, list[Operation]] = defaultdict(list)
        for operation in self.operations:
            for name in dict.fromkeys(operation.inputs):
                consumers[name].append(operation)
        return consumers
