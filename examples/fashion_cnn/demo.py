"""The whole way of the example: quantize, derive, build, prove, and count right answers.

.venv/bin/python examples/fashion_cnn/demo.py build/fashion_cnn
"""

import argparse
import json
import sys
from pathlib import Path

import model
import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from isomac import Constraints, build, cosimulate, evaluate, quantize_input
from isomac.cli.summary import print_agreement, print_summary
from isomac.frontend import agreement, quantize_with_reference
from isomac_cosim.render import render

#: Budget of the array.
MULTIPLIERS = 64


def main() -> int:
    """Run the demo; 0 if the hardware computed every byte as the golden model does, else 1."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", type=Path, help="folder of the bundle")
    parser.add_argument(
        "--images", type=int, default=512, help="images to co-simulate, of the 512 committed ones"
    )
    arguments = parser.parse_args()
    console = Console()
    network = model.fashion_cnn()
    images, labels = model.evaluation(), model.labels()

    quantized = quantize_with_reference(network, model.calibration())
    graph = quantized.graph
    bundle = build(graph, arguments.bundle, images, Constraints(multipliers=MULTIPLIERS))
    print_summary(bundle, console)
    print_agreement(agreement(graph, quantized.reference_module, images), len(images), console)

    report = cosimulate(arguments.bundle, arguments.images)
    render(report, console)

    with torch.no_grad():
        real = network(images)
    golden = evaluate(graph, quantize_input(graph, images))[graph.outputs[0]]
    hardware = read_outputs(arguments.bundle)
    table = Table(title="Right answers on the committed test images")
    for heading in ("computed by", "images", "right", "accuracy"):
        table.add_column(heading, justify="left" if heading == "computed by" else "right")
    for name, logits in (
        ("PyTorch, float32", real),
        ("golden model, int8", golden),
        ("accelerator, RTL", hardware),
    ):
        right = int((logits.argmax(1) == labels[: len(logits)]).sum())
        table.add_row(name, str(len(logits)), str(right), f"{right / len(logits):.2%}")
    console.print(table)
    console.print(
        f"Verilog: {arguments.bundle / 'accelerator.v'}\n"
        f"Report: {arguments.bundle / 'reports' / 'cosim.json'}",
        soft_wrap=True,
    )
    return 0 if report.bit_exact and report.cycles_exact else 1


def read_outputs(bundle: Path) -> torch.Tensor:
    """The int8 logits (N, 10) that came out of the accelerator."""
    words = np.load(bundle / "reports" / "outputs.npy", allow_pickle=False)
    manifest = json.loads((bundle / "manifest.json").read_text())
    # One pixel: the words are the planes, and a channel's slot is its place in them.
    slots = manifest["output"]["tensors"][0]["channels"]
    return torch.from_numpy(words.reshape(len(words), -1)[:, slots])


if __name__ == "__main__":
    sys.exit(main())
