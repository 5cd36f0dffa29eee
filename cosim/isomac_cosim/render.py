"""A report for people: a table by layer, the totals, and what is wrong."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from isomac_cosim.report import LayerReport, Report


def render(report: Report, console: Console) -> None:
    """Print a report."""
    console.print(_table(report))
    _print_verdict(report, console)
    for sentence in (*report.failures, *report.cycle_differences):
        console.print(escape(f"  {sentence}"), highlight=False, soft_wrap=True)
    if report.first_mismatch is not None:
        console.print(
            escape(f"  {report.first_mismatch.sentence()}"), highlight=False, soft_wrap=True
        )
    if report.wave is not None:
        console.print(
            f"Waveform of image {report.wave_input}, in the bundle: {escape(report.wave)}",
            soft_wrap=True,
        )
        if report.wave_reproduced is False:
            console.print(
                "  Run alone, this image shows no fault: it depends on the images before it."
            )


def _table(report: Report) -> Table:
    table = Table(title=escape(f"{report.network}: {report.inputs} inputs, mode {report.mode}"))
    table.add_column("layer")
    table.add_column("operation")
    for heading in ("cycles", "predicted", "utilization", "mismatches"):
        table.add_column(heading, justify="right")
    for layer in report.layers:
        table.add_row(*_row(layer))
    table.add_section()
    predicted = sum(layer.predicted_cycles for layer in report.layers)
    table.add_row(
        "total",
        "",
        f"{report.cycles[0]:,}" if report.cycles else "-",
        f"{predicted:,}",
        f"{report.utilization:.1%}",
        _count(report.mismatches),
    )
    return table


def _row(layer: LayerReport) -> tuple[str, ...]:
    cycles = "-" if layer.cycles is None else f"{layer.cycles:,}"
    return (
        escape(layer.name),
        escape(layer.operation),
        cycles if layer.cycles_exact else f"[yellow]{cycles}[/]",
        f"{layer.predicted_cycles:,}",
        f"{layer.utilization:.1%}" if layer.macs else "",
        _count(layer.mismatches),
    )


def _count(mismatches: int) -> str:
    return f"[bold red]{mismatches:,}[/]" if mismatches else "0"


def _print_verdict(report: Report, console: Console) -> None:
    verdict = "[bold green]BIT-EXACT[/]" if report.bit_exact else "[bold red]NOT BIT-EXACT[/]"
    console.print(
        f"{verdict}: {report.mismatches:,} of {report.bytes_compared:,} bytes differ "
        f"({report.inputs} of {report.inputs_requested} inputs run)"
    )
    agreement = "equal" if report.cycles_exact else "[yellow]do not equal[/]"
    scope = " between the stalled streams" if report.stall > 0 else ""
    if not scope and report.interface == "wishbone":
        scope = " between arrival and departure, which share a bus,"
    console.print(f"Cycle counts{scope} {agreement} the prediction.")
    if report.back_to_back_cycles is not None:
        share = report.macs / (report.back_to_back_cycles * report.multipliers)
        console.print(
            f"Back to back an inference takes {report.back_to_back_cycles:,.0f} cycles: "
            f"{share:.1%} of the multipliers."
        )
    console.print(
        f"Simulated {report.simulated_cycles:,} cycles at "
        f"{report.simulated_cycles_per_second / 1e6:.2f} M cycles/s; "
        f"{report.wall_seconds:.1f} s in all, {report.build_seconds:.1f} s of them for the build."
    )
