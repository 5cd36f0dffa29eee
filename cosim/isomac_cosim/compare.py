"""Compare captured memory writes and output words with expected tensors, batch by batch."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from isomac_cosim.manifest import OutputTensor, Storage


@dataclass(frozen=True)
class WrongByte:
    """One byte that differs.

    `position` is (y, x, channel); `found` is None if the byte was never written.
    """

    inference: int
    position: tuple[int, int, int]
    expected: int
    found: int | None


@dataclass(frozen=True)
class Difference:
    """The result of one comparison.

    Parameters
    ----------
    compared: bytes compared.
    wrong: differing bytes of each inference, int64 (N,); bytes that were never written count too.
    first: the first differing byte, in the order of inference, y, x and channel.
    missing: words of each inference that should have been written and were not.
    repeated: writes of each inference to words already written.
    outside: writes of each inference beside the layer's storage.
    """

    compared: int
    wrong: NDArray[np.int64]
    first: WrongByte | None
    missing: int = 0
    repeated: int = 0
    outside: int = 0

    @property
    def exact(self) -> bool:
        """Nothing differs, and every word was written once, in its place."""
        return not (self.wrong.any() or self.missing or self.repeated or self.outside)


class TensorComparer:
    """Compares the writes of one layer with its expected tensor.

    A word is expected to be written if its plane holds at least one channel; bytes of no channel
    are not compared.

    Parameters
    ----------
    storage: where the tensor lies.
    word_bytes: M.
    """

    def __init__(self, storage: Storage, word_bytes: int) -> None:
        self._storage = storage
        self._word_bytes = word_bytes
        channels = np.array(storage.channels, np.intp)
        self._pixels = storage.height * storage.width
        self._channels: NDArray[np.intp] | slice = channels
        if np.array_equal(channels, np.arange(len(channels))):
            self._channels = slice(0, len(channels))  # a view where indices would copy
        self._plane_of_channel = channels // word_bytes
        required = np.zeros(storage.planes, bool)
        required[self._plane_of_channel] = True
        self._required = np.repeat(required, self._pixels)

    def compare(
        self, addresses: NDArray[np.uint32], data: NDArray[np.int8], expected: NDArray[np.int8]
    ) -> Difference:
        """Compare N inferences that wrote to the same addresses in the same order.

        Parameters
        ----------
        addresses: uint32 (W,).
        data: int8 (N, W, M).
        expected: int8 (N, C, H, W).
        """
        storage = self._storage
        offsets = addresses.astype(np.int64) - storage.base
        inside = (offsets >= 0) & (offsets < storage.words)
        position = np.full(storage.words, -1, np.intp)  # of the last write to each word
        position[offsets[inside]] = np.flatnonzero(inside)
        missing = self._required & (position < 0)
        written = int(np.count_nonzero(position >= 0))
        found = self._gather(data, position)
        wanted = expected.reshape(len(expected), -1, self._pixels)
        wrong = found != wanted
        absent = None
        if missing.any():
            absent = missing.reshape(storage.planes, self._pixels)[self._plane_of_channel]
            wrong |= absent
        counts = np.count_nonzero(wrong, axis=(1, 2))
        return Difference(
            compared=wanted.size,
            wrong=counts,
            first=self._first(wrong, found, wanted, absent) if counts.any() else None,
            missing=int(np.count_nonzero(missing)),
            repeated=int(np.count_nonzero(inside)) - written,
            outside=int(np.count_nonzero(~inside)),
        )

    def tensor(self, words: NDArray[np.int8]) -> NDArray[np.int8]:
        """The tensor int8 (N, C, H * W) in the words of its storage, int8 (N, words, M)."""
        count = len(words)
        planes = words.reshape(count, self._storage.planes, self._pixels, self._word_bytes)
        slots = planes.transpose(0, 1, 3, 2).reshape(count, -1, self._pixels)
        return slots[:, self._channels]

    def _gather(self, data: NDArray[np.int8], position: NDArray[np.intp]) -> NDArray[np.int8]:
        """The tensor int8 (N, C, H * W) in data written; bytes of unwritten words are arbitrary."""
        if data.shape[1] == 0:
            return np.zeros((len(data), len(self._storage.channels), self._pixels), np.int8)
        return self.tensor(data[:, np.maximum(position, 0)])

    def _first(
        self,
        wrong: NDArray[np.bool_],
        found: NDArray[np.int8],
        wanted: NDArray[np.int8],
        absent: NDArray[np.bool_] | None,
    ) -> WrongByte:
        inference = int(wrong.any(axis=(1, 2)).argmax())
        pixel = int(wrong[inference].any(axis=0).argmax())
        channel = int(wrong[inference, :, pixel].argmax())
        never_written = absent is not None and bool(absent[channel, pixel])
        return WrongByte(
            inference=inference,
            position=(*divmod(pixel, self._storage.width), channel),
            expected=int(wanted[inference, channel, pixel]),
            found=None if never_written else int(found[inference, channel, pixel]),
        )


class OutputComparer:
    """Compares the words of the output stream, tensor by tensor.

    Parameters
    ----------
    tensors: the tensors of the stream, in their order.
    word_bytes: M.
    """

    def __init__(self, tensors: Sequence[OutputTensor], word_bytes: int) -> None:
        self._parts: list[tuple[str, slice, TensorComparer]] = []
        begin = 0
        for tensor in tensors:
            storage = replace(tensor.storage, base=begin)
            part = slice(begin, begin + storage.words)
            self._parts.append((tensor.name, part, TensorComparer(storage, word_bytes)))
            begin = part.stop

    def compare(
        self, found: NDArray[np.int8], expected: NDArray[np.int8]
    ) -> list[tuple[str, Difference]]:
        """Compare the words of N inferences, int8 (N, words, M); a difference for each tensor."""
        return [
            (
                name,
                comparer.compare(
                    np.arange(part.start, part.stop, dtype=np.uint32),
                    found[:, part],
                    comparer.tensor(expected[:, part]),
                ),
            )
            for name, part, comparer in self._parts
        ]
