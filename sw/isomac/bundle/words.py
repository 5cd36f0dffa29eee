"""Tensors as words of the activation memory and of the streams."""

import numpy as np
import numpy.typing as npt

from isomac.compile.layout import Layout


def tensor_words(layout: Layout, tensor: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """Words in memory order, int8 (N, words, M), from int8 (N, ...); unused slots are 0."""
    lanes = layout.word_channels
    count = len(tensor)
    values = tensor.reshape(count, layout.channels, layout.plane_words)
    by_slot = np.zeros((count, layout.planes * lanes, layout.plane_words), np.int8)
    by_slot[:, layout.slot_array] = values
    planes = by_slot.reshape(count, layout.planes, lanes, layout.plane_words)
    return np.ascontiguousarray(planes.transpose(0, 1, 3, 2)).reshape(count, -1, lanes)


def used_bytes(layout: Layout) -> npt.NDArray[np.bool_]:
    """Which bytes of the words hold a channel, bool (words, M)."""
    marks = np.ones((1, layout.channels, layout.plane_words), np.int8)
    return tensor_words(layout, marks)[0].astype(np.bool_)


def input_stream(layout: Layout, tensor: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """Words of the input stream, int8 (N, words, M), from int8 (N, ...).

    The channels of a single plane come without gaps, pixel after pixel; several planes come as they
    lie in memory.
    """
    if layout.planes > 1:
        return tensor_words(layout, tensor)
    lanes = layout.word_channels
    pixels = tensor.reshape(len(tensor), layout.channels, -1).transpose(0, 2, 1)
    stream = pixels.reshape(len(tensor), -1)
    padded = np.zeros((len(tensor), -(-stream.shape[1] // lanes) * lanes), np.int8)
    padded[:, : stream.shape[1]] = stream
    return padded.reshape(len(tensor), -1, lanes)


def tensor_of_words(layout: Layout, words: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """Return the tensor, int8 (N, C, H, W), whose `tensor_words` these are."""
    by_plane = words.reshape(len(words), layout.planes, layout.plane_words, -1)
    by_slot = by_plane.transpose(0, 1, 3, 2).reshape(len(words), -1, layout.plane_words)
    return _map(layout, by_slot[:, layout.slot_array])


def tensor_of_stream(layout: Layout, words: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """Return the tensor, int8 (N, C, H, W), whose `input_stream` these words are."""
    if layout.planes > 1:
        return tensor_of_words(layout, words)
    stream = words.reshape(len(words), -1)[:, : layout.plane_words * layout.channels]
    pixels = stream.reshape(len(words), layout.plane_words, layout.channels)
    return _map(layout, pixels.transpose(0, 2, 1))


def stream_words(layout: Layout) -> int:
    """Return the number of words of the input stream."""
    return -(-layout.words * layout.packed_channels // layout.word_channels)


def _map(layout: Layout, values: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    shape = (len(values), layout.channels, layout.height, layout.width)
    return np.ascontiguousarray(values).reshape(shape)
