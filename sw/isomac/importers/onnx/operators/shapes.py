"""Reshape and its kin, Transpose, Concat and Pad."""

from __future__ import annotations

import math

import numpy as np

from isomac.importers.onnx.call import Call, Value, operator
from isomac.importers.onnx.constant import Constant
from isomac.importers.onnx.values.base import Real
from isomac.importers.onnx.values.moves import ChannelsLast, Framed, Joined, View
from isomac.importers.onnx.values.stored import IntegerInput, RealInput, Stored
from isomac.importers.onnx.windows import EXTENT_MAX


@operator("Reshape")
def reshape(call: Call) -> Value:
    """The same values under another shape."""
    wanted = call.integers(1, "the shape")
    if wanted is None:
        raise call.refuse("it must have a shape")
    sizes = list(wanted)
    before = (call.batch, *call.map_or_vector().shape)
    if not call.node.integer("allowzero", 0):
        if any(size == 0 and axis >= len(before) for axis, size in enumerate(sizes)):
            raise call.refuse(f"the shape {wanted} does not fit its input")
        sizes = [before[axis] if size == 0 else size for axis, size in enumerate(sizes)]
    if sizes.count(-1) == 1:
        rest = math.prod(size for size in sizes if size != -1)
        if rest < 1 or math.prod(before) % rest:
            raise call.refuse(f"the shape {wanted} does not fit its input of shape {before}")
        sizes[sizes.index(-1)] = math.prod(before) // rest
    return _view(call, sizes)


@operator("Flatten")
def flatten(call: Call) -> Value:
    """One vector for each sample."""
    shape = call.map_or_vector().shape
    axis = call.node.integer("axis", 1)
    if axis % (len(shape) + 1) != 1:
        raise call.refuse(f"the axis must be 1, behind the batch, not {axis}")
    return _view(call, [call.batch, math.prod(shape)])


@operator("Squeeze")
def squeeze(call: Call) -> Value:
    """Without some dimensions of size 1."""
    shape = (call.batch, *call.map_or_vector().shape)
    axes = call.integers(1, "the axes")
    if axes is None:
        axes = [axis for axis, size in enumerate(shape) if size == 1]
    chosen = {axis % len(shape) for axis in axes}
    if 0 in chosen:
        raise call.refuse("it must not take away the batch; name the axes")
    if any(shape[axis] != 1 for axis in chosen):
        raise call.refuse(f"the axes {axes} of its input of shape {shape} must have size 1")
    return _view(call, [size for axis, size in enumerate(shape) if axis not in chosen])


@operator("Unsqueeze")
def unsqueeze(call: Call) -> Value:
    """With more dimensions of size 1."""
    sizes = [call.batch, *call.map_or_vector().shape]
    axes = call.integers(1, "the axes")
    if not axes or len(axes) > 4:
        raise call.refuse(f"the axes must be one to four, not {axes}")
    total = len(sizes) + len(axes)
    for axis in sorted(axis % total for axis in axes):
        sizes.insert(axis, 1)
    return _view(call, sizes)


@operator("Identity", "Dropout")
def identity(call: Call) -> Value:
    """The value itself."""
    if call.has(2) and bool(call.constant(2, "training_mode").array.any()):
        raise call.refuse("in training mode it is random")
    value = call.operand(0) if call.has(0) else None
    if value is None:
        raise call.refuse("it must have an input")
    return value


@operator("Cast")
def cast(call: Call) -> Value:
    """A real value as float32, which it is."""
    if call.node.integer("to", 0) != 1:
        raise call.refuse("a real value must stay float32")
    return call.real()


@operator("Transpose")
def transpose(call: Call) -> Value:
    """Another order of dimensions, where no value has to move or the channels come first again."""
    value = call.operand(0)
    if isinstance(value, Stored):
        # The tensor first, so that what reads it in the other order reads the same one.
        value.tensor(call.emitter)
        return Stored(_transposed(call, value.real), value.target, value.offset)
    return _transposed(call, call.real())


@operator("Concat")
def concat(call: Call) -> Value:
    """Channels side by side."""
    values = [call.map_or_vector(position) for position in range(len(call.operands))]
    if len(values) == 1:
        return values[0]
    first = values[0].shape
    axis = call.node.integer("axis", 1)
    if axis % (len(first) + 1) != 1:
        raise call.refuse(f"the axis must be 1, the channels, not {axis}")
    if any(len(value.shape) != len(first) or value.shape[1:] != first[1:] for value in values):
        shapes = ", ".join(str(value.shape) for value in values)
        raise call.refuse(f"the shapes must differ in the channels only, not {shapes}")
    shape = sum(value.shape[0] for value in values), *first[1:]
    return Joined(call.node, shape, tuple(values))


@operator("Pad")
def pad(call: Call) -> Value:
    """One constant value around a map."""
    if call.node.text("mode", "constant") != "constant":
        raise call.refuse("its mode must be constant")
    value = call.map_or_vector()
    dimensions = len(value.shape) + 1
    pads = call.integers(1, "its pads") or []
    axes = call.integers(3, "its axes")
    axes = list(range(dimensions)) if axes is None else [axis % dimensions for axis in axes]
    if len(pads) != 2 * len(axes) or len(set(axes)) != len(axes):
        raise call.refuse(f"its pads must be two for each axis, not {pads[:16]}")
    before = dict(zip(axes, pads, strict=False))
    after = dict(zip(axes, pads[len(axes) :], strict=True))
    edges = [(before.get(axis, 0), after.get(axis, 0)) for axis in range(dimensions)]
    if not any(map(any, edges)):
        return value
    if len(value.shape) != 3 or any(edges[0]) or any(edges[1]):
        raise call.refuse("only height and width of a map can be padded")
    (top, bottom), (left, right) = edges[2:]
    padding = top, left, bottom, right
    if min(padding) < 0 or max(padding) > EXTENT_MAX:
        raise call.refuse(f"its pads must be from 0 to {EXTENT_MAX}, not {padding}")
    number = call.number(2, "its value", 0.0)
    if not math.isfinite(number):
        raise call.refuse("its value must be finite")
    channels, height, width = value.shape
    shape = channels, top + height + bottom, left + width + right
    return Framed(call.node, shape, (value,), padding, number)


@operator("Shape")
def shape_of(call: Call) -> Value:
    """The shape of a value, with the batch that the file was exported for."""
    value = call.operand(0)
    sizes: tuple[int, ...]
    match value:
        case Constant():
            sizes = value.shape
        case Stored() | IntegerInput():
            sizes = (call.batch, *value.real.shape)
        case None:
            raise call.refuse("it must have an input")
        case _:
            sizes = (call.batch, *value.shape)
    start, end = call.node.integer("start", 0), call.node.integer("end", len(sizes))
    return Constant.plain(np.array(sizes[start:end], np.int64))


def _view(call: Call, sizes: list[int]) -> Value:
    """Return the input under a shape that has the batch in front."""
    value = call.map_or_vector()
    count = math.prod(value.shape)
    batch, *shape = sizes or [0]
    if batch != call.batch or math.prod(shape) != count or any(size < 1 for size in shape):
        raise call.refuse(
            f"it must leave the batch in front and keep the {count} values of a sample, not give"
            f" the shape {sizes}"
        )
    while isinstance(value, View):
        (value,) = value.parts
    if tuple(shape) == value.shape:
        return value
    return View(call.node, tuple(shape), (value,))


def _transposed(call: Call, value: Real) -> Real:
    axes = call.node.integers("perm", None)
    dimensions = len(value.shape) + 1
    if axes is None or sorted(axes) != list(range(dimensions)) or axes[0] != 0:
        raise call.refuse(f"the batch must stay in front, not {axes}")
    order = [axis - 1 for axis in axes[1:]]
    shape = tuple(value.shape[axis] for axis in order)
    if isinstance(value, ChannelsLast) and order == [2, 0, 1]:
        return value.inner
    if isinstance(value, RealInput | ChannelsLast):
        raise call.refuse(f"from an input (N, H, W, C) it must give (N, C, H, W), not {axes}")
    moving = [axis for axis in order if value.shape[axis] != 1]
    if moving == sorted(moving):
        return value if shape == value.shape else View(call.node, shape, (value,))
    if order == [1, 2, 0]:
        return ChannelsLast(call.node, shape, value)
    raise call.refuse(f"{axes} moves values; only (0, 3, 1, 2) behind the input is supported")
