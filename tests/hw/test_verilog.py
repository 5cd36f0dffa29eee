# amaranth: UnusedElaboratable=no
"""The Verilog of a small accelerator: what it says, and that it says the same every time."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from isomac_hw import verilog
from isomac_hw.accelerator import Accelerator
from isomac_hw.core_memories import memory_targets
from isomac_hw.image_memory import IMAGE_ATTRIBUTE, ImageMemory
from isomac_hw.job import Job, JobLayout
from isomac_hw.parameters import AcceleratorParameters
from isomac_hw.verilog import to_verilog
from tests.hw.bench import parameters

HEADER = "a header\n\n  of three lines"


def small(**changes: Any) -> AcceleratorParameters:
    """The smallest array with more than one lane of each kind, and next to no job."""
    jobs = [Job(kind=0, words=3), Job(kind=1, taps=1, ends_program=1)]
    return replace(
        parameters(
            mode="fixed",
            tile_rows=1,
            tile_columns=2,
            channel_lanes=2,
            requant_lanes=2,
            banks=2,
            window_columns=3,
            strides=(1,),
            input_channels=(1, 2),
            features=("dense",),
            activation_depth=16,
            weight_depth=8,
            requant_depth=4,
            program_depth=2,
            job_layout=JobLayout.derive(jobs, fixed=True),
        ),
        **changes,
    )


def convert(p: AcceleratorParameters, header: str = "") -> str:
    return to_verilog(Accelerator(p), "accelerator", header)


@pytest.fixture(scope="module")
def text() -> str:
    """The Verilog of the small accelerator."""
    return convert(small(), HEADER)


def without_header(text: str) -> str:
    return text.partition("\n\n")[2]


def modules(text: str) -> list[str]:
    return re.findall(r"^module (\S+?) ?\(", text, re.MULTILINE)


def test_header(text: str) -> None:
    assert text.startswith("// a header\n//\n//   of three lines\n\nmodule accelerator")


def test_every_image_memory_reads_its_file(text: str) -> None:
    found = re.findall(
        r"^ *reg \[(\d+):0\] (\w+) \[(\d+):0\];\n *initial \$readmemh\(\"(.*)\", \2\);$",
        text,
        re.MULTILINE,
    )
    assert sorted((width, depth, file) for width, _, depth, file in found) == sorted(
        (str(target.width - 1), str(target.depth - 1), f"{target.name}.hex")
        for target in memory_targets(small())
    )
    assert text.count("$readmemh") == 3
    assert IMAGE_ATTRIBUTE not in text


def test_nothing_of_the_machine_is_in_the_text(text: str) -> None:
    assert not re.search(r"/\w+/", text)
    assert "src" not in text
    assert str(Path.cwd()) not in text


def test_the_lanes_share_a_module(text: str) -> None:
    names = modules(text)
    assert all(re.fullmatch(r"\w+", name) for name in names)
    assert len(names) == len(set(names))
    assert sum("mac" in name for name in names) == 1
    assert sum("requantizer" in name for name in names) == 1
    lane = next(name for name in names if name.endswith("_mac"))
    assert len(re.findall(rf"^ *{lane}  ?\w+ \($", text, re.MULTILINE)) == 4
    # Every module but the top is used by one that there is.
    used = set(re.findall(r"^  (accelerator_\w+)  ?\w+ \($", text, re.MULTILINE))
    assert used == set(names) - {"accelerator"}


@pytest.mark.parametrize("mode", ["fixed", "programmable"])
def test_names_are_plain(mode: str) -> None:
    text = convert(small(mode=mode))
    assert "\\" not in text
    assert set(re.findall(r"\$\w*", text)) <= {"$readmemh", "$signed", "$unsigned"}
    # One that two instances share a name for is called after its own.
    assert "wire input_unit_done;" in text
    assert "wire output_fetch_done;" in text


def test_ports(text: str) -> None:
    top = re.search(r"^module accelerator\((.*?)\);", text, re.MULTILINE | re.DOTALL)
    assert top is not None
    assert {name.strip() for name in top[1].split(",")} == {
        "clk",
        "rst",
        *Accelerator(small()).signature.members,
    }


def test_the_same_text_in_another_process(text: str) -> None:
    """Neither the order of sets and dictionaries nor what was converted before counts."""
    code = (
        "from tests.hw.test_verilog import HEADER, convert, small; "
        "print(convert(small(), HEADER), end='')"
    )
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"PYTHONHASHSEED": "123"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == text


@pytest.mark.parametrize(
    "changes",
    [
        {"weight_depth": 9},
        {"accumulator_bits": 21},
        {"mode": "programmable"},
    ],
)
def test_a_changed_parameter_changes_the_text(text: str, changes: dict[str, Any]) -> None:
    changed = convert(small(**changes))
    assert changed != without_header(text)
    assert (re.search(r"\binput load_valid;", changed) is not None) == ("mode" in changes)


def test_a_memory_that_is_not_recognized() -> None:
    with pytest.raises(ValueError, match=r"^An image memory was not recognized in the Verilog"):
        verilog._fill_memories(f'(* {IMAGE_ATTRIBUTE} = "a.hex" *)\nlogic [3:0] a [7:0];\n')


def test_a_failure_of_yosys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verilog, "PASSES", ("no_such_pass",))
    memory = ImageMemory(width=8, depth=4, image="a.hex", loadable=False)
    with pytest.raises(RuntimeError, match=r"^yosys failed: (.|\n)*no_such_pass"):
        to_verilog(memory, "top")


@pytest.mark.parametrize("loadable", [False, True])
def test_one_memory(loadable: bool) -> None:
    """Contents for the simulator stay out of the text: they are in the image."""
    memory = ImageMemory(width=8, depth=4, image="a.hex", init=[171] * 4, loadable=loadable)
    text = to_verilog(memory, "top")
    assert text.startswith("module top(")
    assert text.count("initial $readmemh(") == 1
    assert "8'hab" not in text.lower()
    assert ("write_enable" in text) == loadable
