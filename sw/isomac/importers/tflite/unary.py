"""Functions of one value, computed for all 256 bytes, as the cheapest operation that is exact."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from isomac.graph.limits import INT8_MAX, INT8_MIN
from isomac.graph.operators.lookup import Lookup
from isomac.importers.tflite.call import Call
from isomac.importers.tflite.values import Value

BYTES = range(INT8_MIN, INT8_MAX + 1)


def lookup(call: Call, value: Value, name: str, function: Callable[[int], int]) -> Value:
    """Append a table of a function of a byte, whose results are clamped to int8."""
    table = np.clip([function(byte) for byte in BYTES], INT8_MIN, INT8_MAX).astype(np.int8)
    return call.emit(Lookup, [value], function=name, table=table)
