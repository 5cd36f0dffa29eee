"""Files of `isomac size`: what they hold, and that they need nothing else."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from isomac.cli import main
from isomac.compile.compiler import compile_graph
from isomac.compile.shape import ArrayShape
from isomac.graph.file import save
from isomac.sizing.chart import Axis
from tests.sw.sizing.networks import residual

EVIL = "<script>alert('x')</script>&\"quoted\" {{ 7 * 7 }}"


class Page(HTMLParser):
    """Tags with their attributes, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def files(tmp_path: Path, *arguments: str, name: str = "residual") -> tuple[str, dict[str, Any]]:
    graph = residual()
    first = graph.operations[0]
    if name != "residual":
        graph = replace(
            graph, name=name, operations=(replace(first, name=name), *graph.operations[1:])
        )
    save(graph, tmp_path / "net.isomac")
    status = main(["size", str(tmp_path / "net.isomac"), *arguments, "-o", str(tmp_path / "out")])
    assert status == 0
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    return page, json.loads((tmp_path / "out" / "size.json").read_text(encoding="utf-8"))


def test_the_document(tmp_path: Path) -> None:
    _, document = files(tmp_path, "--target", "ecp5-25f", "--multipliers", "6")
    graph = residual()
    assert document["network"] == {"name": "residual", "sha256": graph.sha256, "macs": graph.macs}
    assert document["reached"] is True
    assert document["target"] == "ecp5-25f"
    assert document["nearest"] is None
    for point in [*document["points"], document["best"]]:
        shape = ArrayShape(
            tile_rows=point["pixels"][0],
            tile_columns=point["pixels"][1],
            channel_lanes=point["channels"],
            requant_lanes=point["requant_lanes"],
            banks=point["banks"],
        )
        assert point["cycles"] == compile_graph(graph, shape).predicted_cycles
        assert point["multipliers"] == shape.multipliers <= 6
        assert point["latency_ms"] == pytest.approx(point["cycles"] / point["frequency_mhz"] / 1000)
        assert point["inferences_per_second"] == pytest.approx(1000 / point["latency_ms"])
        low, high = point["fmax_interval_mhz"]
        assert low <= point["fmax_mhz"] == point["frequency_mhz"] <= high
        assert 0 < point["utilization"] <= 1
        assert set(point["resources"]) == {"lut", "ff", "dsp", "bram"}
        for entry in point["resources"].values():
            assert entry["used"] <= entry["usable"] <= entry["available"]
        assert point["fits"] is True
        assert point["short"] == {}
        assert point["binding"] in point["resources"]
    assert {name for p in document["points"] for name in p["fronts"]} == {
        *("multipliers", "lut", "memory_bits"),
    }
    best = document["best"]
    assert best["latency_ms"] <= 1.011 * min(p["latency_ms"] for p in document["points"])
    assert sum(layer["cycles"] for layer in document["layers"]) == best["cycles"]
    spent = document["ideal_cycles"] + sum(document["lost_cycles"].values())
    assert spent == pytest.approx(best["cycles"])
    slowest = max(document["layers"], key=lambda layer: int(layer["cycles"]))
    assert document["explanation"]["binding_layer"] == slowest["name"]
    assert document["multiplier_widths"][0]["bits"] == best["multiplier_bits"] == 31
    words = max(b["base"] + b["words"] for b in document["memory_plan"])
    assert 8 * words * best["channels"] <= best["memory_bits"]


def test_the_page_needs_nothing_else(tmp_path: Path) -> None:
    page, document = files(tmp_path, "--target", "ecp5-25f", "--multipliers", "4")
    assert not re.search(r"https?:|//\w|@import|url\(", page)
    found = Page(page)
    assert not {tag for tag, _ in found.tags} & {"script", "link", "img", "iframe", "object"}
    assert not [key for _, attributes in found.tags for key in attributes if key in ("src", "href")]
    assert len(page) < 300_000
    for sentence in document["explanation"]["sentences"]:
        assert sentence in found.text
    pictures = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(pictures) == 7
    for picture in pictures:
        root = ElementTree.fromstring(picture)
        width, height = map(float, root.attrib["viewBox"].split()[2:])
        for element in root.iter():
            for name in ("x", "cx", "x1", "x2"):
                assert -1 <= float(element.attrib.get(name, 0)) <= width
            for name in ("y", "cy", "y1", "y2"):
                assert -1 <= float(element.attrib.get(name, 0)) <= height
        assert list(root.iter("title"))


def test_names_of_strangers_are_text(tmp_path: Path) -> None:
    page, document = files(tmp_path, "--target", "ecp5-25f", "--multipliers", "2", name=EVIL)
    assert document["network"]["name"] == EVIL
    assert EVIL not in page
    assert EVIL in Page(page).text
    assert "script" not in {tag for tag, _ in Page(page).tags}


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0, 7), (3, 11), (0, 123456), (0.2, 0.9)])
def test_ticks_of_a_linear_axis(low: float, high: float) -> None:
    ticks = Axis(low, high, 0, 100).ticks()
    assert 3 <= len(ticks) <= 8
    assert all(0 <= place <= 100 for place, _ in ticks)
    assert len({text for _, text in ticks}) == len(ticks)


@pytest.mark.parametrize(("low", "high"), [(1, 2), (0.3, 40), (900, 100_000), (1e-3, 1e6)])
def test_ticks_of_a_logarithmic_axis(low: float, high: float) -> None:
    ticks = Axis(low, high, 100, 0, logarithmic=True).ticks()
    assert 1 <= len(ticks) <= 12
    assert all(-0.1 <= place <= 100.1 for place, _ in ticks)
