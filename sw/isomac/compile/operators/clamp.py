"""Clamp: a plane-wise copy between bounds."""

from isomac.compile.context import Context, lowers
from isomac.compile.planewise import identity
from isomac.graph.operators.clamp import Clamp


@lowers(Clamp)
def lower(operation: Clamp, context: Context) -> None:
    """One plane-wise job with kernel 1."""
    source = context.view(operation.inputs[0])
    destination = context.new_view(operation.output, source.layout)
    work = identity(
        source, destination, context.identity_shift, operation.quant_min, operation.quant_max
    )
    context.emit(operation, [work], destination)
