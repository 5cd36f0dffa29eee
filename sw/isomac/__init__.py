"""Bit-exact MAC-array accelerators from quantized PyTorch networks.

    import isomac

    graph = isomac.quantize(network, calibration)
    bundle = isomac.build(graph, "bundle", inputs, isomac.Constraints(multipliers=64))
    report = isomac.cosimulate(bundle.path)
    assert report.bit_exact

A network that is quantized already, TFLite or ONNX, is `isomac.import_model(path).graph`.

The names below are imported when they are first used: PyTorch takes seconds.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from isomac.bundle.build import build
    from isomac.compile.search import Constraints
    from isomac.errors import IsomacError
    from isomac.frontend import load_calibration, load_model, quantize
    from isomac.golden import dequantize_output, evaluate, quantize_input
    from isomac.graph.file import load, save
    from isomac.graph.graph import Graph
    from isomac.importers import import_model
    from isomac_cosim.cosimulate import cosimulate

__all__ = [
    "Constraints",
    "Graph",
    "IsomacError",
    "build",
    "cosimulate",
    "dequantize_output",
    "evaluate",
    "import_model",
    "load",
    "load_calibration",
    "load_model",
    "quantize",
    "quantize_input",
    "save",
]

#: The module of each name.
_MODULES = {
    "Constraints": "isomac.compile.search",
    "Graph": "isomac.graph.graph",
    "IsomacError": "isomac.errors",
    "build": "isomac.bundle.build",
    "cosimulate": "isomac_cosim.cosimulate",
    "dequantize_output": "isomac.golden",
    "evaluate": "isomac.golden",
    "import_model": "isomac.importers",
    "load": "isomac.graph.file",
    "load_calibration": "isomac.frontend",
    "load_model": "isomac.frontend",
    "quantize": "isomac.frontend",
    "quantize_input": "isomac.golden",
    "save": "isomac.graph.file",
}


def __getattr__(name: str) -> object:
    """Import a name of `__all__` when it is first used."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
