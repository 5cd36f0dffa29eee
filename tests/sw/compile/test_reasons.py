"""Why each parameter is what it is, in one line each."""

from dataclasses import replace

import pytest

from isomac.compile.compiler import compile_graph
from isomac.compile.program import Program
from isomac.compile.reasons import reasons, shape_reason
from isomac.compile.search import Choice, Constraints, choose_shape
from isomac.compile.shape import ArrayShape
from tests.sw.compile.networks import WITH_SOFTMAX, random_network
from tests.sw.small_graphs import convolution, graph

NETWORK = graph(convolution())
SHAPE = ArrayShape(tile_rows=1, tile_columns=3, channel_lanes=2, requant_lanes=1, banks=4)


def program() -> Program:
    """Return a convolution of 3 x 3 on an array of three pixels."""
    return compile_graph(NETWORK, SHAPE)


def choice() -> Choice:
    """Return a choice whose numbers are easily found again."""
    other = replace(SHAPE, tile_rows=4, tile_columns=5, channel_lanes=6)
    return Choice(
        shape=SHAPE, cycles=2000, bound=1500, runner_up=other, runner_up_cycles=3456, candidates=77
    )


def test_every_parameter_has_a_value_and_a_line() -> None:
    for seed in range(20):
        network, shape, _ = random_network(seed, WITH_SOFTMAX)
        for mode in ("fixed", "programmable"):
            found = reasons(compile_graph(network, shape, mode=mode), None)
            options = {"lookup tables", "softmax", "overlap"}
            always = [name for name in found if name not in options]
            assert always == list(reasons(program(), choice()))
            for value, reason in found.values():
                assert value
                assert reason
                assert "\n" not in value + reason


def test_values_are_those_of_the_parameters() -> None:
    found = reasons(program(), None)
    p = program().parameters
    values = {name: value for name, (value, _) in found.items()}
    assert values == {
        "pixel lanes P": "1 x 3 = 3",
        "channel lanes M": "2",
        "requantization lanes R": "1",
        "banks B": "4",
        "window": "1 x 5 words",
        "activation memory": "32 words of 2 bytes",
        "weight memory": "18 words of 2 bytes",
        "requantization memory": f"2 rows of {p.requant_row_bits} bits",
        "program memory": f"3 jobs of {p.job_layout.width} bits",
        "addresses": f"{p.address_bits}, {p.weight_address_bits}, {p.requant_address_bits} bits",
        "input stream": "2 bytes a word",
        "accumulator": f"{p.accumulator_bits} bits",
        "bias, sum": f"{p.bias_bits}, {p.sum_bits} bits",
        "multiplier": "31 bits",
        "shift": "1 bits",
        "features": "dense",
    }
    assert found["channel lanes M"][1] == "with P: 6 multipliers"
    assert "a tile drains in 2 cycles a pixel" in found["requantization lanes R"][1]
    assert "horizontal strides 1" in found["window"][1]
    assert "2 buffers, the highest is 'y'" in found["activation memory"][1]
    assert found["shift"][1] == "shifts of 36 to 37"
    constants = sum(field.constant is not None for field in p.job_layout.fields)
    assert found["program memory"][1].startswith(f"{constants} of {len(p.job_layout.fields)} ")


def test_options_have_a_line_where_they_are() -> None:
    tables = replace(program().parameters, features=("dense", "lookup"), lookup_tables=3)
    found = reasons(replace(program(), parameters=tables), None)
    assert found["lookup tables"][0] == "3 of 256 bytes"
    overlapping = replace(program().parameters, overlap_input=True)
    assert "overlap" in reasons(replace(program(), parameters=overlapping), None)


def test_large_numbers_can_be_read() -> None:
    many = replace(program().parameters, activation_depth=12_000, weight_depth=1_234_567)
    found = reasons(replace(program(), parameters=many), None)
    assert found["activation memory"][0] == "12,000 words of 2 bytes"
    assert found["weight memory"][0] == "1,234,567 words of 2 bytes"


def test_a_shape_that_was_given_needs_no_reason() -> None:
    assert shape_reason(None) == "given"
    assert reasons(program(), None)["pixel lanes P"][1] == "given"


def test_a_shape_that_was_found_says_against_what() -> None:
    assert shape_reason(choice()) == (
        "best of 77 shapes within the budget: 2,000 cycles, 75.0% of the bound of partial tiles; "
        "4x5x6 would take 3,456"
    )
    alone = replace(choice(), runner_up=None, runner_up_cycles=None)
    assert shape_reason(alone).endswith("75.0% of the bound of partial tiles")


@pytest.mark.parametrize("multipliers", [1, 4])
def test_a_real_choice(multipliers: int) -> None:
    found = choose_shape(NETWORK, Constraints(multipliers=multipliers))
    compiled = compile_graph(NETWORK, found.shape)
    line = reasons(compiled, found)["pixel lanes P"][1]
    assert f": {compiled.predicted_cycles:,} cycles, " in line
    assert ("would take" in line) == (multipliers > 1)
