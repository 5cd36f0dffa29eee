"""`isomac inspect`: what a model or a bundle contains."""

from pathlib import Path

import click

from isomac.cli.group import isomac

#: Columns of the tables where they are not printed on a terminal, which has its own.
WIDTH = 120


@isomac.command(name="inspect")
@click.argument("model", metavar="FILE")
@click.option("--data", metavar="DATA", help="Real inputs that calibrate a network of PyTorch.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def inspect_command(model: str, data: str | None, as_json: bool) -> int:
    """Show the layers of FILE: shapes, multiply-accumulates, parameters and quantization.

    FILE is a quantized model, .tflite or .onnx; an integer graph, .isomac; the folder of a bundle,
    whose hardware is shown too; or, with --data, a network of PyTorch as `isomac build` takes it.

    A model that is intact but not supported is shown with all reasons, and the exit status is 2.
    """
    import json

    from rich.console import Console

    from isomac.cli.network import read_network
    from isomac.errors import UnsupportedError
    from isomac.inspection.hardware import read_hardware_view, refusals
    from isomac.inspection.render import render, render_problems
    from isomac.inspection.view import view

    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    try:
        if Path(model).is_dir():
            graph, hardware = read_hardware_view(Path(model))
            shown = view(graph, "a bundle", hardware=hardware)
        else:
            network = read_network(model, data, None)
            origin = network.imported
            refused = refusals(network.graph)
            if origin is not None:
                shown = view(
                    network.graph,
                    origin.format,
                    outside=origin.outside,
                    remarks=(*origin.remarks, *refused),
                )
            else:
                kind = "an integer graph" if network.reference is None else "quantized here"
                shown = view(network.graph, kind, remarks=refused)
    except UnsupportedError as error:
        if as_json:
            click.echo(json.dumps({"unsupported": list(error.problems)}, indent=1))
        else:
            render_problems(model, error.problems, console)
        return 2
    if as_json:
        click.echo(json.dumps(shown.to_json(), indent=1))
    else:
        render(shown, console)
    return 0
