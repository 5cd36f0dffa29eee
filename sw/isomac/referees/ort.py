"""ONNX Runtime as a referee of networks that were imported from ONNX.

It computes a QDQ model in float32 between the quantizations and rounds half to even there, where
the integer graph rounds half up: values that lie between two steps may differ by one. Its agreement
is measured and never called exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from isomac.errors import IsomacError
from isomac.golden.evaluate import evaluate
from isomac.golden.operators import EVALUATORS
from isomac.importers.registry import Imported
from isomac.referees.registry import Case, referee
from isomac.referees.result import Agreement, Pair, compare

Bytes = npt.NDArray[np.int8]

#: Samples in one run of a model that leaves its batch open.
_CHUNK = 32


@referee("ort", packages=("onnx", "onnxruntime"), formats=("ONNX",))
def ort(case: Case) -> Agreement:
    """Compare every tensor that the file has too, end to end."""
    imported = case.imported
    assert imported is not None
    names = [name for name in case.tensors if name in imported.origins]
    left_out = [f"{name}: no tensor of the file" for name in case.tensors if name not in names]
    inputs = case.tensors[_single_input(imported)]
    expected = run(imported, inputs, names)
    pairs = [(expected[name], case.tensors[name]) for name in names]
    return compare("ort", kernel_set(optimize=False), pairs, left_out)


def judge(
    imported: Imported,
    inputs: Bytes,
    *,
    tensors: Sequence[str] | None = None,
    by_layer: bool = False,
    optimize: bool = False,
) -> Agreement:
    """Compare the golden model with ONNX Runtime on the CPU.

    Parameters
    ----------
    imported
        From `isomac.import_model`, of an ONNX file with one input.
    inputs
        int8 (N, *shape), as they enter the integer graph.
    tensors
        Which tensors are compared; all that the file has too by default.
    by_layer
        Let each operation read what ONNX Runtime computed, so that differences do not add up along
        the network.
    optimize
        Let ONNX Runtime rewrite the model as it does by default, into kernels of its own.

    Raises
    ------
    IsomacError
        If ONNX Runtime is not installed or cannot run the model.
    """
    graph = imported.graph
    names = [tensor.name for tensor in graph.tensors if tensor.name in imported.origins]
    chosen = names if tensors is None else list(tensors)
    expected = run(imported, inputs, names if by_layer else chosen, optimize=optimize)
    if by_layer:
        pairs = _layer_pairs(imported, expected, inputs, chosen)
    else:
        actual = evaluate(graph, inputs, keep=chosen)
        pairs = [(expected[name], actual[name].numpy()) for name in chosen]
    return compare("ort", kernel_set(optimize=optimize), pairs)


def run(
    imported: Imported, inputs: Bytes, tensors: Sequence[str], *, optimize: bool = False
) -> dict[str, Bytes]:
    """Return what ONNX Runtime computes for some tensors of the integer graph, int8 (N, *shape)."""
    from onnxruntime import GraphOptimizationLevel, InferenceSession, SessionOptions

    unknown = [name for name in tensors if name not in imported.origins]
    if unknown:
        raise IsomacError(f"{imported.file.path} has no quantized tensor for {unknown[0]!r}")
    border = _single_input(imported)
    options = SessionOptions()
    options.log_severity_level = 3
    if not optimize:
        options.graph_optimization_level = GraphOptimizationLevel.ORT_DISABLE_ALL
    names = dict.fromkeys(imported.origins[name] for name in tensors)
    try:
        session = InferenceSession(
            _with_outputs(imported, names), options, providers=["CPUExecutionProvider"]
        )
        (entry,) = session.get_inputs()
        fed = _fed(imported, border, inputs, entry.type)
        batch = entry.shape[0]
        chunks = _chunks(fed, batch if isinstance(batch, int) else None)
        parts = [session.run(list(names), {entry.name: chunk}) for chunk in chunks]
    except Exception as error:
        if type(error).__module__.startswith("onnxruntime"):
            raise IsomacError(
                f"ONNX Runtime cannot run {imported.file.path}: {str(error).splitlines()[0]}"
            ) from error
        raise
    whole = {
        name: np.concatenate(values)[: len(inputs)]
        for name, *values in zip(names, *parts, strict=True)
    }
    return {name: _bytes(imported, name, whole[imported.origins[name]]) for name in tensors}


def kernel_set(*, optimize: bool) -> str:
    """Return the name of the kernels that run."""
    from importlib.metadata import version

    kernels = "with" if optimize else "without"
    return f"onnxruntime {version('onnxruntime')} CPU, {kernels} graph optimization"


def _single_input(imported: Imported) -> str:
    names = imported.graph.inputs
    if len(names) != 1:
        raise IsomacError(f"the referee ort runs networks with one input, not {len(names)}")
    return names[0]


def _with_outputs(imported: Imported, names: Iterable[str]) -> bytes:
    """Return the model with these values among its outputs."""
    import onnx

    model = onnx.load(imported.file.path)
    there = {value.name for value in model.graph.output}
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names if name not in there)
    return bytes(model.SerializeToString())


def _fed(imported: Imported, name: str, inputs: Bytes, kind: str) -> npt.NDArray[Any]:
    """Return int8 inputs in the layout and the type that the model wants."""
    tensor = imported.graph.tensor(name)
    values: npt.NDArray[Any] = inputs
    if imported.channels_last and inputs.ndim == 4:
        values = np.ascontiguousarray(inputs.transpose(0, 2, 3, 1))
    if kind == "tensor(int8)":
        return values
    if kind == "tensor(uint8)":
        return (values.astype(np.int16) + 128).astype(np.uint8)
    steps = values.astype(np.float32) - np.float32(tensor.zero_point)
    return steps * np.float32(tensor.scale)


def _chunks(values: npt.NDArray[Any], batch: int | None) -> list[npt.NDArray[Any]]:
    """Return parts of a batch; the last is filled up where the model wants a fixed size."""
    size = batch or _CHUNK
    parts = [values[start : start + size] for start in range(0, len(values), size)]
    if batch is not None and len(parts[-1]) < batch:
        filler = np.repeat(parts[-1][-1:], batch - len(parts[-1]), axis=0)
        parts[-1] = np.concatenate([parts[-1], filler])
    return parts


def _bytes(imported: Imported, name: str, values: npt.NDArray[Any]) -> Bytes:
    """Return values of the model as the integer graph has them."""
    shape = imported.graph.tensor(name).shape
    if values.dtype == np.uint8:
        values = (values.astype(np.int16) - 128).astype(np.int8)
    if imported.channels_last and values.ndim == 4 and values.shape[1:] != shape:
        values = values.transpose(0, 3, 1, 2)
    result: Bytes = np.ascontiguousarray(values).reshape(-1, *shape)
    return result


def _layer_pairs(
    imported: Imported, expected: Mapping[str, Bytes], inputs: Bytes, chosen: Sequence[str]
) -> list[Pair]:
    graph = imported.graph
    values = {name: torch.from_numpy(value.copy()) for name, value in expected.items()}
    values.setdefault(graph.inputs[0], torch.from_numpy(inputs.copy()))
    pairs = []
    for operation in graph.operations:
        operands = [values[name] for name in operation.inputs]
        with torch.no_grad():
            result = EVALUATORS[type(operation)](operation, graph, operands)
        # Where one node of the model is two operations, what is between them is not known.
        values.setdefault(operation.output, result)
        if operation.output in chosen:
            pairs.append((expected[operation.output], result.numpy()))
    return pairs
