"""Dense work: output channels that each read many input channels."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from isomac.compile.weights import dense_words
from isomac.compile.work import ArrayWork, Constants, Segmentation, View
from isomac.graph.accumulator import accumulator_range


@dataclass(frozen=True, kw_only=True)
class DenseOperation:
    """What convolution, linear and copies have in common.

    Parameters
    ----------
    source, destination
        Views; the destination has no gaps.
    weight
        int8 (O, I / groups, kh, kw), input channels in the order of the source's layout.
    bias
        int32 (O), for inputs with their zero point subtracted.
    multiplier, shift
        int64 (O).
    groups, stride, dilation, origin
        As in a convolution; `origin` is minus the (top, left) padding.
    output_size
        (rows, columns).
    input_zero_point
        What padding reads as.
    zero_point, quant_min, quant_max
        Of the output.
    rounding
        Of the rescaling.
    """

    source: View
    destination: View
    weight: npt.NDArray[np.int8]
    bias: npt.NDArray[np.int32]
    multiplier: npt.NDArray[np.int64]
    shift: npt.NDArray[np.int64]
    groups: int = 1
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    origin: tuple[int, int] = (0, 0)
    output_size: tuple[int, int] = (1, 1)
    input_zero_point: int
    zero_point: int
    quant_min: int
    quant_max: int
    rounding: str = "single"

    def work(self) -> list[ArrayWork]:
        """One job for each run of output tiles that read the same input channels.

        Without groups that is one job. A tile that lies in several groups reads the channels of all
        of them, with zero weights where an output does not.
        """
        lanes = self.source.layout.word_channels
        outputs, group_inputs = self.weight.shape[:2]
        group_outputs = outputs // self.groups
        runs: list[tuple[int, int, int, int]] = []
        for tile in range(-(-outputs // lanes)):
            last_output = min((tile + 1) * lanes, outputs) - 1
            low = tile * lanes // group_outputs * group_inputs
            high = (last_output // group_outputs + 1) * group_inputs
            if runs and runs[-1][2:] == (low, high):
                runs[-1] = (runs[-1][0], tile + 1, low, high)
            else:
                runs.append((tile, tile + 1, low, high))
        return [self._job(*run) for run in runs]

    def _job(self, first_tile: int, end_tile: int, low: int, high: int) -> ArrayWork:
        lanes = self.source.layout.word_channels
        slots = self.source.layout.slots[low:high]
        first_slot, last_slot = min(slots), max(slots)
        first_plane = first_slot // lanes
        channels = range(first_tile * lanes, min(end_tile * lanes, len(self.weight)))
        kernel = (int(self.weight.shape[2]), int(self.weight.shape[3]))
        constants: Callable[[Segmentation], Constants] = partial(
            self._constants, channels, range(low, high)
        )
        return ArrayWork(
            source=self.source,
            destination=self.destination,
            dense=True,
            source_plane=first_plane,
            destination_plane=first_tile,
            channel_tiles=end_tile - first_tile,
            last_channels=len(channels) - (end_tile - first_tile - 1) * lanes,
            blocks=last_slot // lanes - first_plane + 1,
            first_byte=first_slot % lanes,
            last_byte=last_slot % lanes,
            kernel=kernel,
            stride=self.stride,
            dilation=self.dilation,
            origin=self.origin,
            output_size=self.output_size,
            pad_value=self.input_zero_point,
            zero_point=self.zero_point,
            quant_min=self.quant_min,
            quant_max=self.quant_max,
            double_rounding=self.rounding == "double",
            constants=constants,
        )

    def _constants(self, outputs: range, inputs: range, kernel: Segmentation) -> Constants:
        """Weights by slot, zero for slots without a channel and channels of other groups."""
        layout = self.source.layout
        lanes = layout.word_channels
        group_inputs = self.weight.shape[1]
        group_outputs = len(self.weight) // self.groups
        slots = layout.slots[inputs.start : inputs.stop]
        first_slot, last_slot = min(slots), max(slots)
        first_plane = first_slot // lanes
        planes = last_slot // lanes - first_plane + 1
        tiles = -(-len(outputs) // lanes)
        by_slot = np.zeros((tiles * lanes, planes * lanes, *self.weight.shape[2:]), np.int8)
        for row, output in enumerate(outputs):
            first_input = output // group_outputs * group_inputs
            columns = layout.slot_array[first_input : first_input + group_inputs]
            by_slot[row, columns - first_plane * lanes] = self.weight[output]
        chosen = slice(outputs.start, outputs.stop)
        extremes = accumulator_range(self.weight[chosen], self.bias[chosen], self.input_zero_point)
        return Constants(
            weights=dense_words(by_slot, lanes, first_slot % lanes, last_slot % lanes, kernel.taps),
            bias=extremes.bias,
            multiplier=self.multiplier[chosen],
            shift=self.shift[chosen],
            raw_min=int(extremes.raw_min.min()),
            raw_max=int(extremes.raw_max.max()),
            total_min=int(extremes.total_min.min()),
            total_max=int(extremes.total_max.max()),
        )
