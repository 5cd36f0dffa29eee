"""From a TFLite file to the integer graph: one walk along the operators."""

from __future__ import annotations

from isomac.errors import GraphError, IsomacError, UnsupportedError
from isomac.graph.tensor import Tensor
from isomac.importers.registry import ModelFile
from isomac.importers.tflite import operators as operators  # fills the table of handlers
from isomac.importers.tflite.borders import Inputs
from isomac.importers.tflite.call import HANDLERS, Budget, Call
from isomac.importers.tflite.imported import Border, ImportedTflite, Place
from isomac.importers.tflite.layout import Order
from isomac.importers.tflite.model import FileOperator, Model
from isomac.importers.tflite.tensor import FileTensor, UnfitError
from isomac.importers.tflite.values import Emitter, Value
from isomac.importers.tflite.wanted import wanted_orders

#: Operators in the message about what is not supported; the others are counted.
_LISTED = 8


def read_tflite(file: ModelFile) -> ImportedTflite:
    """Return the network in a file.

    Raises
    ------
    IsomacError
        If it is damaged, is not quantized to int8, or holds an operator that is not supported.
    """
    return _Walk(Model(file)).run()


class _Walk:
    """Goes along the operators and remembers what each tensor of the file is in the graph."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._emitter = Emitter()
        self._wanted = wanted_orders(model)
        self._inputs = Inputs(model, self._emitter, self._wanted)
        self._values: dict[int, Value] = {}
        self._budget = Budget()

    def run(self) -> ImportedTflite:
        """Return the network."""
        self._visit_all()
        file = self._model.file
        outputs = {index: self._output(index) for index in self._model.outputs}
        inputs = self._inputs.tensors()
        _check_outputs(self._model, outputs)
        try:
            graph = self._emitter.builder.graph(
                file.stem, list(inputs.values()), [value.tensor for value in outputs.values()]
            )
        except GraphError as error:
            raise IsomacError(f"{file.path}: {error}") from error
        borders = {tensor.name: self._border(index, tensor) for index, tensor in inputs.items()}
        places = {
            tensor.name: _place(*self._emitter.places[tensor.name]) for tensor in graph.tensors
        }
        for index, value in outputs.items():
            borders[value.tensor.name] = self._border(index, value.tensor)
        return ImportedTflite(
            graph,
            "TFLite",
            file,
            channels_last=True,
            origins={name: place.name for name, place in places.items()},
            outside={name: border.kind.lower() for name, border in borders.items()},
            remarks=tuple(self._emitter.remarks),
            places=places,
            borders=borders,
        )

    def _visit_all(self) -> None:
        """Go along the operators; those that need what a refused one computes are left out."""
        problems: list[str] = []
        missing: list[FileOperator] = []
        lost: set[int] = set()
        for operator in self._model.operators:
            if operator.code not in HANDLERS:
                missing.append(operator)
                problems.append(f"{operator.label}: this operator is not supported")
            elif lost.isdisjoint(operator.inputs):
                try:
                    self._visit(operator)
                    continue
                except IsomacError as error:
                    problems.append(str(error))
            lost.update(operator.outputs)
        if problems:
            summary = _missing(self._model, missing) if missing else None
            raise UnsupportedError(problems, summary)

    def _visit(self, operator: FileOperator) -> None:
        handler = HANDLERS[operator.code]
        if not 1 <= operator.version <= handler.version:
            raise operator.refuse(
                f"its version is {operator.version}, known are 1 to {handler.version}"
            )
        if len(operator.outputs) != 1:
            raise operator.refuse(f"it must have 1 output, not {len(operator.outputs)}")
        least, most = handler.operands
        if not least <= len(operator.inputs) <= most:
            accepted = f"{least}" if least == most else f"{least} to {most}"
            raise operator.refuse(f"it must have {accepted} operands, not {len(operator.inputs)}")
        (result,) = operator.outputs
        output = self._model.tensor(result)
        if result in self._values or result in self._model.inputs or output.data is not None:
            raise operator.refuse(f"{output.name!r} is there already, before this operator")
        try:
            value = self._inputs.take(operator)
            if value is None:
                options = self._model.options(operator, handler.options) if handler.options else {}
                tensors = [self._operand(operator, index) for index in operator.inputs]
                values = [None if t is None else self._value(t.index) for t in tensors]
                output.check_shape()
                call = Call(
                    operator,
                    tensors,
                    values,
                    output,
                    options,
                    self._emitter,
                    self._budget,
                    self._model.file.kernels,
                    self._wanted.get(result),
                )
                value = handler.function(call)
        except (UnfitError, GraphError) as error:
            raise operator.refuse(str(error)) from error
        self._values[result] = value

    def _operand(self, operator: FileOperator, index: int) -> FileTensor | None:
        if index < 0:
            return None
        tensor = self._model.tensor(index)
        known = index in self._values or index in self._model.inputs or tensor.data is not None
        if not known:
            raise operator.refuse(
                f"{tensor.name!r} is read before it is computed: the operators must be in the order"
                f" of execution, without a cycle"
            )
        return tensor

    def _value(self, index: int) -> Value | None:
        if index in self._model.inputs:
            return self._inputs.value(index)
        return self._values.get(index)

    def _output(self, index: int) -> Value:
        value = self._values.get(index)
        if value is None:
            tensor = self._model.tensor(index)
            raise IsomacError(f"{tensor.where} is an output that no operator computes")
        return self._emitter.framed(value)

    def _border(self, index: int, tensor: Tensor) -> Border:
        return Border(index, self._model.tensor(index).kind, tensor.scale, tensor.zero_point)


def _place(order: Order, origin: FileTensor) -> Place:
    return Place(origin.index, origin.name, origin.kind, origin.shape, order)


def _check_outputs(model: Model, outputs: dict[int, Value]) -> None:
    """Require that there are outputs, and that no two are the same tensor of the graph."""
    if not outputs:
        raise IsomacError(f"{model.file.path} has no output")
    names: dict[str, int] = {}
    for index, value in outputs.items():
        other = names.setdefault(value.tensor.name, index)
        if other != index:
            raise IsomacError(
                f"{model.file.path}: the outputs {model.tensor(other).name!r} and"
                f" {model.tensor(index).name!r} are the same values, which are accepted once"
            )


def _missing(model: Model, missing: list[FileOperator]) -> str:
    """Return the sentence about operators that are not supported."""
    listed = ", ".join(f"{operator.index} ({operator.code})" for operator in missing[:_LISTED])
    more = f" and {len(missing) - _LISTED} more" if len(missing) > _LISTED else ""
    return (
        f"{model.file.path} holds operators that are not supported: {listed}{more}; supported are"
        f" {', '.join(sorted(HANDLERS))}"
    )
