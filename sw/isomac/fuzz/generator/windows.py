"""Random sliding windows that fit a map of a given size."""

from dataclasses import dataclass

from isomac.fuzz.generator.constants import Constants


@dataclass(frozen=True)
class Axis:
    """A window along one axis and the number of its positions."""

    kernel: int
    stride: int
    dilation: int
    before: int
    after: int
    outputs: int


def random_axis(
    constants: Constants, size: int, max_kernel: int, max_outputs: int, dilate: bool
) -> Axis:
    """Return a window that fits on `size` pixels and yields 1 to `max_outputs` outputs.

    `size` itself must not be above `max_outputs`.
    """
    kernel = constants.between(1, max_kernel)
    dilation = constants.one_of(1, 1, 2, 3) if dilate else 1
    extent = (kernel - 1) * dilation + 1
    before, after = constants.one_of(
        (0, 0),
        (extent // 2, extent // 2),
        (constants.between(0, extent - 1), constants.between(0, extent - 1)),
    )
    # Enough padding for one window; it stays smaller than the kernel, as size is at least 1.
    before = max(before, extent - size - after)
    stride = constants.one_of(1, 1, 1, 2, 2, 3, 4)
    outputs = (size + before + after - extent) // stride + 1
    while outputs > max_outputs:
        before, after = (before - 1, after) if before >= after else (before, after - 1)
        outputs = (size + before + after - extent) // stride + 1
    return Axis(kernel, stride, dilation, before, after, outputs)


def same_axis(constants: Constants, size: int, max_kernel: int, dilate: bool) -> Axis:
    """Return a window that yields as many outputs as there are pixels."""
    kernel = constants.between(1, max_kernel)
    dilation = constants.one_of(1, 1, 2) if dilate else 1
    before = constants.between(0, (kernel - 1) * dilation)
    return Axis(kernel, 1, dilation, before, (kernel - 1) * dilation - before, size)


def random_spans(constants: Constants, size: int, outputs: int) -> tuple[tuple[int, int], ...]:
    """Return windows (start, stop) as adaptive pooling has them, or any others."""
    if constants.chance(0.6):
        return tuple((i * size // outputs, -(-(i + 1) * size // outputs)) for i in range(outputs))
    starts = [constants.between(0, size - 1) for _ in range(outputs)]
    return tuple((start, constants.between(start + 1, size)) for start in starts)
