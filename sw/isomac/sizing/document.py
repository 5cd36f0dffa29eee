"""`size.json`: all that was found, for other programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from isomac.sizing.advice import Change
from isomac.sizing.fronts import PRICES
from isomac.sizing.layers import Detail
from isomac.sizing.point import RESOURCES, Point, usable
from isomac.sizing.study import Outcome, Study
from isomac.sizing.widths import Width

#: Version of the document.
FORMAT = 1


def document(
    study: Study,
    detail: Detail,
    changes: Sequence[Change],
    found_widths: Sequence[tuple[Width, Point]],
    said: Sequence[str],
    generator: str,
) -> dict[str, Any]:
    """Return the document."""
    graph, answer = detail.program.graph, study.answer
    goal = study.goal
    return {
        "format": FORMAT,
        "generator": generator,
        "network": {"name": graph.name, "sha256": graph.sha256, "macs": graph.macs},
        "question": {
            "target": None if goal.target is None else goal.target.name,
            "latency_ms": goal.latency_ms,
            "frequency_mhz": goal.frequency,
            "multipliers": goal.constraints.multipliers if goal.budgeted else None,
            "pixels": None if goal.constraints.tile is None else list(goal.constraints.tile),
            "channels": goal.constraints.channel_lanes,
            "requant_lanes": goal.constraints.requant_lanes,
            "banks": goal.constraints.banks,
        },
        "reached": study.reached,
        "target": answer.target.name,
        "best": None if answer.best is None else point_of(answer.best),
        "nearest": None if answer.nearest is None else point_of(answer.nearest),
        "fits_on": None if study.fits_on is None else study.fits_on.name,
        "instead": None if study.instead is None else point_of(study.instead),
        "shapes": answer.fronts.shapes,
        "predicted": answer.fronts.predicted,
        "points": [
            point_of(point)
            | {"fronts": [name for name in PRICES if point in answer.fronts.fronts[name]]}
            for point in answer.fronts.points
        ],
        "targets": [_target(outcome) for outcome in study.outcomes],
        "multiplier_widths": [
            {
                "bits": width.bits,
                "values": width.values,
                "differing": width.differing,
                "largest_difference": width.largest,
                "same_class": width.same_class,
                "eligible": width.keeps_outputs,
                **{name: point.used(name) for name in RESOURCES},
            }
            for width, point in found_widths
        ],
        "layers": [
            {
                "name": layer.name,
                "operation": layer.operation,
                "macs": layer.macs,
                "cycles": layer.cycles,
                "utilization": layer.utilization,
                "activation_bytes": layer.activation_bytes,
                "weight_bytes": layer.weight_bytes,
            }
            for layer in detail.layers
        ],
        "lost_cycles": {name: float(share) for name, share in detail.losses.lost.items()},
        "ideal_cycles": float(detail.losses.ideal),
        "memory_plan": [
            {"buffer": b.name, "base": b.base, "words": b.words, "alive": [b.first, b.last]}
            for b in detail.buffers
        ],
        "explanation": {
            "binding_layer": slowest(detail),
            "binding_resource": answer.shown.binding,
            "sentences": list(said),
            "changes": [change.to_dict() for change in changes],
        },
    }


def slowest(detail: Detail) -> str:
    """The layer that takes most cycles."""
    return max(detail.layers, key=lambda layer: layer.cycles).name


def point_of(point: Point) -> dict[str, Any]:
    """Return one accelerator as JSON-ready data."""
    shape, found = point.shape, point.estimate
    return {
        "pixels": [shape.tile_rows, shape.tile_columns],
        "channels": shape.channel_lanes,
        "requant_lanes": shape.requant_lanes,
        "banks": shape.banks,
        "multipliers": point.multipliers,
        "multiplier_bits": point.multiplier_bits,
        "cycles": point.cycles,
        "utilization": point.utilization,
        "frequency_mhz": point.frequency,
        "clock": point.clock_is,
        "fmax_mhz": found.fmax,
        "fmax_interval_mhz": None if found.fmax is None else [found.fmax_low, found.fmax_high],
        "latency_ms": point.latency_ms,
        "inferences_per_second": point.throughput,
        "memory_bits": point.memory_bits,
        "resources": {
            name: {
                "used": point.used(name),
                "usable": usable(point.target, name),
                "available": point.target.resources[name].count,
            }
            for name in RESOURCES
        },
        "fits": point.fits,
        "short": dict(point.short),
        "binding": point.binding,
    }


def _target(outcome: Outcome) -> dict[str, Any]:
    point = outcome.shown
    return {
        "target": outcome.target.name,
        "reached": outcome.best is not None,
        "fits": point.fits,
        "latency_ms": point.latency_ms,
        "point": point_of(point),
    }
