"""What the front end knows about one operator of PyTorch, and the table of all of them.

A new operator is one new file in `isomac/frontend/operators/` with one subclass of `Operator` (it
has a counterpart in the integer graph) or of `Handler` (it is rewritten into others beforehand).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, TypeVar

import torch
from torch.fx import GraphModule, Node

if TYPE_CHECKING:
    from isomac.frontend.annotations import Annotations
    from isomac.frontend.lowering import Lowering

Overload = torch._ops.OpOverload

#: The handler of every overload, filled as the modules in `operators/` are imported.
_REGISTRY: dict[Overload, Handler] = {}


class Handler(ABC):
    """Handles the calls of some overloads of an operator, see `handles`."""

    #: What a user who met a refusal may use instead, such as "conv2d"; "" leaves it unsaid.
    title: ClassVar[str] = ""
    #: Only ever takes nodes away, and does so before all other rewritings.
    removes: ClassVar[bool] = False

    def rewrite(self, module: GraphModule, node: Node) -> None:
        """Replace `node` by others that compute the same real numbers, where that is of use.

        Called once for each node, in topological order, before anything is checked or quantized.
        """

    @abstractmethod
    def refuse(self, node: Node) -> str | None:
        """Return why this call cannot be turned into integers, or None if it can."""


class Operator(Handler):
    """An operator with a counterpart in the integer graph."""

    #: Has weights, and multiplies and accumulates.
    weighted: ClassVar[bool] = False
    #: Its operation clamps the result, so that a ReLU behind it costs nothing.
    clamps: ClassVar[bool] = False
    #: Adds without weights, so that results halfway between two steps may be common.
    sums: ClassVar[bool] = False
    #: Only moves or selects values, so that a ReLU may as well come before it.
    selects: ClassVar[bool] = False

    def annotate(self, node: Node, annotations: Annotations) -> None:
        """Say how the result is quantized: with parameters of its own unless overridden."""
        annotations.own(node)

    @abstractmethod
    def lower(self, node: Node, lowering: Lowering) -> None:
        """Append the operations of the integer graph that compute this call."""


class Activation(Operator):
    """A clamp to constant bounds: a ReLU or one of its kin."""

    @abstractmethod
    def bounds(self, node: Node) -> tuple[float, float]:
        """Return the real (lower, upper) bound; infinite where there is none."""


HandlerT = TypeVar("HandlerT", bound=Handler)


def handles(*targets: Overload) -> Callable[[type[HandlerT]], type[HandlerT]]:
    """Return a decorator that makes a subclass of `Handler` the handler of `targets`."""

    def register(cls: type[HandlerT]) -> type[HandlerT]:
        handler = cls()
        for target in targets:
            if target in _REGISTRY:
                raise TypeError(f"there are two handlers of {target}")
            _REGISTRY[target] = handler
        return cls

    return register


def handler_of(node: Node) -> Handler | None:
    """Return the handler of a node, None if there is none."""
    return _REGISTRY.get(node.target) if isinstance(node.target, Overload) else None


def operator_of(node: Node) -> Operator | None:
    """Return the handler of a node if it has a counterpart in the integer graph."""
    handler = handler_of(node)
    return handler if isinstance(handler, Operator) else None


def titles() -> list[str]:
    """Return what is supported, for messages, sorted."""
    return sorted({handler.title for handler in _REGISTRY.values() if handler.title})
