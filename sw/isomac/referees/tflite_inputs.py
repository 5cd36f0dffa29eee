"""What a TFLite file is fed, so that its first int8 tensor is the input of the integer graph."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from isomac.importers.tflite.imported import ImportedTflite
from isomac.referees.registry import Bytes


def fed(imported: ImportedTflite, name: str, values: Bytes) -> npt.NDArray[Any]:
    """Return int8 values (N, ...) of an input in the type that the file wants."""
    place, border = imported.places[name], imported.borders[name]
    if place.index == border.index:
        return place.to_file(values)
    # The file quantizes its input itself.
    ordered = place.order.to_file(values.reshape(len(values), -1))
    return border.dequantize(ordered)
