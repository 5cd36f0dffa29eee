"""The network of the small bundle, and what it is built with."""

from dataclasses import replace

import numpy as np

from isomac.compile.search import Constraints
from tests.sw.small_graphs import convolution, graph, tensor
from tests.sw.small_operations import add, softmax

#: Three inputs.
INPUTS = np.random.default_rng(1).integers(-128, 128, (3, 2, 4, 4), np.int8)
CONSTRAINTS = Constraints(multipliers=6, tile=(1, 2), channel_lanes=3, requant_lanes=2, banks=2)
#: A convolution, an addition and a softmax, with two outputs in an order of their own.
NETWORK = graph(
    convolution(source="net.py:12"),
    add(),
    replace(softmax(), inputs=("z",), output="s"),
    tensors=(tensor("s", scale=1 / 256, zero_point=-128),),
    name="réseau",
    outputs=("s", "y"),
)
