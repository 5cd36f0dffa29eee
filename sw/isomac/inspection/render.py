"""A network as tables on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from isomac.inspection.view import LayerView, NetworkView, TensorView


def render(view: NetworkView, console: Console) -> None:
    """Print everything that a terminal has room for; `to_json` has the rest."""
    console.print(f"[bold]{escape(view.name)}[/], {escape(view.kind)}", highlight=False)
    for title, tensors in (("input", view.inputs), ("output", view.outputs)):
        for tensor in tensors:
            _line(console, f"{title} {_border(tensor)}")
    console.print(_layers(view))
    for remark in view.remarks:
        _line(console, f"Remark: {remark}")
    if view.hardware is not None:
        _hardware(view.hardware, console)


def render_problems(kind: str, problems: Sequence[str], console: Console) -> None:
    """Print why a network is not supported."""
    console.print(f"[bold]Not supported[/]: {len(problems)} reasons, in {escape(kind)}")
    for problem in problems:
        _line(console, f"  {problem}")


def _border(tensor: TensorView) -> str:
    outside = "" if tensor.outside is None else f"{tensor.outside} outside, "
    shape = _size(tensor.shape)
    return (
        f"{tensor.name}: {shape}, {outside}int8 of scale {tensor.scale:.6g}, zero point"
        f" {tensor.zero_point}"
    )


def _layers(view: NetworkView) -> Table:
    table = Table(box=SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("layer", overflow="fold", min_width=10)
    for heading in ("operation", "output"):
        table.add_column(heading, no_wrap=True)
    for heading in ("MACs", "weights", "scale", "zero"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("rescaled by", no_wrap=True)
    for layer in view.layers:
        table.add_row(
            escape(layer.name),
            escape(_operation(layer)),
            _size(layer.shape),
            f"{layer.macs:,}" if layer.macs else "",
            f"{layer.parameters:,}" if layer.parameters else "",
            f"{layer.scale:.4g}",
            f"{layer.zero_point}",
            _rescaling(layer),
        )
    table.add_section()
    table.add_row("total", f"{len(view.layers)}", "", f"{view.macs:,}", f"{view.parameters:,}")
    return table


def _operation(layer: LayerView) -> str:
    """Name and window, such as "depthwise 3x3 /2"."""
    kernel, stride = layer.window.get("kernel"), layer.window.get("stride")
    text = layer.operation.removesuffix(" convolution")
    if kernel is not None:
        text += f" {_size(kernel)}"
    if stride is not None and tuple(stride) != (1, 1):
        text += f" /{stride[0]}" if stride[0] == stride[1] else f" /{_size(stride)}"
    return text


def _rescaling(layer: LayerView) -> str:
    if layer.rounding is None:
        return ""
    return f"{layer.rescaled_per}, {layer.rounding}"


def _size(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape))


def _hardware(hardware: Mapping[str, Any], console: Console) -> None:
    table = Table(title="Cycles", box=SIMPLE)
    table.add_column("layer", overflow="fold")
    table.add_column("operation")
    for heading in ("predicted cycles", "utilization"):
        table.add_column(heading, justify="right")
    for layer in hardware["layers"]:
        work = layer["predicted_cycles"] * hardware["multipliers"]
        share = layer["macs"] / work if work else 0.0
        table.add_row(
            escape(layer["name"]),
            escape(layer["operation"]),
            f"{layer['predicted_cycles']:,}",
            f"{share:.1%}" if layer["macs"] else "",
        )
    table.add_section()
    cycles, utilization = hardware["predicted_cycles"], hardware["utilization"]
    table.add_row("total", "", f"{cycles:,}", f"{utilization:.1%}")
    console.print(table)
    names = max((len(name) for name in hardware["reasons"]), default=0)
    for name, (value, *_) in hardware["reasons"].items():
        _line(console, f"{name:<{names}}  {value}")
    model = f", from {hardware['model']}" if hardware["model"] else ""
    _line(
        console,
        f"A {hardware['mode']} accelerator of {hardware['multipliers']:,} multipliers{model}, with"
        f" {hardware['test_inputs']} test inputs.",
    )


def _line(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
