"""LiteRT's reference kernels and TFLite Micro on the TFLite fixtures."""

from pathlib import Path

import numpy as np
import pytest

from isomac.referees import find_referee
from isomac.referees.litert import litert
from isomac.referees.tflm import tflm
from isomac.referees.tosa import tosa
from tests.sw.referees.cases import FIXTURES, TFLITE, file_case, with_fault

COUNT = 8


@pytest.mark.parametrize("path", TFLITE, ids=lambda path: path.stem)
def test_every_byte_of_every_tensor_is_litert_s(path: Path) -> None:
    case = file_case(path, COUNT)
    found = find_referee("litert").agreement(case)
    assert found.exact
    assert found.not_judged == ()
    assert found.kernel_set == "ai-edge-litert 2.3.0 BUILTIN_REF"
    # All tensors of the graph but inputs that the file takes as they are.
    elements = {tensor.name: tensor.elements for tensor in case.graph.tensors}
    assert case.imported is not None
    fed = [n for n in case.graph.inputs if case.imported.outside[n] != "float32"]
    assert found.values == COUNT * (sum(elements.values()) - sum(elements[n] for n in fed))


@pytest.mark.parametrize("path", TFLITE, ids=lambda path: path.stem)
def test_tosa_judges_all_of_them(path: Path) -> None:
    found = tosa(file_case(path, COUNT))
    assert found.exact
    assert found.not_judged == ()


@pytest.mark.parametrize("path", TFLITE, ids=lambda path: path.stem)
def test_tflite_micro_runs_all_of_them(path: Path) -> None:
    found = tflm(file_case(path, COUNT))
    outputs = 10 * COUNT
    assert (found.values, found.not_judged) == (outputs, ())
    assert found.kernel_set.startswith("tflite-micro 0.dev")
    # Its FULLY_CONNECTED rounds twice; its RELU6 ignores that `pools_fashion` changes the scale.
    assert found.differing <= (outputs if path.stem == "pools_fashion" else outputs * 0.05)


def test_tflite_micro_agrees_where_nothing_is_rounded_otherwise() -> None:
    found = tflm(file_case(FIXTURES / "tflite" / "depthwise_fashion.tflite", 32))
    assert found.exact


@pytest.mark.parametrize("judge", [litert, tflm])
@pytest.mark.parametrize("name", ["depthwise_fashion", "borders_uint8", "borders_float"])
def test_a_wrong_output_is_found(judge: object, name: str) -> None:
    case = file_case(FIXTURES / "tflite" / f"{name}.tflite", 2)
    assert callable(judge)
    before = judge(case)
    after = judge(with_fault(case, case.graph.outputs[0], 2))
    assert after.differing == before.differing + 1
    assert after.largest >= 2


def test_a_wrong_value_inside_is_found_by_litert() -> None:
    case = file_case(FIXTURES / "tflite" / "residual_digits.tflite", 2)
    name = case.graph.operations[1].output
    assert litert(with_fault(case, name, 4)).differing == 1


def test_other_inputs_give_other_bytes() -> None:
    case = file_case(FIXTURES / "tflite" / "residual_digits.tflite", 2)
    (name,) = case.graph.inputs
    tensors = {**case.tensors, name: np.ascontiguousarray(case.tensors[name][::-1])}
    other = type(case)(case.name, case.graph, tensors, case.imported)
    assert litert(other).share > 0.1


def test_tflite_micro_that_lacks_an_operator_judges_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tflite_micro import runtime

    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("Didn't find op for builtin opcode")

    monkeypatch.setattr(runtime.Interpreter, "from_bytes", refuse)
    found = tflm(file_case(TFLITE[0], 1))
    assert found.values == 0
    assert found.not_judged == ("the case: TFLite Micro has not all it needs",)
