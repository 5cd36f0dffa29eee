"""The inputs of the network: int8, or uint8 or float32 numbers that a QUANTIZE makes int8."""

from __future__ import annotations

from isomac.errors import IsomacError
from isomac.graph.tensor import Tensor
from isomac.importers.tflite.layout import Order, graph_shape, order_of
from isomac.importers.tflite.model import FileOperator, Model
from isomac.importers.tflite.tensor import FileTensor, UnfitError
from isomac.importers.tflite.values import Emitter, Value, readable

_RESHAPES = ("RESHAPE", "SQUEEZE")


class Inputs:
    """Makes the inputs of the graph when they are first read.

    Parameters
    ----------
    model, emitter
        The file and the graph.
    wanted
        See `isomac.importers.tflite.wanted`.
    """

    def __init__(self, model: Model, emitter: Emitter, wanted: dict[int, Order]) -> None:
        self._model = model
        self._emitter = emitter
        self._wanted = wanted
        self._made: dict[int, Value] = {}
        self._readers: dict[int, list[FileOperator]] = {}
        for operator in model.operators:
            for index in operator.inputs:
                self._readers.setdefault(index, []).append(operator)
        for index in model.inputs:
            self._check_batch(model.tensor(index))

    def value(self, index: int) -> Value:
        """Return an int8 or uint8 input as the graph has it.

        Raises
        ------
        UnfitError
            If it is of another type or not quantized.
        """
        tensor = self._model.tensor(index)
        return self._made.get(index) or self._make(index, tensor)

    def take(self, operator: FileOperator) -> Value | None:
        """Return the int8 tensor that a QUANTIZE makes of a float32 input, None for all others.

        Raises
        ------
        UnfitError
            If another QUANTIZE makes another tensor of the same input.
        """
        index = operator.inputs[0] if operator.inputs else -1
        if operator.code != "QUANTIZE" or index not in self._model.inputs:
            return None
        tensor, result = self._model.tensor(index), self._model.tensor(operator.outputs[0])
        if tensor.kind != "FLOAT32":
            return None
        if result.kind != "INT8" or result.shape != tensor.shape:
            raise UnfitError(
                f"its output {result.name!r} must be int8 of the shape {list(tensor.shape)}, it is"
                f" {result.kind.lower()} of {list(result.shape)}"
            )
        made = self._made.get(index)
        if made is None:
            return self._make(index, result)
        if made.origin.affine() != result.affine():
            raise UnfitError("its input is quantized by another operator too, in another way")
        return made

    def tensors(self) -> dict[int, Tensor]:
        """Return the inputs of the graph by their index in the file, in its order.

        Raises
        ------
        IsomacError
            If one is not read, or not quantized.
        """
        for index in self._model.inputs:
            if index not in self._made:
                raise IsomacError(
                    f"{self._model.tensor(index).where} is an input that no operator reads"
                )
        return {index: self._made[index].tensor for index in self._model.inputs}

    def _make(self, index: int, tensor: FileTensor) -> Value:
        """Make the input in the shape in which it is read first."""
        affine = tensor.affine()
        shape = graph_shape(self._shape_read(index, tensor))
        order = order_of(shape)
        if len(shape) == 1:
            order = self._wanted.get(index, order)
        made = self._emitter.builder.tensor(
            readable(self._model.tensor(index)), shape, float(affine.scale), affine.zero_point
        )
        source = f"{self._model.file.path.name} input {index}"
        self._made[index] = self._emitter.keep(Value(made, order, tensor, source))
        return self._made[index]

    def _shape_read(self, index: int, tensor: FileTensor) -> tuple[int, ...]:
        """Return the shape of an input after the changes of shape that all its readers share."""
        shape = tensor.shape
        for _ in self._model.operators:
            readers = self._readers.get(index, [])
            if len(readers) != 1 or len(readers[0].outputs) != 1 or index in self._model.outputs:
                break
            index = readers[0].outputs[0]
            result = self._model.tensor(index)
            if readers[0].code in _RESHAPES and result.elements == tensor.elements:
                shape = result.shape
            elif readers[0].code != "QUANTIZE":
                break
        return shape

    def _check_batch(self, tensor: FileTensor) -> None:
        shape = tensor.shape
        if -1 in tensor.signature[1:]:
            raise IsomacError(
                f"{tensor.where} is an input that leaves more than the batch open, its shape is"
                f" {list(tensor.signature)}"
            )
        if len(shape) > 1 and shape[0] != 1:
            raise IsomacError(
                f"{tensor.where} is an input of the shape {list(shape)}: the batch must be 1 or"
                f" left open"
            )
