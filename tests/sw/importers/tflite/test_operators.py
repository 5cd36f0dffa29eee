"""Every operator against TFLite's reference kernels, on random models: every byte is the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("ai_edge_litert")

from isomac.importers.tflite.imported import ImportedTflite
from tests.sw.importers.tflite.models import MODELS
from tests.sw.importers.tflite.reference import Values, differences_on, load, random_inputs
from tests.sw.importers.tflite.writer import Draw

BYTES = np.arange(-128, 128).astype(np.int8)

#: Models of each operator; 100 if not listed.
COUNTS = {
    "CONV_2D": 60,
    "DEPTHWISE_CONV_2D": 60,
    "MAX_POOL_2D": 40,
    "SOFTMAX": 40,
    "ADD": 15,
}


@pytest.mark.parametrize("name", MODELS)
def test_operator(name: str, tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    for seed in range(COUNTS.get(name, 100)):
        data, images = MODELS[name](Draw(seed))
        path.write_bytes(data)
        imported = load(path)
        inputs = random_inputs(imported, images, seed) if images else every_byte(imported)
        assert not any(differences_on(path, imported, inputs).values()), seed


def every_byte(imported: ImportedTflite) -> dict[str, Values]:
    """All bytes for one input, all pairs for two."""
    names = imported.graph.inputs
    if len(names) == 1:
        return {names[0]: BYTES[None]}
    pairs = np.meshgrid(BYTES, BYTES)
    return {name: values.reshape(1, -1).copy() for name, values in zip(names, pairs, strict=True)}
