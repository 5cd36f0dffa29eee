"""What is said would happen does happen."""

from dataclasses import replace

import pytest
import torch

from isomac.compile.compiler import compile_graph
from isomac.compile.shape import ArrayShape
from isomac.frontend import quantize
from isomac.graph.graph import Graph
from isomac.graph.verify import verify
from isomac.sizing.advice import hardware_changes, lane_steps, layer_cycles, network_changes
from isomac.sizing.facts import Facts
from isomac.sizing.sizer import Sizer
from isomac.sizing.widen import tied, with_channels
from isomac.targets import target
from tests.sw.sizing.networks import residual

SHAPE = ArrayShape(tile_rows=1, tile_columns=2, channel_lanes=4, requant_lanes=2, banks=2)


def cycles(graph: Graph, shape: ArrayShape = SHAPE) -> int:
    return compile_graph(graph, shape).predicted_cycles


def sizer_of(graph: Graph) -> Sizer:
    return Sizer(Facts(graph), target("ecp5-25f"))


def test_channels_that_go_together() -> None:
    graph = residual()
    around = frozenset({"stem", "depthwise", "pointwise", "add", "pool", "flatten"})
    assert tied(graph, "pointwise") == around
    assert tied(graph, "stem") == around
    assert tied(graph, "classifier") is None
    assert tied(graph, "x") is None


@pytest.mark.parametrize("channels", [1, 5, 6, 8, 13])
def test_another_width_is_the_network_of_that_width(channels: int) -> None:
    tensors = tied(residual(), "stem")
    assert tensors is not None
    changed = with_channels(residual(), tensors, channels)
    verify(changed)
    expected = residual(channels=channels)
    assert [t.shape for t in changed.tensors] == [t.shape for t in expected.tensors]
    assert cycles(changed) == cycles(expected)


def test_six_channels_on_four_lanes() -> None:
    graph = residual()
    point = sizer_of(graph).point(SHAPE)
    changes = {change.kind: change for change in network_changes(graph, point)}
    narrower = changes["narrower"]
    assert (narrower.before, narrower.after) == ("6", "4")
    assert {narrower.what, *narrower.also} == {"stem", "depthwise", "pointwise"}
    assert narrower.cycles_before == cycles(graph)
    assert narrower.cycles_after == cycles(residual(channels=4))
    assert "2 fewer save " in narrower.sentence
    assert "1 fewer saves " in replace(narrower, after="5").sentence


def test_free_channels_are_free() -> None:
    """A layer that keeps ten of sixteen lanes busy has six more for nothing."""
    shape = ArrayShape(tile_rows=1, tile_columns=1, channel_lanes=16, requant_lanes=16, banks=1)
    images = torch.rand(4, 1, 8, 8, generator=torch.Generator().manual_seed(1))

    def quantized(channels: int) -> Graph:
        module = torch.nn.Sequential(
            torch.nn.Conv2d(1, channels, 3), torch.nn.ReLU(), torch.nn.Conv2d(channels, 16, 1)
        )
        return quantize(module, images)

    graph, wider = quantized(10), quantized(16)
    (change,) = network_changes(graph, sizer_of(graph).point(shape))
    assert (change.kind, change.before, change.after) == ("wider", "10", "16")
    assert change.what == graph.operations[0].name
    assert change.own_before == layer_cycles(wider, shape)[change.what]
    assert change.own_after == change.own_before
    assert change.cycles_after == cycles(wider, shape)
    assert change.cycles_after > change.cycles_before
    assert "6 more cost 0 cycles there" in change.sentence


def test_hardware_changes_are_predictions_of_the_cycle_model() -> None:
    graph = residual()
    sizer = sizer_of(graph)
    changes = hardware_changes(sizer, sizer.point(SHAPE))
    assert {change.what for change in changes} == {
        *("banks", "requantization lanes", "pixel lanes", "channel lanes"),
    }
    for change in changes:
        assert change.cycles_before == cycles(graph)
        if change.what == "requantization lanes":
            more = ArrayShape(
                tile_rows=1,
                tile_columns=2,
                channel_lanes=4,
                requant_lanes=int(change.after),
                banks=2,
            )
            assert change.cycles_after == cycles(graph, more)
        assert change.helps == (change.ms_after <= change.ms_before * 0.995)


def test_channel_lanes_that_are_tried() -> None:
    """One more, the first with which a layer has a tile less, twice as many."""
    assert lane_steps(8, [64, 12]) == [9, 10, 16]
    assert lane_steps(4, [3, 4]) == [5, 8]
    for lanes in range(1, 12):
        for channels in range(lanes + 1, 40):
            tiles = -(-channels // lanes)
            first = next(m for m in range(lanes, 99) if -(-channels // m) < tiles)
            assert first in lane_steps(lanes, [channels])


def test_a_step_of_channel_lanes_that_pays_is_found() -> None:
    """One more lane does nothing for sixteen channels on eight lanes, eight more do."""
    graph = residual(channels=16)
    sizer = sizer_of(graph)
    shape = ArrayShape(tile_rows=1, tile_columns=1, channel_lanes=8, requant_lanes=8, banks=1)
    lanes = {
        int(change.after): change
        for change in hardware_changes(sizer, sizer.point(shape))
        if change.what == "channel lanes"
    }
    assert sorted(lanes) == [9, 16]
    assert not lanes[9].helps
    assert lanes[16].helps
    assert lanes[16].cycles_after == cycles(graph, replace(shape, channel_lanes=16))
    assert lanes[16].sentence.startswith("16 channel lanes instead of 8 would save")


def test_more_hardware_that_does_not_fit_says_so() -> None:
    sizer = Sizer(Facts(residual()), target("ice40-up5k"))
    shape = ArrayShape(tile_rows=1, tile_columns=1, channel_lanes=4, requant_lanes=1, banks=1)
    shorts = [change.short for change in hardware_changes(sizer, sizer.point(shape))]
    assert any("hard multipliers" in text for short in shorts for text in short)
