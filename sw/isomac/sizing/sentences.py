"""The explanation in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from isomac.sizing.advice import WORTH, Change
from isomac.sizing.layers import Detail
from isomac.sizing.point import LOGIC_FILL, NAMES, Point, usable
from isomac.sizing.study import SOFT_MULTIPLIERS, Study
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
#: Share of what may be used of a resource from which on it binds in any case.
FULL = 0.95


def shape_text(point: Point) -> str:
    """The shape in a few characters."""
    s = point.shape
    return f"{s.tile_rows}x{s.tile_columns} x {s.channel_lanes}, R {s.requant_lanes}, B {s.banks}"


def missing(point: Point) -> str:
    """What is short, and by how much; empty if nothing is but the clock."""
    parts = []
    for name, amount in point.short.items():
        if name == "clock":
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
        *_binds(study.answer.shown, detail, changes),
        *_would(changes),
        *_widths(found_widths),
    ]


def _verdict(study: Study) -> list[str]:
    answer, goal = study.answer, study.goal
    point = answer.shown
    name = answer.target.name
    found = []
    if not study.reached and not point.fits:
        found += _short(study)
    elif not study.reached and goal.latency_ms is not None:
        found.append(
            f"No target reaches {goal.latency_ms:g} ms"
            if goal.target is None
            else f"{name} does not reach {goal.latency_ms:g} ms"
        )
        found[-1] += (
            f": the nearest is {point.latency_ms:.3g} ms on {name}, "
            f"{point.latency_ms / goal.latency_ms:.3g} times as long."
        )
    if point.clock_is == "assumed":
        found.append(
            f"No free tool routes {name}: the clock of {point.frequency:g} MHz is an assumption."
        )
    if point.clock_unknown:
        found += _unknown_clock(study)
    return [*found, *_soft(study)]


def _short(study: Study) -> list[str]:
    """Of an accelerator that does not fit: what is short, by how much, and what does fit."""
    point = study.answer.shown
    name = study.answer.target.name
    room, found = missing(point), []
    if study.goal.target is None:
        found.append(f"It fits no target; the nearest is {name}.")
    if room:
        found.append(f"It does not fit {name}: it is short of {room}.")
    if "clock" in point.short:
        found.append(
            f"It misses the clock of {point.asked_frequency:g} MHz on {name}: "
            f"{point.estimate.fmax:.1f} MHz are predicted, {point.short['clock']:.1f} MHz less."
        )
    if study.fits_on is not None:
        unknown = study.goal.frequency is not None and study.fits_on.place_and_route is None
        but = ", whose clock is not predicted" if unknown else ""
        found.append(f"The smallest target with room for it is {study.fits_on.name}{but}.")
    elif study.goal.target is not None:
        found.append("No target that is known has room for it.")
    if study.instead is not None:
        found.append(
            f"The fastest that fits {name} is {shape_text(study.instead)}, "
            f"with {study.instead.latency_ms:.3g} ms."
        )
    return found


def _unknown_clock(study: Study) -> list[str]:
    """That nobody knows whether the clock that was asked for is reached."""
    point = study.answer.shown
    name = study.answer.target.name
    asked = f"{point.asked_frequency:g} MHz"
    found = [f"The clock of {name} is not predicted: that it reaches {asked} is an assumption."]
    if study.goal.target is None and study.reached:
        sure = [o for o in study.outcomes if o.best is not None and not o.best.clock_unknown]
        found.append(
            f"The smallest target that is predicted to reach it is {sure[0].target.name}."
            if sure
            else "No target is predicted to reach it."
        )
    return found


def _soft(study: Study) -> list[str]:
    """How far targets without hard multipliers were searched."""
    if study.goal.budgeted or study.goal.fixed is not None:
        return []
    soft = [o.target.name for o in study.outcomes if not o.target.resources["dsp"].count]
    if not soft:
        return []
    have = f"{' and '.join(soft)} {'has' if len(soft) == 1 else 'have'} no hard multipliers"
    searched = f"arrays of up to {SOFT_MULTIPLIERS} multipliers were searched"
    return [f"{have}: {searched}; --multipliers sets another budget."]


def _binds(point: Point, detail: Detail, changes: Sequence[Change]) -> list[str]:
    slowest = max(detail.layers, key=lambda layer: layer.cycles)
    lost = max(detail.losses.lost.items(), key=lambda item: item[1])
    total = detail.program.predicted_cycles
    layer = (
        f"The layer that binds is {slowest.name} ({slowest.operation}): {slowest.cycles:,} of "
        f"{total:,} cycles, {slowest.cycles / total:.0%}."
    )
    loss = (
        f"{point.utilization:.1%} of the multipliers do useful work; the largest loss is "
        f"{LOST[lost[0]]}, {float(lost[1]) / total:.1%} of the cycles."
    )
    return [layer, _resource(point, changes), loss]


def _resource(point: Point, changes: Sequence[Change]) -> str:
    """The resource that keeps the accelerator from being faster, if there is one."""
    name = point.binding
    fill = f", full at {LOGIC_FILL:.0%}" if name in ("lut", "ff") else ""
    most = f"{NAMES[name]}: {point.used(name):,} of {point.target.resources[name].count:,}{fill}"
    if point.shares[name] > 1:
        return f"The resource that is exceeded most is {most}."
    helping = [change for change in changes if change.kind == "hardware" and change.helps]
    # Enough is left of each resource if some faster accelerator that was tried fits as well.
    if helping and all(name in change.lacks for change in helping):
        return f"The resource that binds is {most}."
    if point.shares[name] >= FULL:
        return f"The resource that binds is {most}."
    return f"No resource binds; the largest share is used of {most}."


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
