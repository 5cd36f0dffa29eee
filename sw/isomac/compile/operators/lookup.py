"""Lookup: a plane-wise copy, whose bytes go through a table."""

from dataclasses import replace

import numpy as np

from isomac.compile.context import Context, lowers
from isomac.compile.planewise import identity
from isomac.graph.operators.lookup import Lookup


@lowers(Lookup)
def lower(operation: Lookup, context: Context) -> None:
    """One plane-wise job with kernel 1."""
    source = context.view(operation.inputs[0])
    destination = context.new_view(operation.output, source.layout)
    work = identity(source, destination, context.identity_shift)
    # The graph's table begins with the byte -128, the hardware's with 0.
    table = np.roll(operation.table, 128)
    context.emit(operation, [replace(work, table=table)], destination)
