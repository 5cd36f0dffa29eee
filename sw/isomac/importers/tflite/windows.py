"""Where the windows of convolutions and pools lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from isomac.graph.limits import EXTENT_MAX
from isomac.importers.tflite.tensor import UnfitError

_SAME, _VALID = 0, 1

#: (top, left, bottom, right).
Padding = tuple[int, int, int, int]


@dataclass(frozen=True)
class Windows:
    """Windows along both axes, (y, x) each; `padding` as the graph has it."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]
    padding: Padding
    size: tuple[int, int]

    @property
    def valid(self) -> bool:
        """Whether nothing is padded."""
        return not any(self.padding)

    @property
    def extent(self) -> tuple[int, int]:
        """How far a kernel spans."""
        (ky, kx), (dy, dx) = self.kernel, self.dilation
        return (ky - 1) * dy + 1, (kx - 1) * dx + 1


def windows(options: Mapping[str, Any], size: tuple[int, int], kernel: tuple[int, int]) -> Windows:
    """Return the windows over a map of `size` (height, width).

    Raises
    ------
    UnfitError
        If a number is not positive, or the kernel spans more than the map.
    """
    stride = options["StrideH"], options["StrideW"]
    dilation = options.get("DilationHFactor", 1), options.get("DilationWFactor", 1)
    for what, pair in (("kernel", kernel), ("stride", stride), ("dilation", dilation)):
        if not all(1 <= number <= EXTENT_MAX for number in pair):
            raise UnfitError(f"its {what} must be in [1, {EXTENT_MAX}], not {pair[0]} by {pair[1]}")
    padding = options["Padding"]
    if padding not in (_SAME, _VALID):
        raise UnfitError(f"its padding must be SAME or VALID, not number {padding}")
    before, after, sizes = [], [], []
    for length, k, s, d in zip(size, kernel, stride, dilation, strict=True):
        extent = (k - 1) * d + 1
        count = -(-length // s) if padding == _SAME else (length - extent) // s + 1
        if count < 1:
            raise UnfitError(f"its kernel spans {extent}, more than the {length} of its input")
        # One more behind than in front, if the padding is odd.
        total = max(0, (count - 1) * s + extent - length) if padding == _SAME else 0
        before.append(total // 2)
        after.append(total - total // 2)
        sizes.append(count)
    return Windows(
        kernel,
        stride,
        dilation,
        (before[0], before[1], after[0], after[1]),
        (sizes[0], sizes[1]),
    )


def framed_windows(
    options: Mapping[str, Any],
    size: tuple[int, int],
    kernel: tuple[int, int],
    padding: Padding,
) -> Windows | None:
    """Return windows that pad by themselves, over a map of `size` without its border.

    None if the windows pad already, or a side of the border is as wide as the kernel: no window
    may lie beside the map.
    """
    top, left, bottom, right = padding
    outer = windows(options, (top + size[0] + bottom, left + size[1] + right), kernel)
    height, width = outer.extent
    if not outer.valid or max(top, bottom) >= height or max(left, right) >= width:
        return None
    return Windows(kernel, outer.stride, outer.dilation, padding, outer.size)
