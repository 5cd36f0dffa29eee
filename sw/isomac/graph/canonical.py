"""A text that is the same for the same computation, wherever and by whomever it was made."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from isomac.graph.fields import kinds

if TYPE_CHECKING:
    from isomac.graph.graph import Graph


def canonical_text(graph: Graph) -> str:
    """Return `graph` as JSON with sorted keys and no spaces; `source` is left out.

    An array appears as its dtype, its shape and the SHA-256 of its bytes, little-endian in C order.
    """
    document = {
        "name": graph.name,
        "inputs": graph.inputs,
        "outputs": graph.outputs,
        "tensors": [
            [tensor.name, tensor.shape, tensor.scale, tensor.zero_point] for tensor in graph.tensors
        ],
        "operations": [
            {
                "operator": type(operation).__name__,
                "name": operation.name,
                "inputs": operation.inputs,
                "output": operation.output,
                "fields": {
                    field: _canonical(getattr(operation, field)) for field in kinds(type(operation))
                },
            }
            for operation in graph.operations
        ],
    }
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def _canonical(value: Any) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    little_endian = value.astype(value.dtype.newbyteorder("<"), order="C", copy=False)
    return {
        "dtype": value.dtype.name,
        "shape": value.shape,
        "sha256": hashlib.sha256(little_endian.tobytes()).hexdigest(),
    }
