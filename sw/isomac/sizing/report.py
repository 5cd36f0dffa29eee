"""`report.html`: one page with pictures, tables and sentences, which needs nothing but itself."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from isomac.sizing.advice import Change
from isomac.sizing.layers import Detail
from isomac.sizing.pictures import layer_times, memory_plan, pareto, roofline, waterfall
from isomac.sizing.point import NAMES, RESOURCES, lacks, usable
from isomac.sizing.sentences import LOST, shape_text
from isomac.sizing.study import Study

TEMPLATE = "report.html.j2"


def report(
    study: Study,
    detail: Detail,
    changes: Sequence[Change],
    said: Sequence[str],
    data: dict[str, Any],
) -> str:
    """Return the page. Names come from strangers: the template escapes all that it is given."""
    from jinja2 import Environment, StrictUndefined

    text = (files("isomac.sizing") / TEMPLATE).read_text(encoding="utf-8")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    point = study.answer.shown
    return environment.from_string(text).render(
        study=study,
        point=point,
        shape=shape_text(point),
        detail=detail,
        changes=changes,
        said=said,
        data=data,
        lost=LOST,
        names=NAMES,
        resources=[
            {
                "name": NAMES[name],
                "used": point.used(name),
                "of": point.target.resources[name].count,
                "usable": usable(point.target, name),
            }
            for name in RESOURCES
        ],
        pareto={name: pareto(study, name) for name in ("lut", "multipliers", "memory_bits")},
        layer_times=layer_times(detail, point.multipliers),
        roofline=roofline(detail, point),
        waterfall=waterfall(detail),
        memory_plan=memory_plan(detail),
        shape_text=shape_text,
        lacks=lacks,
    )
