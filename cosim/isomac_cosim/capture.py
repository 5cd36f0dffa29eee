"""What is observed of a batch of inferences: what both benches hand to the scoreboard."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Status(IntEnum):
    """How a burst ended; the numbers are those of `simulator/burst.hpp`."""

    POSTED = 0
    COMPLETE = 1
    CYCLE_LIMIT = 2
    ERROR_CODE = 3
    WRITE_OVERFLOW = 4
    NO_LOAD_PORT = 5


#: Of one inference; the fields are described in `simulator/burst.hpp`.
OUTCOME = np.dtype(
    [
        ("cycles", np.uint32),
        ("cycles_port", np.uint32),
        ("inputs", np.uint32),
        ("outputs", np.uint32),
        ("layers", np.uint32),
        ("strays", np.uint32),
        ("error", np.uint32),
        ("violations", np.uint32),
    ]
)


@dataclass(frozen=True)
class Capture:
    """N inferences, the last of which is incomplete unless `status` is COMPLETE.

    Parameters
    ----------
    status: how the batch ended.
    completed: inferences that ended with `done`.
    output: int8 (N, words, M), the accepted output words.
    outcomes: `OUTCOME` (N,), counters and ports.
    layer_cycles: uint32 (N, layers), the port `layer_cycles` at each pulse of `layer_done`.
    layer_end: uint64 (N, layers), number of writes seen up to and including the pulse.
    addresses, data: uint32 (W,) and int8 (W, M), the write port of the activation memory.
    """

    status: Status
    completed: int
    output: NDArray[np.int8]
    outcomes: NDArray[np.void]
    layer_cycles: NDArray[np.uint32]
    layer_end: NDArray[np.uint64]
    addresses: NDArray[np.uint32]
    data: NDArray[np.int8]

    def writes(self, inference: int, layer: int) -> slice:
        """The writes of one layer of one inference, as a slice of `addresses` and `data`."""
        layers = self.layer_end.shape[1]
        position = inference * layers + layer % layers
        ends = self.layer_end.reshape(-1)
        begin = int(ends[position - 1]) if position else 0
        return slice(begin, int(ends[position]))
