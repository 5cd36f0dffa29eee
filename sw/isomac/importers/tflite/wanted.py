"""Which vectors become maps, and so should be in a map's order from the beginning."""

from __future__ import annotations

from isomac.importers.tflite.call import HANDLERS
from isomac.importers.tflite.layout import Order, graph_shape, order_of
from isomac.importers.tflite.model import Model

_RESHAPES = ("RESHAPE", "SQUEEZE")


def wanted_orders(model: Model) -> dict[int, Order]:
    """Return the order in which each tensor of the file is wanted, by its index.

    A map is in the order of its own shape. A vector that is turned into a map, and what it is
    computed from value by value, is wanted in that map's order; the first reader in the file
    decides.
    """
    wanted: dict[int, Order] = {}
    for operator in reversed(model.operators):
        for index in operator.inputs:
            if index < 0 or not operator.outputs:
                continue
            own = _own(model, index)
            if own is not None:
                wanted[index] = own
            elif operator.code in _RESHAPES or _is_elementwise(operator.code):
                inherited = wanted.get(operator.outputs[0]) or _own(model, operator.outputs[0])
                if inherited is not None and _fits(model, index, inherited):
                    wanted[index] = inherited
    return wanted


def _is_elementwise(code: str) -> bool:
    return code in HANDLERS and HANDLERS[code].elementwise


def _own(model: Model, index: int) -> Order | None:
    """Return the order of a tensor that is a map of several pixels and channels."""
    shape = model.tensor(index).shape
    order = order_of(graph_shape(shape)) if shape and min(shape) > 0 else None
    return order if order is not None and not order.plain else None


def _fits(model: Model, index: int, order: Order) -> bool:
    elements = sum(channels * pixels for channels, pixels in order.blocks)
    return model.tensor(index).elements == elements
