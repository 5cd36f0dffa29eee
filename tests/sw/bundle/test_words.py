"""Tensors as words, against loops over channels and pixels."""

import numpy as np
import numpy.typing as npt

from isomac.bundle.words import (
    input_stream,
    stream_words,
    tensor_of_stream,
    tensor_of_words,
    tensor_words,
    used_bytes,
)
from isomac.compile.layout import Layout
from tests.sw.compile.works import random_layout


def random_case(seed: int) -> tuple[Layout, npt.NDArray[np.int8]]:
    """Return a layout with gaps or without, and a batch of tensors for it."""
    rng = np.random.default_rng(seed)
    height, width = (int(n) for n in rng.integers(1, 5, 2))
    layout = random_layout(rng, int(rng.integers(1, 6)), height, width)
    count = int(rng.integers(1, 4))
    shape = (count, layout.channels, height, width)
    tensor = rng.integers(-128, 128, shape, np.int8)
    # A zero would look like an unused byte.
    tensor[tensor == 0] = 1
    return layout, tensor


def test_words_in_memory_order() -> None:
    for seed in range(100):
        layout, tensor = random_case(seed)
        lanes = layout.word_channels
        expected = np.zeros((len(tensor), layout.words, lanes), np.int8)
        for n in range(len(tensor)):
            for channel, slot in enumerate(layout.slots):
                for y in range(layout.height):
                    for x in range(layout.width):
                        plane, byte = divmod(slot, lanes)
                        word = (plane * layout.height + y) * layout.width + x
                        expected[n, word, byte] = tensor[n, channel, y, x]
        words = tensor_words(layout, tensor)
        assert words.dtype == np.int8
        assert words.shape == expected.shape
        assert (words == expected).all()
        # What is not zero is a channel's.
        assert (used_bytes(layout) == (expected[0] != 0)).all()
        assert used_bytes(layout).dtype == np.bool_


def test_vectors_are_maps_of_one_pixel() -> None:
    layout = Layout.dense(5, 1, 1, 2)
    words = tensor_words(layout, np.array([[1, 2, 3, 4, 5]], np.int8))
    assert words.tolist() == [[[1, 2], [3, 4], [5, 0]]]


def test_a_flattened_map_keeps_its_words() -> None:
    layout, tensor = random_case(3)
    flat = tensor.reshape(len(tensor), -1)
    assert (tensor_words(layout, flat) == tensor_words(layout, tensor)).all()


def test_the_channels_of_one_plane_stream_without_gaps() -> None:
    for seed in range(100):
        rng = np.random.default_rng(seed)
        lanes, height, width = (int(n) for n in rng.integers(1, 6, 3))
        layout = Layout.dense(int(rng.integers(1, lanes + 1)), height, width, lanes)
        tensor = rng.integers(-128, 128, (2, layout.channels, height, width), np.int8)
        for n, words in enumerate(input_stream(layout, tensor)):
            found = words.reshape(-1)
            place = 0
            for y in range(height):
                for x in range(width):
                    for channel in range(layout.channels):
                        assert found[place] == tensor[n, channel, y, x]
                        place += 1
            # The last word is filled up.
            assert len(found) == -(-place // lanes) * lanes
            assert not found[place:].any()


def test_several_planes_stream_as_they_lie_in_memory() -> None:
    layout = Layout.dense(5, 2, 3, 2)
    tensor = np.arange(30, dtype=np.int8).reshape(1, 5, 2, 3)
    assert (input_stream(layout, tensor) == tensor_words(layout, tensor)).all()


def test_words_give_the_tensor_back() -> None:
    for seed in range(100):
        layout, tensor = random_case(seed)
        stream = input_stream(layout, tensor)
        assert (tensor_of_words(layout, tensor_words(layout, tensor)) == tensor).all()
        assert (tensor_of_stream(layout, stream) == tensor).all()
        assert stream_words(layout) == stream.shape[1]


def test_a_packed_stream_gives_the_tensor_back() -> None:
    layout = Layout.dense(3, 2, 5, 4)
    tensor = np.arange(60, dtype=np.int8).reshape(2, 3, 2, 5)
    stream = input_stream(layout, tensor)
    assert stream.shape == (2, 8, 4)
    assert stream_words(layout) == 8
    assert (tensor_of_stream(layout, stream) == tensor).all()
