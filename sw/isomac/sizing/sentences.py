"""The explanation in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from isomac.sizing.advice import WORTH, Change
from isomac.sizing.layers import Detail
from isomac.sizing.point import LOGIC_FILL, NAMES, Point, usable
from isomac.sizing.study import Study
from isomac.sizing.widths import Width

#: What lost cycles are called.
LOST = {
    "partial_tiles_pixels": "pixel lanes without a pixel",
    "partial_tiles_channels": "channel lanes without a channel",
    "window_loads": "loads of the window",
    "drain": "waits for the requantizers",
    "launch": "launches of layers",
    "stream_in": "arrival of the input",
    "stream_out": "departure of the output",
    "pooling_and_adds": "pools, additions, copies",
}


def shape_text(point: Point) -> str:
    """The shape in a few characters."""
    s = point.shape
    return f"{s.tile_rows}x{s.tile_columns} x {s.channel_lanes}, R {s.requant_lanes}, B {s.banks}"


def missing(point: Point) -> str:
    """What is short, and by how much."""
    parts = []
    for name, amount in point.short.items():
        if name == "clock":
            parts.append(f"{amount:.1f} MHz of the clock of {point.asked_frequency:g} MHz")
            continue
        of = point.target.resources[name].count
        limit = f", of which {usable(point.target, name):,} may be used" if name in "lut ff" else ""
        parts.append(
            f"{amount:,.0f} {NAMES[name]} (needs {point.used(name):,}, there are {of:,}{limit})"
        )
    return "; ".join(parts)


def sentences(
    study: Study,
    detail: Detail,
    changes: Sequence[Change],
    found_widths: Sequence[tuple[Width, Point]],
) -> list[str]:
    """Return what there is to say, the most important first."""
    return [
        *_verdict(study),
        *_binds(study.answer.shown, detail),
        *_would(changes),
        *_widths(found_widths),
    ]


def _verdict(study: Study) -> list[str]:
    answer, goal = study.answer, study.goal
    point = answer.shown
    name = answer.target.name
    found = []
    if not point.fits and goal.target is not None:
        found.append(f"It does not fit {name}: it is short of {missing(point)}.")
        if study.fits_on is not None:
            found.append(f"The smallest target with room for it is {study.fits_on.name}.")
        else:
            found.append("No target that is known has room for it.")
    elif not study.reached and goal.latency_ms is not None:
        found.append(
            f"No target reaches {goal.latency_ms:g} ms"
            if goal.target is None
            else f"{name} does not reach {goal.latency_ms:g} ms"
        )
        found[-1] += (
            f": the nearest is {point.latency_ms:.3g} ms on {name}, "
            f"{point.latency_ms / goal.latency_ms:.2f} times as long."
        )
    if point.clock_is == "assumed":
        found.append(
            f"No free tool routes {name}: the clock of {point.frequency:g} MHz is an assumption."
        )
    return found


def _binds(point: Point, detail: Detail) -> list[str]:
    slowest = max(detail.layers, key=lambda layer: layer.cycles)
    lost = max(detail.losses.lost.items(), key=lambda item: item[1])
    total = detail.program.predicted_cycles
    fill = f", full at {LOGIC_FILL:.0%}" if point.binding in ("lut", "ff") else ""
    layer = (
        f"The layer that binds is {slowest.name} ({slowest.operation}): {slowest.cycles:,} of "
        f"{total:,} cycles, {slowest.cycles / total:.0%}."
    )
    resource = (
        f"The resource that binds is {NAMES[point.binding]}: {point.used(point.binding):,} of "
        f"{point.target.resources[point.binding].count:,}{fill}."
    )
    loss = (
        f"{point.utilization:.1%} of the multipliers do useful work; the largest loss is "
        f"{LOST[lost[0]]}, {float(lost[1]) / total:.1%} of the cycles."
    )
    return [layer, resource, loss]


def _would(changes: Sequence[Change]) -> list[str]:
    found = [f"{change.sentence}." for change in changes if change.kind != "hardware"]
    hardware = [change for change in changes if change.kind == "hardware"]
    found += [f"{change.sentence}." for change in hardware if change.helps]
    idle = [change.tried for change in hardware if not change.helps]
    if idle:
        found.append(f"No change of these saves {WORTH:.1%} of the time: {'; '.join(idle)}.")
    return found


def _widths(found: Sequence[tuple[Width, Point]]) -> list[str]:
    if len(found) == 1:
        width, _ = found[0]
        only = "Only a network that is quantized here, with no width asked for, can have another."
        return [f"The multipliers of the requantization have {width.bits} bits. {only}"]
    out = []
    for width, point in found[1:]:
        use = "keeps" if width.keeps_outputs else "does not keep"
        differ = f"none of {width.values:,} differs"
        if width.differing:
            differ = f"{width.differing:,} of {width.values:,} differ by at most {width.largest}"
        first, wide = found[0]
        out.append(
            f"A multiplier of {width.bits} bits {use} the outputs, {differ} from those of "
            f"{first.bits} bits; the accelerator then takes {point.used('dsp'):,} hard multipliers "
            f"and {point.estimate.lut:,} LUTs instead of {wide.used('dsp'):,} and "
            f"{wide.estimate.lut:,}."
        )
    return out
