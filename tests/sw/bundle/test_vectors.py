"""Test vectors: the streams and every tensor between them."""

import numpy as np
import pytest

from isomac.bundle.build import Bundle
from isomac.bundle.vectors import vectors
from isomac.bundle.words import input_stream, tensor_words, used_bytes
from isomac.compile.compiler import compile_graph
from isomac.errors import IsomacError
from isomac.fuzz.generator.graphs import random_inputs
from isomac.golden.evaluate import evaluate
from tests.sw.bundle.small import INPUTS, NETWORK
from tests.sw.compile.networks import WITH_SOFTMAX, random_network


def test_keys_shapes_and_types(bundle: Bundle) -> None:
    with np.load(bundle.path / "vectors.npz", allow_pickle=False) as arrays:
        found = {name: (array.dtype.name, array.shape) for name, array in arrays.items()}
    assert found == {
        "input": ("int8", (3, 11, 3)),
        "output": ("int8", (3, 32, 3)),
        "output_mask": ("bool", (32, 3)),
        "layer_1": ("int8", (3, 2, 4, 4)),
        "layer_2": ("int8", (3, 2, 4, 4)),
        "layer_3": ("int8", (3, 2, 4, 4)),
    }


def test_what_was_given_is_what_arrives(bundle: Bundle) -> None:
    """Pixel after pixel, channel after channel, and one byte to fill the last word."""
    with np.load(bundle.path / "vectors.npz") as arrays:
        found = arrays["input"].reshape(3, -1)
    assert (found[:, :32] == INPUTS.transpose(0, 2, 3, 1).reshape(3, -1)).all()
    assert not found[:, 32:].any()


def test_layers_and_outputs_are_those_of_the_golden_model(bundle: Bundle) -> None:
    golden = {name: values.numpy() for name, values in evaluate(NETWORK, INPUTS).items()}
    with np.load(bundle.path / "vectors.npz") as arrays:
        for index, name in enumerate(("y", "z", "s"), start=1):
            assert (arrays[f"layer_{index}"] == golden[name]).all()
        # Of each word of three bytes two are channels.
        assert (arrays["output_mask"] == [True, True, False]).all()
        words = arrays["output"][..., :2].reshape(3, 2, 16, 2).transpose(1, 0, 3, 2)
    assert (words.reshape(2, 3, 2, 4, 4) == np.stack([golden["s"], golden["y"]])).all()


@pytest.mark.parametrize("seed", range(30))
def test_random_networks(seed: int) -> None:
    """Several tensors follow each other; every stored one has its place in the graph."""
    network, shape, rng = random_network(seed, WITH_SOFTMAX)
    program = compile_graph(network, shape)
    inputs = random_inputs(network, rng, 2)
    golden = {name: values.numpy() for name, values in evaluate(network, inputs).items()}
    arrays = vectors(program, inputs)
    views = dict(zip(network.inputs, (view for view, _ in program.inputs), strict=True))
    arriving = [input_stream(view.layout, inputs[name]) for name, view in views.items()]
    assert (arrays.pop("input") == np.concatenate(arriving, axis=1)).all()
    views = dict(zip(network.outputs, (view for view, _ in program.outputs), strict=True))
    leaving = [tensor_words(view.layout, golden[name]) for name, view in views.items()]
    assert (arrays.pop("output") == np.concatenate(leaving, axis=1)).all()
    masks = [used_bytes(view.layout) for view in views.values()]
    assert (arrays.pop("output_mask") == np.concatenate(masks)).all()
    for index, layer in enumerate(program.layers):
        if layer.tensor is not None and layer.view is not None:
            array = arrays.pop(f"layer_{index}")
            layout = layer.view.layout
            assert array.shape == (2, layout.channels, layout.height, layout.width)
            assert (array.reshape(2, -1) == golden[layer.tensor].reshape(2, -1)).all()
    assert arrays == {}


def test_no_inputs_are_refused() -> None:
    network, shape, _ = random_network(0)
    nothing = {name: np.zeros((0, *network.tensor(name).shape), np.int8) for name in network.inputs}
    with pytest.raises(IsomacError, match="test vectors must hold at least one input"):
        vectors(compile_graph(network, shape), nothing)
