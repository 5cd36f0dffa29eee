"""`isomac size`: its questions, and what it refuses."""

import json
import re
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from isomac import sizing
from isomac.bench.registry import network as network_of_the_suite
from isomac.bundle.build import build
from isomac.cli import main
from isomac.compile.search import Constraints
from isomac.frontend import quantize
from isomac.graph.file import save
from isomac.sizing.facts import Facts
from isomac.sizing.fronts import fronts
from isomac.sizing.sizer import Sizer
from isomac.sizing.space import bounds
from isomac.sizing.study import Goal, by_size, study
from isomac.targets import target
from tests.sw.sizing.networks import residual


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    save(residual(), tmp_path / "net.isomac")
    return "net.isomac"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("size") / "bundle"
    inputs = np.zeros((1, 3, 6, 6), np.int8)
    build(residual(), folder, inputs, Constraints(multipliers=2))
    return folder


def sized(*arguments: str, status: int = 0) -> dict[str, Any]:
    assert main(["size", *arguments, "-o", "out"]) == status
    document = json.loads(Path("out/size.json").read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return the one sentence of a refusal, which leaves nothing behind."""
    assert main(["size", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("isomac: ")
    assert captured.err.count("\n") == 1
    assert not Path("out").exists()
    assert not Path("build").exists()
    return captured.err.removeprefix("isomac: ").strip()


def test_the_fastest_on_a_target(network: str, capsys: pytest.CaptureFixture[str]) -> None:
    document = sized(network, "--target", "ice40-up5k", "--multipliers", "3")
    assert document["best"]["fits"]
    assert document["question"]["target"] == "ice40-up5k"
    out = capsys.readouterr().out
    assert "residual on ice40-up5k" in out
    assert document["explanation"]["sentences"][0] in out
    assert sorted(path.name for path in Path("out").iterdir()) == ["report.html", "size.json"]


def test_the_front_without_a_target(network: str) -> None:
    document = sized(network, "--multipliers", "3")
    assert document["question"]["target"] is None
    assert len(document["points"]) > 3
    assert document["best"] is not None


@pytest.mark.parametrize("arguments", [("--fps", "2000"), ("--latency", "0.5ms")])
def test_the_smallest_target(network: str, arguments: tuple[str, str]) -> None:
    document = sized(network, *arguments, "--multipliers", "4")
    assert document["best"]["latency_ms"] <= 0.5
    names = [found.name for found in by_size()]
    reached = [entry["target"] for entry in document["targets"]]
    assert reached == names[: len(reached)]
    assert document["target"] == reached[-1]
    # No smaller one reaches it, and no leaner accelerator does on this one.
    for entry in document["targets"][:-1]:
        assert not entry["reached"]
        assert not entry["fits"] or entry["latency_ms"] > 0.5
    fits = [p for p in document["points"] if p["latency_ms"] <= 0.5 and "lut" in p["fronts"]]
    leanest = min(int(p["resources"]["lut"]["used"]) for p in fits)
    assert document["best"]["resources"]["lut"]["used"] == leanest


def test_a_goal_that_is_out_of_reach(network: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("--target", "ecp5-12f", "--latency", "1us", "--multipliers", "2")
    document = sized(network, *arguments, status=1)
    assert document["best"] is None
    assert document["nearest"]["fits"]
    assert "ecp5-12f does not reach 0.001 ms" in capsys.readouterr().out


def test_nothing_fits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    save(residual(channels=40, size=32), tmp_path / "net.isomac")
    document = sized("net.isomac", "--target", "ice40-up5k", "--multipliers", "2", status=1)
    near = document["nearest"]
    assert not near["fits"]
    for name, amount in near["short"].items():
        entry = near["resources"][name]
        assert amount == entry["used"] - entry["usable"] > 0
    says = document["explanation"]["sentences"]
    assert re.match(r"It does not fit ice40-up5k: it is short of [\d,]+ block RAMs", says[0])
    assert says[1] == f"The smallest target with room for it is {document['fits_on']}."


GIVEN = ("--pixels", "1x2", "--channels", "3", "--requant-lanes", "2", "--banks", "2")


def test_what_a_given_one_costs(network: str) -> None:
    document = sized(network, *GIVEN, "--target", "ecp5-45f")
    (point,) = document["points"]
    assert point["pixels"] == [1, 2]
    assert (point["channels"], point["requant_lanes"], point["banks"]) == (3, 2, 2)
    everywhere = sized(network, *GIVEN)
    assert [entry["target"] for entry in everywhere["targets"]] == [t.name for t in by_size()]
    (same,) = (e["point"] for e in everywhere["targets"] if e["target"] == "ecp5-45f")
    assert {**same, "fronts": point["fronts"]} == point


def test_a_clock_that_is_asked_for(network: str) -> None:
    document = sized(network, "--target", "ecp5-25f", "--multipliers", "2", "--frequency", "10")
    assert document["best"]["frequency_mhz"] == 10
    assert document["best"]["clock"] == "asked"
    far = ("--target", "ecp5-25f", "--multipliers", "2", "--frequency", "900")
    assert "clock" in sized(network, *far, status=1)["nearest"]["short"]


def test_a_clock_that_is_missed_is_no_lack_of_room(network: str) -> None:
    document = sized(network, *GIVEN, "--target", "ecp5-25f", "--frequency", "900", status=1)
    near = document["nearest"]
    assert list(near["short"]) == ["clock"]
    says = document["explanation"]["sentences"]
    fmax = near["fmax_mhz"]
    assert says[0] == (
        f"It misses the clock of 900 MHz on ecp5-25f: {fmax:.1f} MHz are predicted, "
        f"{900 - fmax:.1f} MHz less."
    )
    assert not any("does not fit" in sentence for sentence in says)


def test_a_clock_that_nothing_predicts_is_said_to_be_assumed(network: str) -> None:
    far = sized(network, *GIVEN, "--frequency", "900")
    assert far["target"] == "xc7a35t"
    says = far["explanation"]["sentences"]
    assert says[:2] == [
        "The clock of xc7a35t is not predicted: that it reaches 900 MHz is an assumption.",
        "No target is predicted to reach it.",
    ]
    searched = sized(network, "--fps", "9", "--frequency", "900", "--multipliers", "2")
    assert searched["target"] == "xc7a35t"
    assert [entry["target"] for entry in searched["targets"]] == [t.name for t in by_size()]
    assert searched["explanation"]["sentences"][:2] == says[:2]
    near = sized(network, *GIVEN, "--target", "ecp5-25f", "--frequency", "900", status=1)
    assert "xc7a35t, whose clock is not predicted." in near["explanation"]["sentences"][1]
    fine = sized(network, *GIVEN, "--frequency", "5")
    assert not any("not predicted" in text for text in fine["explanation"]["sentences"])


@pytest.mark.parametrize("goal", [(), ("--fps", "1")])
def test_a_given_one_that_fits_nowhere(network: str, goal: tuple[str, ...]) -> None:
    """What is short is said, not that the time is missed; and what does fit."""
    large = ("--pixels", "16x16", "--channels", "16", "--requant-lanes", "16", "--banks", "8")
    document = sized(network, *large, *goal, status=1)
    says = document["explanation"]["sentences"]
    name, near, instead = document["target"], document["nearest"], document["instead"]
    assert says[0] == f"It fits no target; the nearest is {name}."
    assert says[1].startswith(f"It does not fit {name}: it is short of ")
    for resource, amount in near["short"].items():
        assert amount > 0
        assert f"{amount:,.0f} " in says[1], resource
    assert instead["fits"]
    assert says[2].startswith(f"The fastest that fits {name} is ")
    assert "times as long" not in " ".join(says)


def test_numbers_of_the_tables_are_whole(network: str, capsys: pytest.CaptureFixture[str]) -> None:
    """However many digits they have: a number that is cut short is another number."""
    large = ("--pixels", "16x16", "--channels", "16", "--requant-lanes", "16", "--banks", "8")
    document = sized(network, *large, status=1)
    out = capsys.readouterr().out
    assert "\u2026" not in out
    for entry in document["targets"]:
        (row,) = (line for line in out.splitlines() if line.startswith(f"│ {entry['target']} "))
        cells = {cell.strip() for cell in row.split("│")}
        for name in ("lut", "dsp", "bram"):
            assert f"{entry['point']['resources'][name]['used']:,}" in cells
    assert "short of" in out


def test_the_table_of_a_given_one(network: str, capsys: pytest.CaptureFixture[str]) -> None:
    sized(network, *GIVEN, "--target", "ecp5-45f")
    out = capsys.readouterr().out
    assert "residual on ecp5-45f" in out
    assert "best of" not in out
    assert "latency against" not in out
    assert "DSP" not in out


def test_whether_a_resource_binds(network: str) -> None:
    small = sized(network, *GIVEN, "--target", "ecp5-85f")
    (used,) = (s for s in small["explanation"]["sentences"] if "resource" in s.lower())
    assert used.startswith("No resource binds; the largest share is used of ")
    tight = sized(network, "--target", "ice40-up5k", "--multipliers", "8")
    (used,) = (s for s in tight["explanation"]["sentences"] if s.startswith("The resource"))
    assert used.startswith("The resource that binds is hard multipliers: 8 of 8")


def test_a_target_without_hard_multipliers(
    network: str, capsys: pytest.CaptureFixture[str]
) -> None:
    says = "ice40-hx8k has no hard multipliers: arrays of up to 64 multipliers were searched"
    asked = (network, "--target", "ice40-hx8k")
    assert any(says in s for s in sized(*asked)["explanation"]["sentences"])
    own = sized(*asked, "--multipliers", "4")["explanation"]["sentences"]
    assert not any("no hard multipliers" in sentence for sentence in own)
    capsys.readouterr()
    assert main(["size", "--help"]) == 0
    assert "64 if it has none" in " ".join(capsys.readouterr().out.split())


def test_a_bundle(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "bundle"
    shutil.copytree(bundle, copy)
    monkeypatch.chdir(tmp_path)
    assert main(["size", str(copy), "--target", "ecp5-12f", "--multipliers", "2"]) == 0
    document = json.loads((copy / "reports" / "size.json").read_text(encoding="utf-8"))
    assert document["network"]["sha256"] == residual().sha256


NET = """
import torch


def network():
    torch.manual_seed(1)
    return torch.nn.Sequential(torch.nn.Conv2d(2, 4, 3), torch.nn.Flatten(), torch.nn.Linear(16, 3))


def images():
    return torch.rand(8, 2, 4, 4, generator=torch.Generator().manual_seed(3))
"""


def test_widths_of_a_network_that_is_quantized_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.py").write_text(NET)
    asked = ("net.py:network", "--data", "net.py:images", "--target", "ecp5-12f")
    document = sized(*asked, "--multipliers", "2")
    widths = {entry["bits"]: entry for entry in document["multiplier_widths"]}
    assert list(widths) == [31, 24, 16]
    eligible = [bits for bits, entry in widths.items() if entry["eligible"]]
    assert document["best"]["multiplier_bits"] <= min(eligible)
    assert widths[16]["dsp"] < widths[31]["dsp"]
    assert all(entry["values"] == 24 for bits, entry in widths.items())
    fixed = sized(*asked, "--multipliers", "2", "--multiplier-bits", "20")
    (only,) = fixed["multiplier_widths"]
    assert only["bits"] == fixed["best"]["multiplier_bits"] == 20


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--target", "ecp5-58f"), "'ecp5-58f' is no target: did you mean ecp5-85f"),
        (("--fps", "30", "--latency", "5ms"), "--fps and --latency say the same in two ways"),
        (("--latency", "5"), "'5' must be a time above 0 with its unit"),
        (("--latency", "0ms"), "'0ms' must be a time above 0"),
        (("--fps", "0"), "--fps must be above 0"),
        (("--fps", "nan"), "--fps must be above 0"),
        (("--frequency", "-1"), "--frequency must be above 0"),
        (("--multipliers", "0"), "the budget must be at least 1 multiplier, not 0"),
        (("--multipliers", "-3"), "the budget must be at least 1 multiplier, not -3"),
        (("--multipliers", "99999"), "an array must have at most 4,096 multipliers"),
        (("--pixels", "3x3", "--multipliers", "8"), "the lanes asked for take 9 multipliers"),
        (("--banks", "3"), "the number of banks must be a power of two, not 3"),
        (("--channels", "2", "--requant-lanes", "4"), "at most as many requantization lanes"),
        (("--multiplier-bits", "16"), "--multiplier-bits quantizes a network"),
        (("--data", "x.npy"), "--data quantizes a network"),
    ],
)
def test_bad_options(
    network: str, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], says: str
) -> None:
    assert says in refused(capsys, network, *arguments, "-o", "out")


@pytest.fixture
def copied_bundle(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bundle in the current folder, to do harm to."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(bundle, "bundle")


@pytest.mark.usefixtures("copied_bundle")
def test_a_bundle_with_a_damaged_file(capsys: pytest.CaptureFixture[str]) -> None:
    with Path("bundle/weights.hex").open("a") as file:
        file.write("00\n")
    assert "weights.hex" in refused(capsys, "bundle", "--target", "ecp5-12f")
    assert not Path("bundle/reports").exists()


@pytest.mark.usefixtures("copied_bundle")
def test_a_bundle_of_another_version(capsys: pytest.CaptureFixture[str]) -> None:
    path = Path("bundle/manifest.json")
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps({**manifest, "format": manifest["format"] + 98}))
    assert "format" in refused(capsys, "bundle")


def test_a_folder_that_is_a_file(network: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("there").write_text("mine")
    assert "there must be a folder" in refused(capsys, network, "-o", "there")
    assert Path("there").read_text() == "mine"


def test_a_search_takes_few_predictions_and_little_time() -> None:
    """Far less than all of them one after the other; machines are noisy, so it is a ratio."""
    facts = Facts(residual(channels=24, size=12))
    sizer = Sizer(facts, target("ecp5-85f"))
    begin = time.process_time()
    space = bounds(sizer, Constraints(multipliers=64))
    found = fronts(sizer, space, fitting=True)
    searched = time.process_time() - begin
    again = Sizer(facts, target("ecp5-85f"))
    begin = time.process_time()
    for index in range(0, len(space), len(space) // 50):
        again.point(space.shape(index))
    one = (time.process_time() - begin) / 50
    assert len(space) > 9_000
    assert found.predicted < len(space) / 10
    assert searched < one * len(space) / 5


def test_the_largest_network_of_the_suite_takes_seconds() -> None:
    """About one, measured by `bench/size_seconds.py`; machines differ, so here it is a ratio."""
    entry = network_of_the_suite("mobilenet_v1_025")
    graph = quantize(entry.build(), entry.calibration()[:2], name="mobilenet")
    begin = time.process_time()
    total = sum(number * number for number in range(5_000_000))
    reference = time.process_time() - begin
    assert total > 0
    begin = time.process_time()
    found = study(Facts(graph), Goal(target("ecp5-85f"), None, Constraints(), budgeted=False))
    seconds = time.process_time() - begin
    assert found.reached
    assert found.answer.fronts.shapes > 50_000
    assert seconds < 20 * reference


def test_only_the_command_knows_the_command_line() -> None:
    """The library of sizing can be used without it."""
    folder = Path(sizing.__file__).parent
    users = {path.name for path in folder.glob("*.py") if "isomac.cli" in path.read_text()}
    assert users == {"command.py"}
