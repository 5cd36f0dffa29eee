"""Small networks for sizing, with what makes a space of shapes uneven."""

import numpy as np
import numpy.typing as npt

from isomac.graph.graph import Graph
from isomac.graph.operation import Operation
from isomac.graph.operators.add import Add
from isomac.graph.operators.average_pool import AveragePool
from isomac.graph.operators.convolution import Convolution
from isomac.graph.operators.linear import Linear
from isomac.graph.operators.reshape import Reshape
from isomac.graph.tensor import Tensor


def _weights(*shape: int) -> npt.NDArray[np.int8]:
    return np.random.default_rng(sum(shape)).integers(-127, 128, shape).astype(np.int8)


def _convolution(
    name: str, source: str, channels: tuple[int, int], kernel: int = 3, groups: int = 1
) -> Convolution:
    inputs, outputs = channels
    pad = kernel // 2
    return Convolution(
        name=name,
        inputs=(source,),
        output=name,
        weight=_weights(outputs, inputs // groups, kernel, kernel),
        bias=np.arange(outputs, dtype=np.int32),
        multiplier=np.full(outputs, (1 << 30) + 12345, np.int64),
        shift=np.full(outputs, 40, np.int64),
        stride=(1, 1),
        dilation=(1, 1),
        padding=(pad, pad, pad, pad),
        groups=groups,
        quant_min=-128,
        quant_max=127,
    )


def residual(channels: int = 6, size: int = 6, name: str = "residual") -> Graph:
    """A stem, a depthwise and a pointwise layer with an addition around them, and a classifier."""
    c = channels
    operations: list[Operation] = [
        _convolution("stem", "x", (3, c)),
        _convolution("depthwise", "stem", (c, c), groups=c),
        _convolution("pointwise", "depthwise", (c, c), kernel=1),
        Add(
            name="add",
            inputs=("stem", "pointwise"),
            output="add",
            multipliers=(1 << 30, 1 << 29),
            shift=31,
            quant_min=-128,
            quant_max=127,
        ),
        AveragePool(
            name="pool",
            inputs=("add",),
            output="pool",
            kernel=(size, size),
            stride=(1, 1),
            padding=(0, 0, 0, 0),
            multiplier=(1 << 30) + 1,
            shift=36,
            quant_min=-128,
            quant_max=127,
        ),
        Reshape(name="flatten", inputs=("pool",), output="flatten"),
        Linear(
            name="classifier",
            inputs=("flatten",),
            output="classifier",
            weight=_weights(4, c),
            bias=np.arange(4, dtype=np.int32),
            multiplier=np.full(4, 1 << 30, np.int64),
            shift=np.full(4, 38, np.int64),
            quant_min=-128,
            quant_max=127,
        ),
    ]
    shapes: dict[str, tuple[int, ...]] = {
        "x": (3, size, size),
        **dict.fromkeys(("stem", "depthwise", "pointwise", "add"), (c, size, size)),
        "pool": (c, 1, 1),
        "flatten": (c,),
        "classifier": (4,),
    }
    return Graph(
        name=name,
        tensors=tuple(
            Tensor(name=key, shape=shape, scale=0.5, zero_point=3 if key == "x" else -1)
            for key, shape in shapes.items()
        ),
        operations=tuple(operations),
        inputs=("x",),
        outputs=("classifier",),
    )
