"""What is printed about a bundle that was built."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from isomac.bundle.build import Bundle
from isomac.frontend import Agreement


def print_summary(bundle: Bundle, console: Console) -> None:
    """Print the parameters with their reasons, and the layers with the cycles to expect."""
    _print_parameters(bundle, console)
    console.print(_layers(bundle))
    program = bundle.program
    multipliers = program.parameters.multipliers
    utilization = program.graph.macs / (program.predicted_cycles * multipliers)
    console.print(
        f"{program.graph.macs:,} multiply-accumulates in {program.predicted_cycles:,} cycles: "
        f"{utilization:.1%} of {multipliers} multipliers.",
        soft_wrap=True,
    )


def print_agreement(agreement: Agreement, samples: int, console: Console) -> None:
    """Print how far the integer graph and the fake-quantized network agree."""
    differences = f"{agreement.bytes_differ:,} of {agreement.bytes_total:,} outputs differ"
    if agreement.bytes_differ:
        differences += f", by at most {agreement.largest_difference}"
    console.print(
        f"Integer graph and fake-quantized network on {samples} test inputs: the largest output is"
        f" the same in {agreement.top1:.1%}; {differences}.",
        soft_wrap=True,
    )


def _print_parameters(bundle: Bundle, console: Console) -> None:
    """Print one line a parameter: what it is, what it was derived to be, and why."""
    console.print(f"[bold]{escape(bundle.program.graph.name)}: the accelerator[/]")
    names = max(len(name) for name in bundle.reasons)
    values = max(len(value) for value, _ in bundle.reasons.values())
    for name, (value, reason) in bundle.reasons.items():
        line = f"{name:<{names}}  {value:<{values}}  {reason}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _layers(bundle: Bundle) -> Table:
    multipliers = bundle.program.parameters.multipliers
    table = Table(title="Cycles")
    table.add_column("layer")
    table.add_column("operation")
    for heading in ("MACs", "predicted cycles", "utilization"):
        table.add_column(heading, justify="right")
    for layer in bundle.program.layers:
        share = layer.macs / (layer.predicted_cycles * multipliers)
        table.add_row(
            escape(layer.name),
            escape(layer.label),
            f"{layer.macs:,}" if layer.macs else "",
            f"{layer.predicted_cycles:,}",
            f"{share:.1%}" if layer.macs else "",
        )
    return table
