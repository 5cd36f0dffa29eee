"""Sliding windows as ONNX lays them over a map."""

from __future__ import annotations

from isomac.importers.onnx.call import Call

Pair = tuple[int, int]
Padding = tuple[int, int, int, int]

#: Largest kernel, stride, dilation or padding.
EXTENT_MAX = 1 << 15


def window_padding(
    call: Call, shape: tuple[int, ...], kernel: Pair, stride: Pair, dilation: Pair
) -> Padding:
    """Return (top, left, bottom, right), from pads or auto_pad."""
    for sizes in (kernel, stride, dilation):
        if max(sizes) > EXTENT_MAX:
            raise call.refuse(f"windows of more than {EXTENT_MAX} are not supported")
    automatic = call.node.text("auto_pad", "NOTSET")
    if automatic == "NOTSET":
        pads = call.node.integers("pads", None) or [0, 0, 0, 0]
        if len(pads) != 4 or min(pads) < 0 or max(pads) > EXTENT_MAX:
            raise call.refuse(f"pads must be four sizes up to {EXTENT_MAX}, not {pads[:8]}")
        return pads[0], pads[1], pads[2], pads[3]
    if automatic == "VALID":
        return 0, 0, 0, 0
    if automatic not in ("SAME_UPPER", "SAME_LOWER"):
        raise call.refuse(f"auto_pad {automatic!r} is not known")
    before, after = [], []
    for axis in (0, 1):
        size = shape[axis + 1]
        outputs = -(-size // stride[axis])
        extent = (kernel[axis] - 1) * dilation[axis] + 1
        total = max(0, (outputs - 1) * stride[axis] + extent - size)
        small, large = total // 2, total - total // 2
        lower = automatic == "SAME_LOWER"
        before.append(large if lower else small)
        after.append(small if lower else large)
    return before[0], before[1], after[0], after[1]


def output_size(
    call: Call,
    shape: tuple[int, ...],
    kernel: Pair,
    stride: Pair,
    dilation: Pair,
    padding: Padding,
    axis: int,
    *,
    ceil: bool = False,
) -> int:
    """Return how many windows lie along an axis, 0 for rows and 1 for columns."""
    size, before, after = shape[axis + 1], padding[axis], padding[axis + 2]
    extent = (kernel[axis] - 1) * dilation[axis] + 1
    room = size + before + after - extent
    if room < 0:
        raise call.refuse(
            f"its kernel spans {extent}, more than the {size + before + after} of its padded input"
        )
    count = (-(-room // stride[axis]) if ceil else room // stride[axis]) + 1
    # A window that would begin in the padding behind the map is left out.
    if ceil and (count - 1) * stride[axis] >= size + before:
        count -= 1
    return count
