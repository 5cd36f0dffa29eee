"""Random steps of the operators that imported networks need."""

import numpy as np

from isomac.fuzz.generator.builder import Builder
from isomac.fuzz.generator.steps import second_operand
from isomac.graph.limits import EXPONENTIAL_MAX, FACTOR_MAX
from isomac.graph.operators.aligned_add import AlignedAdd
from isomac.graph.operators.lookup import Lookup
from isomac.graph.operators.newton_softmax import NewtonSoftmax
from isomac.graph.operators.pad import Pad
from isomac.graph.operators.scale import Scale
from isomac.graph.rescale_constants import rescale_constants
from isomac.graph.tensor import Tensor

#: TFLite brings both operands of an addition to 20 fractional bits, and halves the larger.
_LEFT_SHIFT = 20


def aligned_add(b: Builder) -> None:
    """TFLite's addition of the head and a tensor of its shape; with other shifts at corners."""
    c = b.constants
    pair = [b.head, second_operand(b)]
    if c.chance(0.5):
        pair.reverse()
    left_shift, left_shift_b = _LEFT_SHIFT - 1, _LEFT_SHIFT
    if c.chance(c.extreme / 2):
        left_shift, left_shift_b = c.between(0, 22), c.between(0, 22)
    multiplier_b, shift_b = rescale_constants(c.between(1, 1000) / 2000, 31)
    if c.chance(c.extreme):
        multiplier_b = c.one_of(0, 1, multiplier_b)
        shift_b = c.one_of(31, 32, 62, c.between(31, 62))
    multiplier, shift = c.rescale(2.0 ** (left_shift + 7))
    y = b.tensor(b.head.shape)
    b.head = b.emit(
        AlignedAdd,
        pair,
        y,
        left_shift=left_shift,
        left_shift_b=left_shift_b,
        multiplier_b=multiplier_b,
        shift_b=shift_b,
        multiplier=multiplier,
        shift=shift,
        rounding=c.one_of("double", "single"),
        **c.clamp(y.zero_point),
    )


def scale(b: Builder) -> None:
    """A factor for each channel, or one for all."""
    c = b.constants
    channels = b.head.shape[0]
    factor = np.full(channels, c.one_of(1, FACTOR_MAX, -FACTOR_MAX, 0), np.int32)
    if c.chance(0.5):
        rng = np.random.default_rng(c.seed())
        factor = rng.integers(-FACTOR_MAX, FACTOR_MAX + 1, channels, np.int32)
    pairs = [c.rescale(64.0 * max(1, abs(int(f)))) for f in factor]
    y = b.tensor(b.head.shape)
    b.head = b.emit(
        Scale,
        [b.head],
        y,
        factor=factor,
        multiplier=np.array([pair[0] for pair in pairs], np.int64),
        shift=np.array([pair[1] for pair in pairs], np.int64),
        rounding=c.rounding(),
        **c.clamp(y.zero_point),
    )


def lookup(b: Builder) -> None:
    """Any table."""
    rng = np.random.default_rng(b.constants.seed())
    table = rng.integers(-128, 128, 256, np.int8)
    b.head = b.emit(Lookup, [b.head], b.tensor(b.head.shape), function="random", table=table)


def pad(b: Builder) -> None:
    """A frame of any width on each side; on a vector nothing."""
    c = b.constants
    if len(b.head.shape) == 3:
        channels, *size = b.head.shape
        room = [b.max_size - s for s in size]
        before = [c.between(0, r) for r in room]
        after = [c.between(0, r - done) for r, done in zip(room, before, strict=True)]
        shape = (channels, *(sum(s) for s in zip(size, before, after, strict=True)))
        value = c.one_of(b.head.zero_point, c.between(-128, 127))
        y = b.tensor(shape, b.head)
        b.head = b.emit(Pad, [b.head], y, padding=(*before, *after), value=value)


def newton_softmax(b: Builder) -> None:
    """With the table of an exponential, or any other."""
    c = b.constants
    table = b.newton_table
    if table is None:
        steps = np.arange(-255, 1) * 2.0 ** c.between(-8, 1)
        table = np.minimum(np.round(np.exp(steps) * 2.0**31), EXPONENTIAL_MAX).astype(np.int64)
        if c.chance(c.extreme):
            table = np.random.default_rng(c.seed()).integers(0, EXPONENTIAL_MAX + 1, 256)
            table[255] = EXPONENTIAL_MAX
        if b.one_softmax is not None:
            b.newton_table = table
    y = b.tensor(b.head.shape, Tensor("like", (1,), 1 / 256, -128))
    b.head = b.emit(NewtonSoftmax, [b.head], y, table=table)
