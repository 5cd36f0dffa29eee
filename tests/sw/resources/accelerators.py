"""Parameters of small accelerators."""

import numpy as np

from isomac.compile.compiler import compile_graph
from isomac.compile.program import Program
from isomac.compile.shape import ArrayShape
from isomac_hw.parameters import AcceleratorParameters
from tests.sw.small_graphs import convolution, graph


def program(mode: str = "fixed", **shape: int) -> Program:
    """Return the program of one convolution."""
    fields = {
        "tile_rows": 1,
        "tile_columns": 2,
        "channel_lanes": 2,
        "requant_lanes": 2,
        "banks": 2,
    }
    layer = convolution(multiplier=np.array([3001, 4095]), shift=np.array([20, 21]))
    return compile_graph(graph(layer), ArrayShape(**{**fields, **shape}), mode=mode)


def parameters(mode: str = "fixed", **shape: int) -> AcceleratorParameters:
    """Return the parameters of that accelerator."""
    return program(mode, **shape).parameters
