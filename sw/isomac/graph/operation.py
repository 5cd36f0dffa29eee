"""The base of all operations of the integer graph."""

from __future__ import annotations

import reprlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from isomac.errors import GraphError
from isomac.graph.fields import check_name, kinds

if TYPE_CHECKING:
    from isomac.graph.graph import Graph

Shape = tuple[int, ...]

#: Every operator class by its name, filled as the classes are defined.
_REGISTRY: dict[str, type[Operation]] = {}


@dataclass(frozen=True, eq=False, kw_only=True)
class Operation(ABC):
    """One operation: reads the tensors `inputs`, produces the tensor `output`.

    A new operator is one new file in `isomac/graph/operators/` with one subclass, a dataclass
    `frozen=True, eq=False, kw_only=True` whose own fields are declared with the functions of
    `isomac.graph.fields`.

    Parameters
    ----------
    name
        Unique within its graph, printable, not empty.
    inputs
        Names of the tensors that are read, in order.
    output
        Name of the tensor that is produced.
    source
        Where the user wrote this, one printable line for messages; no part of the identity of a
        graph.

    Raises
    ------
    GraphError
        If a field does not hold what it was declared to hold.
    """

    name: str
    inputs: tuple[str, ...]
    output: str
    source: str = ""

    #: Smallest and largest number of inputs.
    arity: ClassVar[tuple[int, int]] = (1, 1)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.__name__ in _REGISTRY:
            raise TypeError(f"there are two operators named {cls.__name__}")
        _REGISTRY[cls.__name__] = cls

    def __post_init__(self) -> None:
        check_name(self.name, "the name of an operation")
        if self.source != "":
            check_name(self.source, f"the source of operation {self.name!r}")
        inputs = self.inputs
        if not isinstance(inputs, (tuple, list)) or not all(isinstance(i, str) for i in inputs):
            raise GraphError(f"{self}: inputs must be names of tensors, not {reprlib.repr(inputs)}")
        if not isinstance(self.output, str):
            raise GraphError(
                f"{self}: output must be the name of a tensor, not {reprlib.repr(self.output)}"
            )
        low, high = self.arity
        if not low <= len(inputs) <= high:
            accepted = f"{low}" if low == high else f"{low} to {high}"
            raise GraphError(f"{self}: must have {accepted} inputs, not {len(inputs)}")
        object.__setattr__(self, "inputs", tuple(inputs))
        for field, kind in kinds(type(self)).items():
            value = kind.normalize(getattr(self, field), f"{self}: {field}")
            object.__setattr__(self, field, value)

    def __str__(self) -> str:
        """The operation as messages name it, with the user's line if it is known."""
        place = f" ({self.source})" if self.source else ""
        return f"{type(self).__name__} {self.name!r}{place}"

    @property
    @abstractmethod
    def label(self) -> str:
        """What the field calls this operation, for tables and messages."""

    @abstractmethod
    def infer_shape(self, input_shapes: Sequence[Shape]) -> Shape:
        """Return the shape of the output for these shapes of the inputs.

        Raises
        ------
        GraphError
            If the operation cannot read inputs of these shapes.
        """

    def output_shape(self, graph: Graph) -> Shape:
        """Return the shape that `output` must have in `graph`."""
        return self.infer_shape([graph.tensor(name).shape for name in self.inputs])

    def check(self, graph: Graph) -> None:
        """Check the rules of this operator that need no other operation.

        Subclasses extend it. The tensors named by `inputs` and `output` must exist.

        Raises
        ------
        GraphError
            If a rule is broken.
        """
        expected = self.output_shape(graph)
        actual = graph.tensor(self.output).shape
        if actual != expected:
            raise GraphError(
                f"{self}: output {self.output!r} must have shape {expected}, not {actual}"
            )

    def macs(self, graph: Graph) -> int:
        """Return the logical multiply-accumulates of one inference; those on padding count."""
        return 0


def registered_operators() -> dict[str, type[Operation]]:
    """Return the operator classes defined so far by name, sorted."""
    return dict(sorted(_REGISTRY.items()))
