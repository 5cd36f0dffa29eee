"""The networks are those of the suite's definition, and give a proof something to prove."""

from functools import cache

import pytest
import torch

from isomac.bench.limits import BUDGETS, INPUTS, LIMITS
from isomac.bench.registry import CALIBRATION, BenchNetwork, network, networks, register
from isomac.bench.run import quantized
from isomac.errors import IsomacError
from isomac.golden import evaluate, quantize_input
from isomac.graph.graph import Graph
from isomac.graph.operators.convolution import Convolution
from isomac.graph.operators.linear import Linear

#: Multiply-accumulates. Those of MLPerf Tiny by hand, layer by layer: outputs * taps.
MACS = {
    "resnet8": 442_368
    + 2 * 2_359_296
    + (1_179_648 + 2_359_296 + 131_072)
    + (1_179_648 + 2_359_296 + 131_072)
    + 640,
    "dscnn": 320_000 + 4 * (72_000 + 512_000) + 768,
    "mobilenet_v1_025": 7_489_664,
    "autoencoder": 2 * 640 * 128 + 6 * 128 * 128 + 2 * 128 * 8,
    "rn": 28 * 28 * 8 * 9 + 14 * 14 * 16 * 72 + 784 * 10,
    "wide_resnet": 10_930_400,
    "grouped_dilated": 1_808_640,
    "odd_kernels": 2_407_805,
}


def test_the_suite_is_complete() -> None:
    assert set(networks()) == set(MACS)
    assert set(LIMITS) < set(MACS)
    assert all(tuple(limits) == BUDGETS for limits in LIMITS.values())


@pytest.mark.parametrize("key", MACS)
def test_multiply_accumulates(key: str) -> None:
    assert quantized(key).macs == MACS[key]


def arithmetic_bound(graph: Graph, budget: int) -> int:
    """Tiles * channel tiles * reduction length, summed over the layers, of the best P and M.

    Each layer may have tiles of its own, any rectangle of up to P pixels.
    """
    layers = []
    for operation in graph.operations:
        if isinstance(operation, Convolution):
            channels, height, width = graph.tensor(operation.output).shape
            layers.append((height, width, channels, operation.weight[0].size))
        elif isinstance(operation, Linear):
            layers.append((1, 1, *operation.weight.shape))

    @cache
    def tiles(pixels: int, height: int, width: int) -> int:
        return min(
            -(-height // rows) * -(-width // (pixels // rows)) for rows in range(1, pixels + 1)
        )

    return min(
        sum(
            tiles(pixels, height, width) * -(-channels // (budget // pixels)) * reduction
            for height, width, channels, reduction in layers
        )
        for pixels in range(1, budget + 1)
    )


@pytest.mark.parametrize("key", LIMITS)
@pytest.mark.parametrize("budget", BUDGETS)
def test_the_topology_has_the_stated_bound(key: str, budget: int) -> None:
    assert arithmetic_bound(quantized(key), budget) == LIMITS[key][budget].bound


@pytest.mark.parametrize("key", MACS)
def test_activations_are_spread(key: str) -> None:
    graph = quantized(key)
    values = evaluate(graph, quantize_input(graph, network(key).test_inputs(2)))
    for name, tensor in values.items():
        found, counts = tensor.unique(return_counts=True)
        # A tensor of few values cannot have many distinct ones.
        assert len(found) >= min(48, tensor.numel() / 4), name
        # ReLU may take most of them, saturation none but stray ones.
        assert counts.max() <= 0.75 * tensor.numel(), name
        assert (tensor == 127).double().mean() <= 0.05, name


@pytest.mark.parametrize("key", MACS)
def test_inputs_are_the_same_each_time_and_differ_from_the_calibration(key: str) -> None:
    entry = network(key)
    calibration, tests = entry.calibration(), entry.test_inputs(INPUTS)
    assert len(calibration) == CALIBRATION
    assert torch.equal(calibration, entry.calibration())
    assert torch.equal(tests, entry.test_inputs(INPUTS))
    assert {sample.numpy().tobytes() for sample in calibration}.isdisjoint(
        sample.numpy().tobytes() for sample in tests
    )
    assert len({sample.numpy().tobytes() for sample in tests}) == INPUTS


def test_weights_are_the_same_each_time() -> None:
    first, second = (network("odd_kernels").build().state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_rn_has_learned() -> None:
    answers = [9, 2, 1, 1, 6, 1, 4, 6, 5, 7]  # labels of the first images of the test set
    with torch.no_grad():
        found = network("rn").build()(network("rn").test_inputs(10)).argmax(1)
    assert sum(a == b for a, b in zip(found.tolist(), answers, strict=True)) >= 9


def test_rn_has_so_many_images() -> None:
    with pytest.raises(IsomacError, match="'rn' has 64 test inputs, not 65"):
        network("rn").test_inputs(65)


def test_an_unknown_network_is_refused() -> None:
    with pytest.raises(IsomacError, match=r"the suite has the networks autoencoder, .*, not 'vgg'"):
        network("vgg")


def test_a_key_is_taken_once() -> None:
    known = network("rn")
    with pytest.raises(TypeError, match="there are two networks 'rn'"):
        register(BenchNetwork("rn", "another", known.topology, known.samples))
