"""Linear: a dense convolution whose kernel is the whole map that was flattened."""

from isomac.compile.context import Context, lowers
from isomac.compile.dense import DenseOperation
from isomac.graph.operators.linear import Linear


@lowers(Linear)
def lower(operation: Linear, context: Context) -> None:
    """One dense job; features are taken in the (C, H, W) order in which the map was flattened."""
    source = context.view(operation.inputs[0])
    layout = source.layout
    weight = operation.weight.reshape(-1, layout.channels, layout.height, layout.width)
    destination = context.dense_view(operation.output)
    work = DenseOperation(
        source=source,
        destination=destination,
        weight=weight,
        bias=operation.bias,
        multiplier=operation.multiplier,
        shift=operation.shift,
        input_zero_point=context.zero_point(operation.inputs[0]),
        zero_point=context.zero_point(operation.output),
        quant_min=operation.quant_min,
        quant_max=operation.quant_max,
        rounding=operation.rounding,
    ).work()
    context.emit(operation, work, destination)
