"""Who is there to judge, and whom they refuse to judge."""

import importlib.util
from dataclasses import replace

import pytest

from isomac.errors import IsomacError
from isomac.referees import Agreement, find_referee, referee_names
from isomac.referees.registry import Referee, referee
from tests.sw.referees.cases import TFLITE, file_case, graph_case
from tests.sw.small_graphs import convolution, graph

CASE = graph_case(graph(convolution()))


def test_every_file_registers_a_referee() -> None:
    assert referee_names() == ["litert", "ort", "tflm", "tosa"]


def test_an_unknown_referee_is_refused() -> None:
    with pytest.raises(IsomacError, match="one of litert, ort, tflm, tosa, not 'umpire'"):
        find_referee("umpire")


def test_two_referees_of_one_name_are_a_mistake() -> None:
    with pytest.raises(TypeError, match="two referees named tosa"):
        referee("tosa", packages=())(find_referee("tosa").judge)


def test_the_integer_graph_is_enough_for_tosa() -> None:
    find_referee("tosa").check(CASE)


@pytest.mark.parametrize("name", ["litert", "tflm"])
def test_a_tflite_referee_needs_a_tflite_file(name: str) -> None:
    one = find_referee(name)
    with pytest.raises(IsomacError, match=f"{name} runs TFLite files, and the case holds no model"):
        one.check(CASE)
    case = file_case(TFLITE[0], 1)
    one.check(case)
    assert case.imported is not None
    other = replace(case, imported=replace(case.imported, format="ONNX"))
    with pytest.raises(IsomacError, match="runs TFLite files, and the case came from ONNX"):
        one.check(other)


def test_ort_needs_an_onnx_file() -> None:
    with pytest.raises(IsomacError, match="runs ONNX files"):
        find_referee("ort").check(file_case(TFLITE[0], 1))


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("litert", "ai_edge_litert"),
        ("tflm", "tflite_micro"),
        ("ort", "onnxruntime"),
        ("tosa", "tosa_reference_model"),
    ],
)
def test_a_package_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, package: str
) -> None:
    monkeypatch.setattr(
        "isomac.referees.registry.find_spec",
        lambda wanted: None if wanted == package else importlib.util.find_spec(wanted),
    )
    with pytest.raises(IsomacError, match=f"needs {package}: pip install 'isomac.referees.'"):
        find_referee(name).check(CASE)


def test_a_referee_that_cannot_run_a_network_judges_nothing() -> None:
    def refuse(_: object) -> Agreement:
        raise IsomacError("it has an operator that nobody knows")

    found = Referee("x", (), (), refuse).agreement(CASE)
    assert found == Agreement("x", "", 0, 0, 0, ("it has an operator that nobody knows",))
    assert not found.exact
