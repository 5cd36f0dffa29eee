"""The outputs of random models equal TFLite Micro's, where its kernels compute the same.

They do not in LOGISTIC and TANH, which are tables of float32 in LiteRT and fixed-point series
there, nor in RELU and RELU6 between different scales. FULLY_CONNECTED rounds twice there, which a
few in 10,000 values show.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("ai_edge_litert")
pytest.importorskip("tflite_micro")

from isomac.golden import evaluate
from tests.sw.importers.tflite.models import MODELS
from tests.sw.importers.tflite.reference import load, random_inputs
from tests.sw.importers.tflite.test_operators import every_byte
from tests.sw.importers.tflite.writer import Draw

SAME = [
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "AVERAGE_POOL_2D",
    "MAX_POOL_2D",
    "MEAN",
    "MUL",
    "SOFTMAX",
    "ADD",
    "ADD of a constant",
]
ARENA = 1 << 21


@pytest.mark.parametrize("name", SAME)
def test_outputs(name: str, tmp_path: Path) -> None:
    from tflite_micro import runtime

    path = tmp_path / "model.tflite"
    for seed in range(10):
        data, images = MODELS[name](Draw(seed))
        path.write_bytes(data)
        imported = load(path)
        inputs = random_inputs(imported, 6, seed) if images else every_byte(imported)
        (output,) = imported.graph.outputs
        place = imported.places[output]
        expected = place.to_file(evaluate(imported.graph, inputs)[output].numpy())
        interpreter = runtime.Interpreter.from_bytes(data, arena_size=ARENA)
        for image, wanted in enumerate(expected):
            for position, entry in enumerate(imported.graph.inputs):
                values = imported.places[entry].to_file(inputs[entry][image : image + 1])
                shape = interpreter.get_input_details(position)["shape"]
                interpreter.set_input(values.reshape(shape), position)
            interpreter.invoke()
            found = interpreter.get_output(0).reshape(wanted.shape)
            np.testing.assert_array_equal(found, wanted, err_msg=f"seed {seed}")
