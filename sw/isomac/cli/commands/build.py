"""`isomac build`: from a network to a bundle."""

from pathlib import Path

import click

from isomac.cli.group import isomac
from isomac.cli.pixels import Pixels

COUNT = click.IntRange(min=1)


@isomac.command()
@click.argument("model")
@click.option("--data", metavar="DATA", help="Real inputs that calibrate the quantization.")
@click.option("--multipliers", type=COUNT, help="Budget of the array.  [default: 64]")
@click.option("--pixels", type=Pixels(), metavar="ROWSxCOLUMNS", help="Fix the pixel lanes.")
@click.option("--channels", type=COUNT, help="Fix the channel lanes.")
@click.option("--requant-lanes", type=COUNT, help="Fix the requantization lanes.")
@click.option("--banks", type=click.IntRange(1, 64), help="Fix the banks: a power of two.")
@click.option(
    "--mode",
    type=click.Choice(["fixed", "programmable"]),
    help="fixed: program and weights in ROM.  programmable: loaded through a port."
    "  [default: fixed]",
)
@click.option(
    "--interface",
    type=click.Choice(["stream", "axi", "wishbone"]),
    help="stream: plain ports.  axi: AXI4-Lite registers, AXI4-Stream data.  wishbone: both on one"
    " Wishbone B4 bus.  The last two come with a C driver.  [default: stream]",
)
@click.option(
    "--overlap-input",
    is_flag=True,
    help="Let the next input arrive while the array works: throughput for memory.",
)
@click.option(
    "--hardware",
    metavar="BUNDLE",
    type=click.Path(path_type=Path),
    help="Use the programmable accelerator of this bundle, and derive none.",
)
@click.option(
    "--multiplier-bits",
    type=click.IntRange(2, 31),
    help="Width of the multipliers in the requantization.  [default: 31]",
)
@click.option(
    "--kernels",
    metavar="NAME",
    help="Whose results a .tflite file gives: litert, LiteRT's reference kernels, or tflm, TFLite"
    " Micro's.  [default: litert]",
)
@click.option(
    "--test-data", metavar="DATA", help="Inputs of the test vectors.  [default: those of --data]"
)
@click.option(
    "--vectors",
    type=click.IntRange(1, 65536),
    help="Number of test vectors.  [default: 64, or as many as there are]",
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, help="Folder of the bundle."
)
def build(
    model: str,
    data: str | None,
    multipliers: int | None,
    pixels: tuple[int, int] | None,
    channels: int | None,
    requant_lanes: int | None,
    banks: int | None,
    mode: str | None,
    interface: str | None,
    overlap_input: bool,
    hardware: Path | None,
    multiplier_bits: int | None,
    kernels: str | None,
    test_data: str | None,
    vectors: int | None,
    output: Path,
) -> None:
    """Quantize MODEL, derive an accelerator for it, and write Verilog, images and test vectors.

    MODEL is file.py:callable, where the callable returns a torch.nn.Module; a .pt2 file of
    torch.export; a model that is quantized already, .onnx or .tflite; or an integer graph,
    .isomac, such as every bundle holds. DATA is file.py:callable, a .npy or a .npz file: float32
    of shape (N, ...), for --test-data also int8. The test vectors of a network that came quantized
    are random without --test-data.

    Of all shapes within the budget of multipliers, the one with the fewest cycles is taken, or one
    that is hardly slower and takes much less hardware, but for what is fixed of it.
    """
    import numpy as np
    from rich.console import Console

    from isomac.bundle.build import build as build_bundle
    from isomac.cli.constraints import read_constraints
    from isomac.cli.hardware import read_hardware, read_interface
    from isomac.cli.network import read_network
    from isomac.cli.summary import print_agreement, print_summary
    from isomac.cli.vectors import read_test_inputs
    from isomac.frontend import agreement

    derived = (multipliers, pixels, channels, requant_lanes, banks, mode, overlap_input or None)
    if hardware is not None and (*derived, interface) != (None,) * (len(derived) + 1):
        raise click.UsageError(
            "--hardware leaves nothing to derive: give no shape, no --mode and no --interface."
        )
    constraints = read_constraints(multipliers, pixels, channels, requant_lanes, banks)
    existing = None if hardware is None else read_hardware(hardware)
    if hardware is not None:
        interface = read_interface(hardware)
    network = read_network(model, data, multiplier_bits, kernels)
    inputs = read_test_inputs(network, test_data, vectors)
    bundle = build_bundle(
        network.graph,
        output,
        inputs,
        constraints,
        mode=mode or "fixed",
        overlap_input=overlap_input,
        hardware=existing,
        interface=interface or "stream",
        imported=network.imported,
    )
    console = Console()
    print_summary(bundle, console)
    if network.reference is not None and isinstance(inputs, np.ndarray):
        result = agreement(network.graph, network.reference, inputs)
        print_agreement(result, len(inputs), console)
    console.print(f"The bundle is in {output}.", markup=False, highlight=False, soft_wrap=True)
