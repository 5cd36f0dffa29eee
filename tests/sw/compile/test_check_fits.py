"""Whether a network fits hardware that exists: with exactly enough it does, with less it is told
what is short.
"""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from isomac.compile.compiler import compile_for, compile_graph
from isomac.compile.shape import ArrayShape
from isomac.errors import IsomacError
from isomac.graph.graph import Graph
from isomac_hw.job import FIELD_NAMES, JobLayout
from isomac_hw.parameters import AcceleratorParameters
from tests.sw.compile.networks import WITH_SOFTMAX, random_network
from tests.sw.small_graphs import convolution, graph, tensor
from tests.sw.small_operations import adaptive, add, max_pool, softmax

SHAPE = ArrayShape(tile_rows=2, tile_columns=2, channel_lanes=2, requant_lanes=1, banks=2)

#: The mean of all 16 pixels, which the lanes share.
MEAN = replace(
    adaptive(),
    name="mean",
    output="a",
    rows=((0, 4),),
    columns=((0, 4),),
    multiplier=np.full((1, 1), 2**30),
    shift=np.full((1, 1), 34),
)
#: A layer for each feature.
ALL_FEATURES = graph(
    convolution(),
    replace(max_pool(), output="p"),
    MEAN,
    replace(add(), inputs=("y", "x"), output="s"),
    replace(softmax(), inputs=("s",), output="z"),
    outputs=("p", "a", "z"),
    tensors=(tensor("p", (2, 2, 2)), tensor("a", (2, 1, 1))),
)


def exactly_enough(network: Graph = ALL_FEATURES) -> AcceleratorParameters:
    """Return programmable hardware with no more than the network needs, but for the job fields."""
    wide = JobLayout.derive([], fixed=False, at_least=dict.fromkeys(FIELD_NAMES, 40))
    fixed = compile_graph(network, SHAPE).parameters
    return replace(fixed, mode="programmable", job_layout=wide)


def refusal(hardware: AcceleratorParameters, network: Graph = ALL_FEATURES) -> str:
    """Return the sentence with which a network is refused."""
    with pytest.raises(IsomacError) as caught:
        compile_for(network, hardware)
    return str(caught.value)


def test_exactly_enough_is_enough() -> None:
    program = compile_for(ALL_FEATURES, exactly_enough())
    assert program.jobs == compile_graph(ALL_FEATURES, SHAPE).jobs


@pytest.mark.parametrize("seed", range(20))
def test_random_networks_fit_what_was_derived_from_them(seed: int) -> None:
    network, shape, _ = random_network(seed, WITH_SOFTMAX)
    program = compile_graph(network, shape, mode="programmable")
    assert compile_for(network, program.parameters) == program


@pytest.mark.parametrize(
    ("field", "what"),
    [
        ("activation_depth", "activation memory words"),
        ("weight_depth", "weight memory words"),
        ("requant_depth", "requantization rows"),
        ("program_depth", "program rows"),
        ("accumulator_bits", "accumulator bits"),
        ("bias_bits", "bias bits"),
        ("sum_bits", "sum bits"),
        ("multiplier_bits", "multiplier bits"),
    ],
)
def test_less_is_named(field: str, what: str) -> None:
    # A network without an add leaves the accumulator free to be narrower than two operands.
    network = graph(convolution())
    enough = exactly_enough(network)
    less = getattr(enough, field) - (SHAPE.banks if field == "activation_depth" else 1)
    sentence = refusal(replace(enough, **{field: less}), network)
    need = getattr(enough, field)
    assert re.fullmatch(
        "the network does not fit the hardware, which is short of "
        rf"{what} \(has {less}, needs {need}\)",
        sentence,
    )


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"shift_min": 37, "shift_bits": 3}, r"smallest shift \(has 37, needs 36\)"),
        ({"shift_min": 33, "shift_bits": 2}, r"largest shift \(has 36, needs 37\)"),
    ],
)
def test_shifts_out_of_range_are_named(changes: dict[str, Any], what: str) -> None:
    network = graph(convolution())
    sentence = refusal(replace(exactly_enough(network), **changes), network)
    assert re.search(f"short of {what}$", sentence)


@pytest.mark.parametrize("feature", ["dense", "depthwise", "max", "add", "softmax"])
def test_missing_features_are_named(feature: str) -> None:
    enough = exactly_enough()
    features = tuple(name for name in enough.features if name != feature)
    unit = None if feature == "softmax" else enough.softmax
    sentence = refusal(replace(enough, features=features, softmax=unit))
    assert sentence.endswith(f"short of the feature {feature}")


def test_without_lanes_that_share_sums_one_lane_does_it() -> None:
    enough = exactly_enough()
    assert enough.has("lane_sum")
    features = tuple(name for name in enough.features if name != "lane_sum")
    alone = replace(enough, features=features, weight_depth=enough.weight_depth + 16)
    program = compile_for(ALL_FEATURES, alone)
    assert not any(job.lane_sum for job in program.jobs)
    assert program.predicted_cycles > compile_graph(ALL_FEATURES, SHAPE).predicted_cycles


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"sum_bits": 17}, "softmax sum_bits (has 17, needs 18)"),
        ({"table_bits": 16, "table_peak": 2**15}, "softmax table_bits (has 16, needs 17)"),
        ({"pixels_bits": 3}, "softmax pixels_bits (has 3, needs 4)"),
        ({"reciprocal_bits": 33}, "softmax reciprocal_bits (has 33, needs 32)"),
        ({"shift": 23}, "softmax shift (has 23, needs 24)"),
        ({"table_peak": 2**16 + 1}, "softmax table_peak"),
    ],
)
def test_a_softmax_unit_that_is_too_small_is_named(changes: dict[str, Any], what: str) -> None:
    enough = exactly_enough()
    assert enough.softmax is not None
    assert what in refusal(replace(enough, softmax=replace(enough.softmax, **changes)))


def test_a_softmax_over_too_many_channels_is_named() -> None:
    weight = np.ones((3, 2, 1, 1), np.int8)
    layer = convolution(
        weight=weight,
        bias=np.zeros(3, np.int32),
        multiplier=np.full(3, 2**30),
        shift=np.full(3, 36),
        padding=(0, 0, 0, 0),
    )
    shapes = (tensor("y", (3, 4, 4)), tensor("z", (3, 4, 4)))
    network = graph(layer, softmax(), tensors=shapes)
    enough = exactly_enough(network)
    assert enough.softmax is not None
    narrow = replace(enough, softmax=replace(enough.softmax, channels_bits=1))
    assert "softmax channels_bits (has 1, needs 2)" in refusal(narrow, network)


def test_everything_that_is_short_is_in_one_sentence() -> None:
    less = replace(
        exactly_enough(),
        features=("dense", "max", "lane_sum"),
        softmax=None,
        bias_bits=2,
        program_depth=1,
        shift_min=38,
    )
    sentence = refusal(less)
    assert sentence.count("; ") == 5
    for what in ("program rows", "bias bits", "smallest shift", "feature depthwise", "feature add"):
        assert what in sentence
    assert "\n" not in sentence
