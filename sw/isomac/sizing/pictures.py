"""The pictures of the report."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from isomac.sizing.chart import Chart, shortened
from isomac.sizing.fronts import price
from isomac.sizing.layers import Detail, LayerUse
from isomac.sizing.point import Point, lacks, usable
from isomac.sizing.sentences import LOST, shape_text
from isomac.sizing.study import Study

#: What prices are called at the axis.
PRICE = {"lut": "LUTs", "multipliers": "multipliers of the array", "memory_bits": "bits of memory"}
#: Height of a row of a bar chart.
_ROW = 24
#: Width of a letter, about.
_LETTER = 6.5
#: Characters of a name beside a bar.
_NAME = 26


def pareto(study: Study, name: str) -> Chart:
    """Latency against a price: the front, and which of its points was taken."""
    answer = study.answer
    front = list(answer.fronts.fronts[name])
    points = [*front, *([] if answer.shown in front else [answer.shown])]
    chart = Chart(500 if name != "lut" else 1040, 320 if name != "lut" else 380)
    chart.x_label, chart.y_label = PRICE[name], "latency, ms"
    prices = [price(point, name) for point in points]
    times = [point.latency_ms for point in points]
    limit = None
    if study.goal.target is not None and name == "lut":
        limit = usable(answer.target, "lut")
    ends = [*prices, *([limit] if limit and limit < 4 * max(prices) else [])]
    x = chart.x_axis(min(ends) / 1.15, max(ends) * 1.15, logarithmic=True)
    y = chart.y_axis(min(times) / 1.6, max(times) * 1.3, logarithmic=True)
    chart.x_ticks, chart.y_ticks = x.ticks(9 if name == "lut" else 6), y.ticks()
    if limit and limit in ends:
        chart.path([(x(limit), chart.top), (x(limit), chart.bottom)], "limit")
        chart.text(x(limit) - 6, chart.top + 14, f"{limit:,} usable", "end note")
    goal = study.goal.latency_ms
    if goal is not None and y.low <= goal <= y.high:
        chart.path([(chart.left, y(goal)), (chart.right, y(goal))], "limit")
        chart.text(chart.right - 6, y(goal) - 6, f"asked: {goal:g} ms", "end note")
    stairs: list[tuple[float, float]] = []
    for point in front:
        place = x(price(point, name)), y(point.latency_ms)
        if stairs:
            stairs.append((place[0], stairs[-1][1]))
        stairs.append(place)
    chart.path(stairs, "front")
    for point in points:
        taken = point is answer.shown
        css = "taken" if taken else ("dot" if point.fits else "dot over")
        chart.circle(
            x(price(point, name)), y(point.latency_ms), 7 if taken else 4, css, _described(point)
        )
    taken_at = x(price(answer.shown, name))
    if taken_at > chart.width * 0.6:
        chart.text(
            taken_at - 10, y(answer.shown.latency_ms) + 20, _short(answer.shown), "end strong"
        )
    else:
        chart.text(taken_at + 12, y(answer.shown.latency_ms) - 8, _short(answer.shown), "strong")
    return chart


def _short(point: Point) -> str:
    s = point.shape
    return f"{s.tile_rows}x{s.tile_columns} x {s.channel_lanes}: {point.latency_ms:.3g} ms"


def _described(point: Point) -> str:
    found = point.estimate
    return (
        f"{shape_text(point)}\n{point.latency_ms:.3g} ms, {point.cycles:,} cycles at "
        f"{point.frequency:.0f} MHz\n{found.lut:,} LUT, {found.ff:,} FF, {found.dsp} hard "
        f"multipliers, {found.bram} block RAMs\n"
        f"{'fits' if point.fits else 'short of ' + lacks(point)}"
    )


def layer_times(detail: Detail, multipliers: int) -> Chart:
    """Cycles of each layer, and how many of them are useful work."""
    layers = detail.layers
    chart = Chart(1040, 58 + _ROW * len(layers), left=210)
    total = detail.program.predicted_cycles
    x = chart.x_axis(0, max(layer.cycles for layer in layers) * 1.14)
    chart.x_label, chart.x_ticks = "cycles", x.ticks(8)
    for row, layer in enumerate(layers):
        y = chart.top + row * _ROW + 4
        useful = layer.macs / multipliers
        said = (
            f"{layer.name} ({layer.operation})\n{layer.cycles:,} cycles, "
            f"{layer.cycles / total:.1%} of all\n{layer.macs:,} multiply-accumulates, "
            f"{layer.utilization:.1%} of the multipliers busy"
        )
        chart.box(x(0), y, x(layer.cycles), y + _ROW - 8, "bar lost", said)
        if useful:
            chart.box(x(0), y, x(useful), y + _ROW - 8, "bar useful", said)
        chart.text(chart.left - 10, y + 12, shortened(layer.name, _NAME), "end", layer.name)
        used = f", {layer.utilization:.0%} busy" if layer.macs else ""
        chart.text(x(layer.cycles) + 6, y + 12, f"{layer.cycles / total:.1%}{used}", "note")
    return chart


def roofline(detail: Detail, point: Point) -> Chart:
    """Useful work a cycle against work for each activation byte read."""
    layers = [layer for layer in detail.layers if layer.macs and layer.activation_bytes]
    chart = Chart(500, 360, "multiply-accumulates a byte of activations", "useful MACs a cycle")
    peak = point.multipliers
    rate = point.shape.banks * point.shape.channel_lanes
    edge = peak / rate
    reach = [edge, *(layer.intensity for layer in layers)]
    x = chart.x_axis(min(reach) / 1.8, max(reach) * 1.8, logarithmic=True)
    lowest = min(layer.macs_per_cycle for layer in layers)
    y = chart.y_axis(min(lowest / 1.6, peak / 4), peak * 2, logarithmic=True)
    chart.x_ticks, chart.y_ticks = x.ticks(6), y.ticks()
    foot = max(x.low, y.low / rate)
    chart.path([(x(foot), y(foot * rate)), (x(edge), y(peak)), (chart.right, y(peak))], "roof")
    chart.text(chart.right - 4, chart.top + 14, f"roof: {peak} multipliers", "end note")
    chart.text(chart.left + 8, chart.top + 14, f"slope: {rate:,} bytes a cycle", "note")
    total = detail.program.predicted_cycles
    for layer in layers:
        said = (
            f"{layer.name}\n{layer.macs_per_cycle:.3g} MACs a cycle, {layer.intensity:.3g} a byte\n"
            f"{layer.cycles / total:.1%} of the cycles"
        )
        radius = 3 + 14 * (layer.cycles / total) ** 0.5
        chart.circle(x(layer.intensity), y(layer.macs_per_cycle), radius, "bubble", said)
    _name_largest(chart, layers, x, y)
    return chart


def _name_largest(chart: Chart, layers: Sequence[LayerUse], x: object, y: object) -> None:
    """Write the names of the layers that take longest beside their discs, where there is room."""
    assert callable(x)
    assert callable(y)
    taken: list[tuple[float, float, float]] = []
    for layer in sorted(layers, key=lambda item: -item.cycles)[:6]:
        place = x(layer.intensity), y(layer.macs_per_cycle)
        name = shortened(layer.name, 18)
        width = _LETTER * len(name)
        ends = place[0] > chart.width * 0.55
        left = place[0] - 14 - width if ends else place[0] + 14
        for height in (place[1] + 20, place[1] - 16, place[1] + 36):
            box = left, left + width, height
            free = all(box[1] < a or b < box[0] or abs(height - h) > 13 for a, b, h in taken)
            if free and chart.top + 10 < height < chart.bottom:
                taken.append(box)
                chart.text(
                    box[1] if ends else left, height, name, "end" if ends else "", layer.name
                )
                break


def waterfall(detail: Detail) -> Chart:
    """From the cycles that the multipliers need to those that the inference takes."""
    went = detail.losses
    rows = [
        ("useful work", float(went.ideal)),
        *((LOST[name], float(share)) for name, share in went.lost.items()),
    ]
    chart = Chart(500, 360, "cycles", left=190)
    total = detail.program.predicted_cycles
    x = chart.x_axis(0, total * 1.12)
    chart.x_ticks = x.ticks(5)
    row_height = (chart.bottom - chart.top) / (len(rows) + 1)
    start = 0.0
    for row, (name, cycles) in enumerate([*rows, ("all", float(total))]):
        y = chart.top + row * row_height + 3
        begin = 0.0 if name == "all" else start
        css = {"useful work": "bar useful", "all": "bar total"}.get(name, "bar lost strong-lost")
        said = f"{name}: {cycles:,.0f} cycles, {cycles / total:.1%}"
        if cycles:
            chart.box(x(begin), y, x(begin + cycles), y + row_height - 7, css, said)
        chart.text(chart.left - 10, y + row_height / 2 + 1, name, "end")
        end = x(begin + cycles)
        # Behind the bar, or where there is no room in it or before it.
        beside = ("note", end + 6)
        if end > chart.right - 44:
            wide = end - x(begin) > 50
            beside = ("end inside", end - 6) if wide else ("end note", x(begin) - 6)
        chart.text(beside[1], y + row_height / 2 + 1, f"{cycles / total:.1%}", beside[0])
        start = begin + cycles
    return chart


def memory_plan(detail: Detail) -> Chart:
    """Which buffer lies where in the activation memory, and when."""
    chart = Chart(1040, 340, "", "words of the activation memory")
    depth = detail.program.parameters.activation_depth
    x = chart.x_axis(0, len(detail.steps))
    y = chart.y_axis(0, depth * 1.06)
    chart.y_ticks = y.ticks(6)
    chart.path([(chart.left, y(depth)), (chart.right, y(depth))], "limit")
    chart.text(chart.right - 6, y(depth) - 5, f"{depth:,} words", "end note")
    for index, buffer in enumerate(detail.buffers):
        said = (
            f"{buffer.name}\n{buffer.words:,} words from {buffer.base:,} on\n"
            f"from {detail.steps[buffer.first]} to {detail.steps[buffer.last]}"
        )
        left, right = x(buffer.first), x(buffer.last + 1)
        low, high = y(buffer.base), y(buffer.base + buffer.words)
        chart.box(left + 1, low, right - 1, high, f"buffer tone{index % 4}", said)
        if low - high > 14 and right - left > 50:
            room = int((right - left - 10) / _LETTER)
            name = shortened(buffer.name, room)
            chart.text(left + 7, (low + high) / 2 + 4, name, "in-buffer", buffer.name)
    width = (chart.right - chart.left) / len(detail.steps)
    room = max(1, ceil(105 / width))
    for place, step in enumerate(detail.steps):
        if place % room == 0:
            chart.x_ticks.append((x(place + 0.5), shortened(step, max(4, int(width * room / 7)))))
    return chart
