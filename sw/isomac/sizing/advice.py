"""What would help and what would not: changes that were tried on the cycle model, not opinions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from isomac.compile.compiler import compile_graph
from isomac.compile.search import Constraints, requant_choices
from isomac.compile.shape import ArrayShape
from isomac.errors import IsomacError
from isomac.graph.graph import Graph
from isomac.graph.operators.convolution import Convolution
from isomac.graph.operators.linear import Linear
from isomac.sizing.point import NAMES, Point
from isomac.sizing.sizer import Sizer
from isomac.sizing.widen import tied, with_channels

#: Least share of the cycles that is worth a word.
WORTH = 0.005
#: Cycles that count as nothing, as a share: a word more that is written, a later launch.
FREE = 0.005
#: Most banks that are tried.
BANKS_MAX = 64
#: Layers that are looked at, those with the most cycles first.
_LAYERS = 8


@dataclass(frozen=True)
class Change:
    """A change that was tried, and what it does to the cycles of an inference.

    Members
    -------
    kind
        `wider` or `narrower` layers of the network, or `hardware`.
    what
        The layer, or the part of the hardware.
    before, after
        Channels, or lanes or banks.
    cycles_before, cycles_after
        Of an inference.
    ms_before, ms_after
        The same in time, where the hardware changes: its clock may get slower.
    own_before, own_after
        Of the layer alone, where the network changes.
    also
        Other layers that must have as many channels.
    short
        What the changed hardware would be short of on the target, by resource.
    lacks
        The names of these resources.
    """

    kind: str
    what: str
    before: str
    after: str
    cycles_before: int
    cycles_after: int
    ms_before: float = 0.0
    ms_after: float = 0.0
    own_before: int = 0
    own_after: int = 0
    also: tuple[str, ...] = ()
    short: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()

    @property
    def saved(self) -> float:
        """Share of the cycles, or of the time if the hardware changes, that goes away."""
        if self.ms_before:
            return 1 - self.ms_after / self.ms_before
        return 1 - self.cycles_after / self.cycles_before

    @property
    def helps(self) -> bool:
        """Whether it is worth a word."""
        return self.saved >= WORTH

    @property
    def is_free(self) -> bool:
        """Whether the layer itself takes as long as before, but for a trifle."""
        return self.own_after <= self.own_before * (1 + FREE)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready data."""
        return asdict(self) | {"saved": self.saved, "sentence": self.sentence}

    @property
    def sentence(self) -> str:
        """The change in words."""
        with_ = f" (and so {', '.join(self.also)})" if self.also else ""
        if self.kind == "wider":
            more = int(self.after) - int(self.before)
            own = self.own_after - self.own_before
            cost = self.cycles_after - self.cycles_before
            return (
                f"{self.what}{with_} may have {self.after} channels instead of {self.before}: "
                f"{more} more {'costs' if more == 1 else 'cost'} {_cycles(own)} there, and "
                f"{_cycles(cost)} in all with what that means to other layers, "
                f"{max(cost, 0) / self.cycles_before:.1%}"
            )
        if self.kind == "narrower":
            fewer = int(self.before) - int(self.after)
            return (
                f"{self.what}{with_} with {self.after} channels instead of {self.before}: "
                f"{fewer} fewer {'saves' if fewer == 1 else 'save'} "
                f"{self.cycles_before - self.cycles_after:,} cycles, {self.saved:.1%}"
            )
        effect = (
            f"would save {self.saved:.1%} of the time"
            if self.saved > 0
            else f"would take {-self.saved:.1%} more time"
        )
        fit = f", but {', '.join(self.short)} are short then" if self.short else ""
        return f"{self.tried} {effect}{fit}"

    @property
    def tried(self) -> str:
        """A change of the hardware in a few words."""
        return f"{self.after} {self.what} instead of {self.before}"


def _cycles(count: int) -> str:
    return "1 cycle" if count == 1 else f"{max(count, 0):,} cycles"


def network_changes(graph: Graph, point: Point) -> list[Change]:
    """Channel counts that are free, and some that waste lanes, of the slowest layers."""
    lanes = point.shape.channel_lanes
    cycles = layer_cycles(graph, point.shape)
    found: list[Change] = []
    seen: set[frozenset[str]] = set()
    weighted = [op for op in graph.operations if isinstance(op, (Convolution, Linear))]
    weighted.sort(key=lambda op: -cycles[op.name])
    for operation in weighted[:_LAYERS]:
        tensors = tied(graph, operation.output)
        if tensors is None or tensors in seen:
            continue
        seen.add(tensors)
        channels = graph.tensor(operation.output).shape[0]
        over = channels % lanes
        if not over:
            continue
        also = tuple(
            op.name for op in weighted if op.output in tensors and op.name != operation.name
        )
        for kind, count in (("wider", channels + lanes - over), ("narrower", channels - over)):
            if not count:
                continue
            after = layer_cycles(with_channels(graph, tensors, count), point.shape)
            change = Change(
                kind=kind,
                what=operation.name,
                before=str(channels),
                after=str(count),
                cycles_before=point.cycles,
                cycles_after=sum(after.values()),
                own_before=cycles[operation.name],
                own_after=after[operation.name],
                also=also,
            )
            if change.helps if kind == "narrower" else change.is_free:
                found.append(change)
    return sorted(found, key=lambda change: -change.saved)


def layer_cycles(graph: Graph, shape: ArrayShape) -> dict[str, int]:
    """Exact cycles of each layer, by name."""
    return {layer.name: layer.predicted_cycles for layer in compile_graph(graph, shape).layers}


def hardware_changes(sizer: Sizer, point: Point) -> list[Change]:
    """More of each part of the hardware, one at a time."""
    found = []
    channels = [
        sizer.facts.graph.tensor(operation.output).shape[0]
        for operation in sizer.facts.graph.operations
        if isinstance(operation, (Convolution, Linear))
    ]
    for what, before, after, shape in _richer(point.shape, channels):
        try:
            other = sizer.point(shape)
        except IsomacError:
            continue
        short = tuple(
            f"{missing:,.0f} {NAMES[name]}{' of the clock' if name == 'clock' else ''}"
            for name, missing in other.short.items()
        )
        found.append(
            Change(
                kind="hardware",
                what=what,
                before=before,
                after=after,
                cycles_before=point.cycles,
                cycles_after=other.cycles,
                ms_before=point.latency_ms,
                ms_after=other.latency_ms,
                short=short,
                lacks=tuple(other.short),
            )
        )
    return sorted(found, key=lambda change: -change.saved)


def _richer(
    shape: ArrayShape, channels: Sequence[int]
) -> Iterator[tuple[str, str, str, ArrayShape]]:
    """Shapes with more of something; `channels` are those of the layers."""

    def more(what: str, name: str, count: int) -> tuple[str, str, str, ArrayShape]:
        return what, str(getattr(shape, name)), str(count), replace(shape, **{name: count})

    if shape.banks < BANKS_MAX:
        yield more("banks", "banks", 2 * shape.banks)
    lanes = requant_choices(shape.channel_lanes, Constraints())
    wider = [count for count in lanes if count > shape.requant_lanes]
    if wider:
        yield more("requantization lanes", "requant_lanes", wider[0])
    for name in ("tile_columns", "tile_rows"):
        other = replace(shape, **{name: getattr(shape, name) + 1})
        yield (
            "pixel lanes",
            f"{shape.tile_rows}x{shape.tile_columns}",
            f"{other.tile_rows}x{other.tile_columns}",
            other,
        )
    for count in lane_steps(shape.channel_lanes, channels):
        yield more("channel lanes", "channel_lanes", count)


def lane_steps(lanes: int, channels: Sequence[int]) -> list[int]:
    """More channel lanes that are worth a try.

    One more; the fewest with which some layer has a channel tile less; and twice as many, with
    which layers of many channels have half their tiles.
    """
    fewer = [-(-count // (-(-count // lanes) - 1)) for count in channels if count > lanes]
    return sorted({lanes + 1, 2 * lanes, *([min(fewer)] if fewer else [])})
