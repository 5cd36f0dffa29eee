"""An operator with its operands at hand, and the functions that turn it into operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from isomac.graph.operation import Operation
from isomac.importers.tflite.layout import Order, graph_shape, order_of
from isomac.importers.tflite.model import FileOperator
from isomac.importers.tflite.recipes import activation_range
from isomac.importers.tflite.tensor import Affine, FileTensor, UnfitError
from isomac.importers.tflite.values import Emitter, Frame, Value, readable
from isomac.lowering.builder import Site

#: Most weights, and most channels with a multiplier of their own, of all operators together:
#: buffers may be shared, and a small file must not become a large graph.
WEIGHTS_MAX = 1 << 25
CHANNELS_MAX = 1 << 16


@dataclass
class Budget:
    """What is left of the weights and the channels."""

    weights: int = WEIGHTS_MAX
    channels: int = CHANNELS_MAX

    def take(self, weights: int, channels: int) -> None:
        """Take from both, or raise `UnfitError` if too little is left."""
        self.weights -= weights
        self.channels -= channels
        if self.weights < 0 or self.channels < 0:
            raise UnfitError(
                f"up to here the operators have more than {WEIGHTS_MAX} weights or {CHANNELS_MAX}"
                f" channels, the most that is accepted"
            )


@dataclass(frozen=True, eq=False)
class Call:
    """What a function for an operator is given.

    Members
    -------
    operator
        The operator.
    tensors
        Its operands, None where one is left out.
    values
        What those of them that are computed are in the graph.
    output
        Its result.
    options
        What the getters of its options give, by name.
    emitter
        The integer graph.
    budget
        Of the whole file.
    kernels
        Whose results are wanted: "litert" or "tflm".
    wanted
        The order in which the result is needed, where it is a vector that becomes a map.
    """

    operator: FileOperator
    tensors: Sequence[FileTensor | None]
    values: Sequence[Value | None]
    output: FileTensor
    options: Mapping[str, Any]
    emitter: Emitter
    budget: Budget
    kernels: str
    wanted: Order | None = None
    site: Site = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "site", Site(self.emitter.builder, self.operator.source))

    def has(self, position: int) -> bool:
        """Return whether an operand is given."""
        return position < len(self.tensors) and self.tensors[position] is not None

    def tensor(self, position: int = 0) -> FileTensor:
        """Return an operand as the file has it."""
        tensor = self.tensors[position] if position < len(self.tensors) else None
        if tensor is None:
            raise UnfitError(f"operand {position} is missing")
        return tensor

    def operand(self, position: int = 0) -> Value:
        """Return an int8 operand that is computed; a border around it may be pending."""
        tensor = self.tensor(position)
        if tensor.kind != "INT8":
            tensor.affine()  # says what is wrong with all but uint8
            raise UnfitError(
                f"{tensor.name!r} is uint8, which is accepted at the borders of the network only"
            )
        value = self.values[position]
        if value is None:
            raise UnfitError(f"{tensor.name!r} is a constant; it must depend on the input")
        return value

    def any_value(self, position: int = 0) -> Value:
        """Return an operand that may be uint8 too."""
        value = self.values[position]
        if value is None:
            raise UnfitError(f"{self.tensor(position).name!r} must depend on the input")
        return self.emitter.framed(value)

    def value(self, position: int = 0) -> Value:
        """Return an int8 operand that is computed, as it is in the graph."""
        return self.emitter.framed(self.operand(position))

    def vector(self, position: int = 0) -> Value:
        """Return an operand as a vector."""
        return self.emitter.vector(self.operand(position))

    def map(self, position: int = 0) -> Value:
        """Return an operand of four axes as a map (C, H, W)."""
        value = self.operand(position)
        return self.emitter.map(value, self.map_shape(position))

    def natural(self, position: int = 0) -> Value:
        """Return an operand in the shape that it has in the file: as a vector or as a map."""
        shape = graph_shape(self.tensor(position).shape)
        value = self.operand(position)
        if len(shape) == 1:
            return self.emitter.vector(value)
        return self.emitter.map(value, shape)

    def map_shape(self, position: int = 0) -> tuple[int, int, int]:
        """Return the shape (C, H, W) of an operand that must have four axes."""
        shape = self.tensor(position).shape
        if len(shape) != 4 or shape[0] != 1:
            raise UnfitError(
                f"{self.tensor(position).name!r} must have the shape [1, height, width, channels],"
                f" it has {list(shape)}"
            )
        _, height, width, channels = shape
        return channels, height, width

    def affine(self, position: int = 0) -> Affine:
        """Return the quantization of an operand."""
        return self.tensor(position).affine()

    @property
    def output_affine(self) -> Affine:
        """The quantization of the result, which must be int8."""
        affine = self.output.affine()
        if self.output.kind != "INT8":
            raise UnfitError(f"its output {self.output.name!r} must be int8, it is uint8")
        return affine

    def clamp(self) -> dict[str, int]:
        """Return the clamp of the fused activation as fields of an operation."""
        low, high = activation_range(self.options["FusedActivationFunction"], self.output_affine)
        return {"quant_min": low, "quant_max": high}

    def require_output(self, shape: Sequence[int]) -> None:
        """Require the result to have this shape in the file."""
        if self.output.shape != tuple(shape):
            raise UnfitError(
                f"its output {self.output.name!r} must have the shape {list(shape)}, it has"
                f" {list(self.output.shape)}"
            )

    def require_same_quantization(self, *positions: int) -> None:
        """Require operands to have the quantization of the result: their bytes are kept."""
        output = self.output_affine
        for position in positions:
            operand = self.affine(position)
            if operand != output:
                raise UnfitError(
                    f"{self.tensor(position).name!r} and its output must have the same scale and"
                    f" zero point, not {float(operand.scale)!r} and {operand.zero_point} against"
                    f" {float(output.scale)!r} and {output.zero_point}"
                )

    def emit(
        self,
        kind: type[Operation],
        operands: Sequence[Value],
        shape: Sequence[int] | None = None,
        order: Order | None = None,
        /,
        **fields: Any,
    ) -> Value:
        """Append an operation that computes the result, and return it.

        Parameters
        ----------
        shape
            Of the result in the graph; that of the first operand by default.
        order
            Of its values; that of the first operand by default, or of the map if a shape is given.
        """
        output = self.output.affine()
        if order is None:
            order = operands[0].order if shape is None else order_of(tuple(shape))
        tensor = self.emitter.builder.tensor(
            readable(self.output),
            operands[0].tensor.shape if shape is None else shape,
            float(output.scale),
            output.zero_point,
        )
        self.site.emit(kind, [operand.tensor for operand in operands], tensor, **fields)
        return self.emitter.keep(Value(tensor, order, self.output, self.operator.source))

    def alias(self, value: Value, frame: Frame | None = None) -> Value:
        """Return a value whose bytes are the result, under the name of the result."""
        return Value(value.tensor, value.order, self.output, self.operator.source, frame)


@dataclass(frozen=True)
class Handler:
    """How operators of one code become operations.

    Members
    -------
    function
        Adds the operations and returns the result.
    options
        Name of the table of options that it reads, "" for none.
    version
        Highest version of the operator that is known.
    operands
        Least and greatest number of operands.
    elementwise
        Whether each value of the result comes from the values at the same place.
    """

    function: Callable[[Call], Value]
    options: str
    version: int
    operands: tuple[int, int]
    elementwise: bool


#: The handler of each operator code, filled as the modules in `operators/` are imported.
HANDLERS: dict[str, Handler] = {}

Function = Callable[[Call], Value]


def operator(
    *codes: str,
    version: int,
    options: str = "",
    operands: tuple[int, int] = (1, 1),
    elementwise: bool = False,
) -> Callable[[Function], Function]:
    """Return a decorator that makes a function the handler of operators.

    The function raises `UnfitError` with a clause that says what it does not accept.

    Parameters
    ----------
    codes
        Names in the schema.
    version, options, operands, elementwise
        See `Handler`.
    """

    def register(function: Function) -> Function:
        for code in codes:
            if code in HANDLERS:
                raise TypeError(f"there are two handlers of {code}")
            HANDLERS[code] = Handler(function, options, version, operands, elementwise)
        return function

    return register
