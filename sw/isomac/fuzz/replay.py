"""Runs one case again; the files of failing cases call it."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.console import Console

from isomac.fuzz.case import FuzzCase
from isomac.fuzz.hardware import build_hardware
from isomac.fuzz.shapes import find_shape
from isomac.fuzz.trial import Trial, TrialError
from isomac.graph.graph import Graph
from isomac_cosim.batch import open_batch


def replay(graph: Graph, inputs: Mapping[str, npt.NDArray[np.int8]], shape_name: str) -> int:
    """Run a graph on the hardware of a shape, print what comes of it, and return an exit status.

    Returns
    -------
    int
        0 if all is as predicted, 1 if not.
    """
    console = Console()
    shape = find_shape(shape_name)
    with tempfile.TemporaryDirectory(prefix="isomac-fuzz-") as folder:
        with open_batch(build_hardware(shape, Path(folder))) as simulator:
            try:
                verdict = Trial(shape, simulator).judge(FuzzCase(graph, dict(inputs)))
            except TrialError as error:
                console.print(str(error), markup=False, highlight=False, soft_wrap=True)
                return 1
    if verdict.skipped:
        console.print(verdict.skipped, markup=False, highlight=False, soft_wrap=True)
        return 1
    console.print(f"{verdict.bytes} bytes and all cycle counts are as predicted.")
    return 0
