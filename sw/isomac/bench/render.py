"""The suite's tables for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, Group
from rich.markup import escape
from rich.table import Table

from isomac.bench.peers import own_utilization, peers
from isomac.bench.row import Row

#: Columns of a terminal that the tables need. They get as many anywhere: a narrow terminal breaks
#: their lines, which a window made wider mends, where digits that were cut off would be lost.
WIDTH = 176
#: Headings of the shares of lost cycles.
LOST = {
    "partial_tiles_pixels": "partial tiles, pixels",
    "partial_tiles_channels": "partial tiles, channels",
    "window_loads": "window loads",
    "drain": "drain",
    "launch": "launch",
    "stream_in": "stream in",
    "stream_out": "stream out",
    "pooling_and_adds": "pools, adds",
}


def make_console() -> Console:
    """Return a console that is wide enough for the tables."""
    return Console(width=max(WIDTH, Console().width))


def results(rows: Sequence[Row]) -> Group:
    """Return the tables of what was measured and of where the cycles went."""
    return Group(_measured(rows), _lost(rows))


def _measured(rows: Sequence[Row]) -> Table:
    table = Table(title="Cycles of one inference, simulated")
    table.add_column("network", no_wrap=True)
    for heading in (
        "budget",
        "P",
        "M",
        "R",
        "B",
        "multi-\npliers*",
        "cycles",
        "predicted",
        "bound",
        "limit",
        "utili-\nzation",
        "back to\nback",
        "wrong bytes",
        "in-\nputs",
        "search,\ns",
        "M cyc-\nles/s",
    ):
        table.add_column(heading, justify="right", no_wrap=True)
    table.caption = "* of the array, and of the requantization beside it"
    for index, row in enumerate(rows):
        first = index == 0 or rows[index - 1].network != row.network
        if first and index:
            table.add_section()
        table.add_row(
            escape(row.network) if first else "",
            str(row.budget),
            row.pixels,
            str(row.channels),
            str(row.requant_lanes),
            str(row.banks),
            f"{row.multipliers} + {row.requant_multipliers}",
            f"{row.cycles:,}",
            f"{row.predicted_cycles:,}",
            f"{row.bound:,}",
            "" if row.limit is None else f"{row.limit:,}",
            f"{row.utilization:.1%}",
            ""
            if row.throughput_utilization is None
            else f"{row.back_to_back_cycles:,.0f} {row.throughput_utilization:.1%}",
            f"{row.mismatches:,} of {row.bytes_compared:,}",
            str(row.inputs),
            f"{row.search_seconds:.2f}",
            f"{row.simulated_cycles_per_second / 1e6:.2f}",
            style="bold red" if row.failures else None,
        )
    return table


def _lost(rows: Sequence[Row]) -> Table:
    table = Table(title="Where the cycles went: useful work, and what was lost")
    table.add_column("network", no_wrap=True)
    for heading in ("budget", "useful", *LOST.values()):
        table.add_column(heading, justify="right")
    for index, row in enumerate(rows):
        first = index == 0 or rows[index - 1].network != row.network
        if first and index:
            table.add_section()
        table.add_row(
            escape(row.network) if first else "",
            str(row.budget),
            f"{row.macs / row.multipliers:,.1f}",
            *(f"{row.lost[name]:,.1f}".removesuffix(".0") for name in LOST),
        )
    return table


def comparison() -> Table:
    """Return the table of other designs, and ours on the same network and multipliers."""
    table = Table(title="Other designs")
    for heading in ("design", "network"):
        table.add_column(heading)
    for heading in ("multi-\npliers", "cycles", "utili-\nzation", "isomac*"):
        table.add_column(heading, justify="right")
    table.add_column("how obtained")
    for peer in peers():
        low, high = (f"{100 * share:.3g}" for share in peer.utilization)
        own = own_utilization(peer)
        table.add_row(
            escape(peer.design),
            peer.network or "its own",
            "" if peer.multipliers is None else str(peer.multipliers),
            "" if peer.cycles is None else f"{peer.cycles:,}",
            f"{low} %" if low == high else f"{low}-{high} %",
            "" if own is None else f"{100 * own:.3g} %",
            f"{escape(peer.how)} ({escape(peer.source)})",
        )
    table.caption = (
        "* the same network with at most as many multipliers, by the cycle model, which equals the "
        "simulated hardware"
    )
    return table
