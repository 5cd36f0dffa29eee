"""What quantize promises as a whole: the same result each time, accuracy, options."""

import subprocess
import sys

import pytest
import torch

from isomac.frontend import agreement, quantize, quantize_with_reference
from isomac.golden import dequantize_output, evaluate, quantize_input
from tests.sw.frontend.networks import DenseNet, LeNet, ResNet8
from tests.sw.frontend.support import assert_agrees, images, quantized, seeded


def test_the_same_graph_each_time() -> None:
    first = quantized(ResNet8(), 3, 32, 32).graph
    second = quantized(ResNet8(), 3, 32, 32).graph
    assert first.sha256 == second.sha256
    assert first.sha256 != quantized(ResNet8(), 3, 32, 32, seed=1).graph.sha256


def test_an_example_beside_the_calibration_changes_nothing() -> None:
    model, x = seeded(LeNet()), images(8, 1, 28, 28)
    assert quantize(model, x) == quantize(model, x.numpy(), example=torch.zeros(1, 1, 28, 28))


def test_the_graph_computes_what_the_model_computes() -> None:
    """Eight bits cost a few percent of the range of the results, not more."""
    model = seeded(ResNet8()).eval()
    graph = quantize(model, images(64, 3, 32, 32))
    x = images(64, 3, 32, 32, seed=5)
    with torch.no_grad():
        expected = model(x)
    values = evaluate(graph, quantize_input(graph, x))
    actual = dequantize_output(graph, values[graph.outputs[0]])
    error = (actual - expected).abs().mean() / expected.std()
    assert error < 0.1


@pytest.mark.parametrize(("bits", "share"), [(18, 3e-4), (12, 1e-2)])
def test_narrow_multipliers(bits: int, share: float) -> None:
    result = quantized(ResNet8(), 3, 32, 32, multiplier_bits=bits)
    assert_agrees(result, tolerance=share)
    widest = [operation.multiplier.max() for operation in result.graph.operations[:3]]  # type: ignore[attr-defined]
    assert all(1 << (bits - 1) <= multiplier < 1 << bits for multiplier in widest)


def test_several_outputs_keep_their_order() -> None:
    result = quantized(DenseNet(), 3, 16, 16)
    assert result.graph.outputs == ("head", "mean")
    x = images(16, 3, 16, 16)
    with torch.no_grad():
        maps, means = result.reference_module(x)
    figure = agreement(result.graph, result.reference_module, x)
    assert figure.bytes_total == maps.numel() + means.numel()
    assert figure.bytes_differ <= 2


def test_agreement_counts_differences() -> None:
    model, x = seeded(LeNet()), images(16, 1, 28, 28)
    first = quantize_with_reference(model, x)
    other = quantize_with_reference(seeded(LeNet(), seed=9), x)
    figure = agreement(first.graph, other.reference_module, x)
    assert figure.bytes_total == 160
    assert figure.bytes_differ > 80
    assert figure.share == figure.bytes_differ / 160
    assert figure.top1 < 0.9
    assert figure.largest_difference > 10


def test_importing_the_front_end_is_quiet_and_brings_no_hardware() -> None:
    code = (
        "import sys, isomac.frontend\n"
        "found = {'amaranth', 'cocotb', 'isomac_hw', 'isomac_cosim'} & set(sys.modules)\n"
        "sys.exit(', '.join(sorted(found)) or 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
