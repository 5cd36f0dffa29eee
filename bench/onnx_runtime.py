"""How far ONNX Runtime and the golden model agree on networks that were imported from ONNX.

    python bench/onnx_runtime.py [FILE ...] [-n 512]

The files are models of 28 x 28 images with values from 0 to 1; without any, those that the tests
use. The inputs are the Fashion-MNIST images of the demo. "By operation" lets each operation read
what ONNX Runtime computed; "end to end" lets differences add up along the network; "same class" is
the share of images for which the largest output is the same.
"""

import argparse
from pathlib import Path

import numpy as np
from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table

from isomac.errors import IsomacError
from isomac.golden import evaluate, quantize_input
from isomac.importers import Imported, import_model
from isomac.referees.ort import Bytes, judge, kernel_set, run

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "tests" / "sw" / "importers" / "fixtures" / "onnx"
IMAGES = ROOT / "examples" / "fashion_cnn" / "images.npz"
WIDTH = 140


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path, help="default: the files of the tests")
    parser.add_argument("-n", "--images", type=int, default=512, help="how many, at most 512")
    options = parser.parse_args()
    files = options.files or sorted(FIXTURES.glob("*.onnx"))
    with np.load(IMAGES) as file:
        images = (file["images"][: options.images, None] / 255).astype(np.float32)
    table = Table(box=MARKDOWN, title=f"{len(images)} images, {kernel_set(optimize=False)}")
    table.add_column("network")
    for heading in (
        "values",
        "by operation: differ",
        "by at most",
        "end to end: differ",
        "by at most",
        "same class",
    ):
        table.add_column(heading, justify="right")
    console = Console(width=WIDTH)
    for path in files:
        imported = import_model(path)
        inputs = quantize_input(imported.graph, images).numpy()
        try:
            table.add_row(path.name, *figures(imported, inputs))
        except IsomacError as error:
            console.print(f"{path.name}: {error}", markup=False, highlight=False, soft_wrap=True)
    console.print(table)


def figures(imported: Imported, inputs: Bytes) -> list[str]:
    """The figures of one network."""
    by_operation = judge(imported, inputs, by_layer=True)
    end_to_end = judge(imported, inputs)
    (output,) = imported.graph.outputs
    expected = run(imported, inputs, [output])[output]
    actual = evaluate(imported.graph, inputs, keep=[output])[output].numpy()
    same = (expected.argmax(axis=1) == actual.argmax(axis=1)).mean()
    return [
        f"{by_operation.values:,}",
        f"{by_operation.share:.4%}",
        str(by_operation.largest),
        f"{end_to_end.share:.4%}",
        str(end_to_end.largest),
        f"{same:.1%}",
    ]


if __name__ == "__main__":
    main()
