"""The points of the sweep, and how they are chosen."""

import pytest

from isomac.cli import main
from isomac.errors import IsomacError
from isomac.graph.verify import verify
from isomac.sweep.networks import graph_of, sweep_networks
from isomac.sweep.points import chosen_points, sweep_points
from isomac.targets import target


def test_points() -> None:
    points = sweep_points()
    assert len({point.name for point in points}) == len(points)
    assert sum(point.place for point in points) >= 60
    assert {point.accelerator.network for point in points} <= {*sweep_networks()}
    families = {target(point.target).family for point in points if point.place}
    assert families == {"ecp5", "ice40", "gowin"}
    for point in points:
        assert not point.place or target(point.target).place_and_route is not None


@pytest.mark.parametrize(
    ("key", "operations"),
    [
        ("tiny_gate", {"Convolution", "Lookup", "Linear"}),
        ("tiny_tflite", {"AlignedAdd", "NewtonSoftmax", "Convolution"}),
    ],
)
def test_networks_of_operations_that_only_imported_ones_have(
    key: str, operations: set[str]
) -> None:
    graph = graph_of(key)
    verify(graph)
    assert {type(operation).__name__ for operation in graph.operations} >= operations


def test_choice() -> None:
    name = sweep_points()[5].name
    assert [point.name for point in chosen_points([name], [], [])] == [name]
    found = chosen_points([], ["ice40-up5k"], ["rn", "tiny_gate"])
    assert {(p.target, p.accelerator.network) for p in found} == {
        ("ice40-up5k", "rn"),
        ("ice40-up5k", "tiny_gate"),
    }
    assert chosen_points([], [], []) == sweep_points()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ((["rn-1x1x4-r1-b1@ecp5-25g"], [], []), "the sweep has no point 'rn-1x1x4-r1-b1@ecp5-25g'"),
        ((["?"], [], []), "isomac sweep --list shows them"),
        (([], ["ecp5-85"], []), "the sweep has no target 'ecp5-85': did you mean ecp5-85f"),
        (([], [], ["?"]), "the sweep has no network '?': there are tiny_dense, "),
    ],
)
def test_what_there_is_not(given: tuple[list[str], list[str], list[str]], sentence: str) -> None:
    with pytest.raises(IsomacError) as error:
        chosen_points(*given)
    assert sentence in str(error.value)


def test_a_list_needs_no_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", "--list", "--target", "ecp5-25f"]) == 0
    listed = capsys.readouterr().out.split()
    assert listed == [point.name for point in sweep_points() if point.target == "ecp5-25f"]


def test_a_run_needs_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep"]) == 2
    assert "needs the TABLE that it adds rows to" in capsys.readouterr().err
