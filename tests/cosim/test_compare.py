"""Comparison of captured writes with expected tensors, against a byte-by-byte twin."""

import numpy as np
import pytest
from numpy.typing import NDArray

from isomac_cosim.compare import Difference, OutputComparer, TensorComparer
from isomac_cosim.manifest import OutputTensor, Storage

WORD_BYTES = 4


def storage_of(channels: tuple[int, ...], planes: int = 2, base: int = 10) -> Storage:
    return Storage(base, planes, height=3, width=2, shape=(len(channels), 3, 2), channels=channels)


#: In order, with gaps, and in disorder over a plane that holds nothing.
STORAGES = [
    storage_of((0, 1, 2, 3, 4, 5)),
    storage_of((0, 2, 5, 7)),
    storage_of((9, 0, 10, 3, 1), planes=3),
]
every_storage = pytest.mark.parametrize("storage", STORAGES)


def lay_out(storage: Storage, tensor: NDArray[np.int8], fill: int) -> NDArray[np.int8]:
    """Memory words (N, words, M) of a tensor (N, C, H, W), byte by byte."""
    count = len(tensor)
    words = np.full((count, storage.words, WORD_BYTES), fill, np.int8)
    for n, c, y, x in np.ndindex(tensor.shape):
        plane, byte = divmod(storage.channels[c], WORD_BYTES)
        words[n, (plane * storage.height + y) * storage.width + x, byte] = tensor[n, c, y, x]
    return words


def case(storage: Storage, seed: int = 0) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """An expected tensor of 3 inferences, and the words that hold it."""
    random = np.random.default_rng(seed)
    shape = (3, len(storage.channels), storage.height, storage.width)
    tensor = random.integers(-128, 128, shape).astype(np.int8)
    return tensor, lay_out(storage, tensor, fill=77)


def in_order(storage: Storage) -> NDArray[np.uint32]:
    return np.arange(storage.base, storage.base + storage.words, dtype=np.uint32)


def compare(
    storage: Storage,
    addresses: NDArray[np.uint32],
    data: NDArray[np.int8],
    expected: NDArray[np.int8],
) -> Difference:
    return TensorComparer(storage, WORD_BYTES).compare(addresses, data, expected)


@every_storage
def test_equal_bytes_in_any_order_of_writes(storage: Storage) -> None:
    tensor, words = case(storage)
    order = np.random.default_rng(1).permutation(storage.words)
    result = compare(storage, in_order(storage)[order], words[:, order], tensor)
    assert result.exact
    assert (result.compared, result.first) == (tensor.size, None)


@every_storage
def test_each_single_wrong_byte_is_found_where_it_is(storage: Storage) -> None:
    tensor, words = case(storage)
    for n, c, y, x in np.ndindex(tensor.shape):
        expected = tensor.copy()
        expected[n, c, y, x] ^= 16
        result = compare(storage, in_order(storage), words, expected)
        assert result.wrong.tolist() == [int(n == k) for k in range(3)]
        assert result.first is not None
        assert (result.first.inference, result.first.position) == (n, (y, x, c))
        assert result.first.expected == expected[n, c, y, x]
        assert result.first.found == tensor[n, c, y, x]
        assert not result.exact


@every_storage
def test_word_that_is_not_written_makes_its_bytes_wrong(storage: Storage) -> None:
    tensor, words = case(storage)
    plane = storage.channels[0] // WORD_BYTES
    lost = plane * storage.height * storage.width + 3  # y 1, x 1
    kept = np.arange(storage.words) != lost
    result = compare(storage, in_order(storage)[kept], words[:, kept], tensor)
    lanes = sum(slot // WORD_BYTES == plane for slot in storage.channels)
    assert (result.missing, result.wrong.tolist()) == (1, [lanes] * 3)
    assert result.first is not None
    assert result.first.found is None
    assert result.first.position[:2] == (1, 1)


def test_plane_without_a_channel_need_not_be_written() -> None:
    storage = storage_of((0, 1, 8), planes=3)
    tensor, words = case(storage)
    kept = np.arange(storage.words) // 6 != 1
    assert compare(storage, in_order(storage)[kept], words[:, kept], tensor).exact


@every_storage
def test_last_of_two_writes_counts_and_is_noted(storage: Storage) -> None:
    tensor, words = case(storage)
    addresses = np.concatenate([in_order(storage)[:1], in_order(storage)])
    wrong_first = np.concatenate([~words[:, :1], words], axis=1)
    result = compare(storage, addresses, wrong_first, tensor)
    assert (result.wrong.sum(), result.repeated, result.exact) == (0, 1, False)
    wrong_last = np.concatenate([words, ~words[:, :1]], axis=1)
    result = compare(storage, np.roll(addresses, -1), wrong_last, tensor)
    lanes = sum(slot < WORD_BYTES for slot in storage.channels)
    assert result.wrong.tolist() == [lanes] * 3


@pytest.mark.parametrize("address", [0, 9, 22, 2**32 - 1])
def test_write_beside_the_storage(address: int) -> None:
    storage = STORAGES[0]
    tensor, words = case(storage)
    addresses = np.append(in_order(storage), np.uint32(address))
    more = np.concatenate([words, words[:, :1]], axis=1)
    result = compare(storage, addresses, more, tensor)
    assert (result.wrong.sum(), result.outside, result.exact) == (0, 1, False)


@every_storage
def test_nothing_written(storage: Storage) -> None:
    tensor, words = case(storage)
    result = compare(storage, in_order(storage)[:0], words[:, :0], np.zeros_like(tensor))
    assert result.wrong.tolist() == [tensor[0].size] * 3
    assert result.first is not None
    assert (result.first.position, result.first.found) == (
        (0, 0, result.first.position[2]),
        None,
    )


def test_output_stream_is_compared_tensor_by_tensor() -> None:
    tensors = [OutputTensor(f"t{k}", storage) for k, storage in enumerate(STORAGES)]
    words = np.concatenate([case(s, k)[1] for k, s in enumerate(STORAGES)], axis=1)
    comparer = OutputComparer(tensors, WORD_BYTES)
    unused = words.copy()
    unused[words == 77] = 0  # also real bytes; they are equal on both sides
    assert all(result.exact for _, result in comparer.compare(unused, unused))
    broken = words.copy()
    # Word 24 begins the third tensor; its byte 1 is slot 1, channel 4.
    broken[2, 24, 1] ^= 1
    results = dict(comparer.compare(broken, words))
    assert [results[name].wrong.sum() for name in ("t0", "t1", "t2")] == [0, 0, 1]
    first = results["t2"].first
    assert first is not None
    assert (first.inference, first.position) == (2, (0, 0, 4))
