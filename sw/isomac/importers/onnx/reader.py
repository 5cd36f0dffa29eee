"""From an ONNX file to the integer graph: one walk along the nodes."""

from __future__ import annotations

import numpy as np

from isomac.errors import IsomacError, UnsupportedError
from isomac.graph.tensor import Tensor
from isomac.importers.onnx import operators as operators  # fills the table of functions
from isomac.importers.onnx.call import Call, Value, handlers
from isomac.importers.onnx.constant import Constant
from isomac.importers.onnx.embedding import embedded
from isomac.importers.onnx.folding import FOLDED, Room, fold
from isomac.importers.onnx.model import Border, Model, read_model
from isomac.importers.onnx.node import Node, printable
from isomac.importers.onnx.values.base import Emitter, Real, check_size
from isomac.importers.onnx.values.moves import ChannelsLast
from isomac.importers.onnx.values.stored import IntegerInput, RealInput, Stored
from isomac.importers.registry import Imported, ModelFile
from isomac.lowering.builder import Builder

#: Nodes in messages about what is not supported; the others are counted.
_LISTED = 8
#: Types that have another name there.
_NUMPY = {"FLOAT": "float32", "DOUBLE": "float64"}
#: What makes steps of real values.
_QUANTIZERS = ("QuantizeLinear", "qonnx.custom_op.general.Quant", "onnx.brevitas.Quant")
#: Operators on integers, which another format of the same tools has.
_INTEGER_OPERATORS = (
    "ConvInteger",
    "DynamicQuantizeLinear",
    "MatMulInteger",
    "QLinearConv",
    "QLinearMatMul",
)


def read_onnx(file: ModelFile) -> Imported:
    """Return the network in a file.

    Raises
    ------
    IsomacError
        If it is damaged, is not quantized, or holds what cannot be turned into integers.
    """
    model = read_model(file)
    _check_supported(model, file)
    try:
        # Functions look at their results; a constant that is not a number is no news to NumPy.
        with np.errstate(all="ignore"):
            return _Walk(model, file).run()
    except RecursionError as error:
        raise IsomacError(f"{file.path} nests its operations too deep") from error


class _Walk:
    """Goes along the nodes and remembers what each value of the file is."""

    def __init__(self, model: Model, file: ModelFile) -> None:
        self._model = model
        self._file = file
        self._emitter = Emitter(Builder())
        self._values: dict[str, Value] = {
            name: Constant.plain(array) for name, array in model.constants.items()
        }
        self._channels_last = False
        self._batch = 1
        self._room = Room()

    def run(self) -> Imported:
        """Return the network."""
        for border in self._model.inputs:
            self._values[border.name] = self._input(border)
        self._visit_all()
        outputs = [self._output(name) for name in self._model.outputs]
        graph = self._emitter.builder.graph(self._file.stem, self._inputs(), outputs)
        origins: dict[str, str] = {}
        for name, value in self._values.items():
            tensor = value.known(self._emitter) if isinstance(value, Stored) else None
            if tensor is not None:
                origins.setdefault(tensor.name, name)
        names = {tensor.name for tensor in graph.tensors}
        return Imported(
            graph,
            "ONNX",
            self._file,
            channels_last=self._channels_last,
            origins={name: origin for name, origin in origins.items() if name in names},
            remarks=tuple(self._emitter.remarks),
            outside=self._outside(outputs),
            embedded=embedded(self._file),
        )

    def _input(self, border: Border) -> Value:
        node = Node("input", printable(border.name), (), (border.name,), {}, self._file.path.name)
        if border.batch is not None:
            if self._batch not in (1, border.batch):
                raise node.refuse("all inputs must have the same batch")
            self._batch = border.batch
        shape = border.shape
        real: Real = RealInput(node, shape)
        if len(shape) == 3 and _feeds_only_transposes(self._model, border.name):
            self._channels_last = True
            height, width, channels = shape
            real = ChannelsLast(node, shape, RealInput(node, (channels, height, width)))
        if border.kind == "FLOAT":
            return real
        return IntegerInput(real, 128 if border.kind == "UINT8" else 0)

    def _visit_all(self) -> None:
        """Go along the nodes; those that need what a refused node computes are left out."""
        problems: list[str] = []
        lost: set[str] = set()
        for node in self._model.nodes:
            if lost.isdisjoint(node.inputs):
                try:
                    self._visit(node)
                    continue
                except IsomacError as error:
                    problems.append(str(error))
            lost.update(node.outputs)
        if problems:
            raise UnsupportedError(problems)

    def _outside(self, outputs: list[Tensor]) -> dict[str, str]:
        """Return the types of inputs and outputs as numpy calls them."""
        inputs = [(printable(border.name), border.kind) for border in self._model.inputs]
        names = (tensor.name for tensor in outputs)
        kinds = [*inputs, *zip(names, self._model.output_kinds, strict=True)]
        return {name: _NUMPY.get(kind, kind.lower()) for name, kind in kinds if kind}

    def _visit(self, node: Node) -> None:
        operands = tuple(self._operand(node, name) for name in node.inputs)
        call = Call(node, operands, self._emitter, self._model.opset, self._batch)
        value: Value | None = None
        if all(operand is None or isinstance(operand, Constant) for operand in operands):
            value = fold(call, self._room)
        if value is None:
            handler = handlers().get(node.operator)
            if handler is None:
                raise node.refuse("it is supported for constants only")
            value = handler(call)
        if isinstance(value, Real):
            check_size(value, node)
        if node.outputs:
            self._values[node.outputs[0]] = value

    def _operand(self, node: Node, name: str) -> Value | None:
        if not name:
            return None
        if name not in self._values:
            raise node.refuse(
                f"it reads {printable(name)!r}, a second output of an operator, which is not"
                f" supported"
            )
        return self._values[name]

    def _inputs(self) -> list[Tensor]:
        tensors = []
        for border in self._model.inputs:
            tensor = self._emitter.inputs.get(printable(border.name))
            if tensor is None:
                raise IsomacError(
                    f"{self._file.path}: the input {printable(border.name)!r} is not quantized;"
                    f" a QuantizeLinear must read it"
                )
            tensors.append(tensor)
        return tensors

    def _output(self, name: str) -> Tensor:
        value = self._values.get(name)
        what = f"{self._file.path}: the output {printable(name)!r}"
        if isinstance(value, Stored):
            return value.tensor(self._emitter)
        if not isinstance(value, Real):
            raise IsomacError(f"{what} does not depend on the input")
        if isinstance(value, ChannelsLast):
            if not self._channels_last:
                raise IsomacError(f"{what} must have the channels first, as the input has")
            value = value.inner
        stored = self._emitter.operand(value)
        if stored is not None and stored.gain == 1:
            return stored.tensor
        target = value.natural()
        if target is None:
            raise IsomacError(
                f"{what} is not quantized: a QuantizeLinear must follow {value.node}, which"
                f" computes it"
            )
        if stored is None:
            self._emitter.remarks.append(
                f"the output {printable(name)!r} is not quantized in the file; it got the scale"
                f" {target.scale:g} and the zero point {target.zero_point} from its range"
            )
        return self._emitter.quantize(value, target)


def _feeds_only_transposes(model: Model, name: str) -> bool:
    """Return whether what is read of an input is it with the channels brought to the front."""
    names, found = {name}, False
    for node in model.nodes:
        if not names.intersection(node.inputs):
            continue
        if node.operator in ("QuantizeLinear", "DequantizeLinear", "Identity"):
            names.update(node.outputs)
        elif node.operator == "Transpose" and node.settings.get("perm") == [0, 3, 1, 2]:
            found = True
        else:
            return False
    return found


def _check_supported(model: Model, file: ModelFile) -> None:
    known = {*handlers(), *FOLDED}
    missing = [node for node in model.nodes if node.operator not in known]
    if missing:
        listed = ", ".join(str(node) for node in missing[:_LISTED])
        more = f" and {len(missing) - _LISTED} more" if len(missing) > _LISTED else ""
        hint = ""
        if any(node.operator in _INTEGER_OPERATORS for node in missing):
            hint = "; quantize_static must be given quant_format=QuantFormat.QDQ"
        raise UnsupportedError(
            [f"{file.path}: {node} is not supported{hint}" for node in missing],
            f"{file.path} holds operators that are not supported: {listed}{more}{hint}",
        )
    if not any(node.operator in _QUANTIZERS for node in model.nodes):
        raise IsomacError(
            f"{file.path} is not quantized: it has no QuantizeLinear; quantize it first, for"
            f" instance with onnxruntime.quantization.quantize_static"
        )
