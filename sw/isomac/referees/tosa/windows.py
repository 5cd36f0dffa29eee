"""Sliding windows: TOSA wants them to end where the padded map ends."""

from __future__ import annotations

from collections.abc import Sequence

from isomac.referees.tosa.network import Network, Value


def fit(
    network: Network,
    x: Value,
    kernel: Sequence[int],
    stride: Sequence[int],
    dilation: Sequence[int],
    padding: Sequence[int],
) -> tuple[Value, list[int], tuple[int, int]]:
    """Take off what no window reads.

    Parameters
    ----------
    network, x
        The map, (N, H, W, C).
    kernel, stride, dilation, padding
        As the integer graph has them: (y, x), and (top, left, bottom, right).

    Returns
    -------
    tuple
        The map, TOSA's padding (top, bottom, left, right), and height and width of the result.
    """
    sizes, pads, results = list(x.shape), [], []
    for axis in range(2):
        before, after = padding[axis], padding[axis + 2]
        extent = (kernel[axis] - 1) * dilation[axis] + 1
        steps, rest = divmod(sizes[axis + 1] + before + after - extent, stride[axis])
        sizes[axis + 1] -= max(0, rest - after)
        pads += [before, max(0, after - rest)]
        results.append(steps + 1)
    return network.slice(x, [0] * 4, sizes), pads, (results[0], results[1])
